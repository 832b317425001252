// SPDX-License-Identifier: BSD-2-Clause
// What a receiver counts of each stream, in its loop. The number of a probe says its stream
// (traffic/stream_order.h), so the frames of one sender's streams are told apart without a look at
// their headers.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pktgen/measure/sequence.h"
#include "pktgen/traffic/stream_order.h"
#include "pktgen/worker/worker.h"

namespace nmgen {

// Probes mostly come one after the other, and a run of them is counted when it ends: until then a
// frame costs its stream's latencies alone.
class StreamCounter {
 public:
  explicit StreamCounter(ReceiverWorker& worker) {
    for (const std::unique_ptr<SenderWorker>& sender : *worker.senders) {
      Sender& next = senders_.emplace_back();
      next.order = &sender->plan->stream_order();
      for (uint32_t i = 0; i < next.order->streams(); i++) {
        next.sequences.emplace_back(window_of(*next.order, i));
        next.tallies.push_back(&worker.streams[sender->plan->streams()[i].number]);
      }
      for (uint64_t i = 0; i < next.order->turn(); i++)
        next.of_turn.push_back(next.tallies[next.order->at(i).stream]);
    }
  }

  // Probe `sequence` of a sender has come. Return: its stream's figures.
  [[gnu::always_inline]] StreamTally& on_frame(size_t sender, uint64_t sequence) {
    Sender& from = senders_[sender];
    if (sequence != from.end) [[unlikely]]
      begin_run(from, sequence);
    from.end++;
    StreamTally& tally = *from.of_turn[from.index++];
    if (from.index == from.of_turn.size())
      from.index = 0;
    return tally;
  }

  // The loop has ended.
  void finish() {
    for (Sender& sender : senders_) {
      end_run(sender);
      for (size_t i = 0; i < sender.tallies.size(); i++)
        sender.tallies[i]->counts += sender.sequences[i].counts();
    }
  }

 private:
  struct Sender {
    const StreamOrder* order;
    std::vector<SequenceTracker> sequences;  // a stream each
    std::vector<StreamTally*> tallies;       // likewise
    std::vector<StreamTally*> of_turn;       // a probe each
    uint64_t first = 0, end = 0;             // the run of probes that is not counted yet
    size_t index = 0;                        // of `end` in of_turn
  };

  [[gnu::noinline]] static void begin_run(Sender& from, uint64_t sequence) {
    end_run(from);
    from.first = from.end = sequence;
    from.index = sequence % from.order->turn();
  }

  // Probes of a turn that is not whole one by one, and whole turns at once.
  static void end_run(Sender& from) {
    const uint64_t turn = from.order->turn();
    for (uint64_t probe = from.first; probe < from.end;) {
      const uint64_t turns = probe % turn == 0 ? (from.end - probe) / turn : 0;
      if (turns == 0) {
        const StreamPlace place = from.order->at(probe++);
        from.sequences[place.stream].on_frame(place.number);
        continue;
      }
      for (uint32_t i = 0; i < from.sequences.size(); i++) {
        const uint64_t each = from.order->each_turn(i);
        from.sequences[i].on_run(probe / turn * each, turns * each);
      }
      probe += turns * turn;
    }
  }

  // As far back as the sender's own tracker can tell, in frames of the stream.
  static uint64_t window_of(const StreamOrder& order, uint32_t stream) {
    const uint64_t turns = SequenceTracker::kWindow / order.turn() + 1;
    return std::bit_ceil(std::max<uint64_t>(64, turns * order.each_turn(stream)));
  }

  std::vector<Sender> senders_;
};

}  // namespace nmgen
