// SPDX-License-Identifier: BSD-2-Clause
// The receiver's loop. A turn: sync, read the clock once, look at what has come, give the slots
// back with the next sync.
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "net/netmap_user.h"
#include "pktgen/measure/sequence.h"
#include "pktgen/measure/stats.h"
#include "pktgen/packet/probe.h"
#include "pktgen/worker/stream_counter.h"
#include "pktgen/worker/tick_split.h"
#include "pktgen/worker/worker.h"

namespace nmgen {
namespace {

constexpr unsigned kPrefetchAhead = 8;
// A sync costs as much as looking at some ten frames, so under load a receiver lets frames gather
// before the next one: as many as this, but no longer than that. What comes alone is seen at once.
constexpr uint32_t kGatherFrames = 48;
constexpr uint32_t kGatherFrom = 3;
constexpr uint64_t kGatherNs = 2'500;
constexpr int kFloorSamples = 1000;

// What is known of one batch after a look at its frames.
struct BatchTotals {
  uint64_t frames = 0, bytes = 0, foreign = 0, damaged = 0;
};

// Counts frames and bytes; for runs without probes.
class CountingChecker {
 public:
  explicit CountingChecker(ReceiverWorker&, const PhaseOrders&) {}

  void on_frame(const uint8_t*, uint32_t size, BatchTotals& totals) {
    totals.frames++;
    totals.bytes += size + kCrcBytes;
  }
  void begin_batch(uint64_t) {}
  void end_batch() {}
  void finish() {}
  static constexpr bool kReadsBuffers = false;
};

// What a receiver has to tell apart: nothing; several senders, or places where a probe may be; or
// streams too.
enum class Sources { kOne, kMany, kStreams };

// Of a run without figures by stream.
struct NoStreams {
  explicit NoStreams(ReceiverWorker&) {}
};

// Checks the probe in every frame: whose it is, which number it has, and how long it was under way.
template <Sources kSources>
class ProbeChecker {
 public:
  ProbeChecker(ReceiverWorker& worker, const PhaseOrders& orders)
      : worker_(worker),
        orders_(orders),
        magic_(orders.magic),
        offset_(worker.probe_offsets.front()),
        trackers_(worker.senders->size()),
        streams_(worker) {
    for (const std::unique_ptr<SenderWorker>& sender : *worker.senders) {
      timetables_.push_back(sender->timetable);
      paced_ |= sender->timetable.paced();
    }
  }

  void begin_batch(uint64_t now) {
    now_ = now;
    // Acquire, beside the release of the sender that changed it.
    if (paced_ && orders_.rate_changed.load(std::memory_order_acquire)) [[unlikely]]
      paced_ = false;
  }

  // Two loops call it; it is to be a part of each.
  [[gnu::always_inline]] void on_frame(const uint8_t* frame, uint32_t size, BatchTotals& totals) {
    const uint8_t* at = frame + offset_;
    ProbeView probe;
    if (size < offset_ + kProbeBytes || !read_probe(at, magic_, &probe)) [[unlikely]] {
      if (!find_elsewhere(frame, size, &probe, totals))
        return;
    }
    size_t sender = 0;
    if constexpr (kSources != Sources::kOne) {
      sender = probe.stream;
      if (sender >= trackers_.size()) [[unlikely]] {
        totals.damaged++;
        return;
      }
    }
    totals.frames++;
    totals.bytes += size + kCrcBytes;
    SequenceTracker& tracker = trackers_[sender];
    const uint64_t sequence = restore_sequence(probe.sequence, tracker.next());
    tracker.on_frame(sequence);
    // Frames of one batch at the sender have one time, and those of one batch here too: they are
    // recorded together.
    if (probe.timestamp != sent_at_) {
      record_run();
      sent_at_ = probe.timestamp;
    }
    if constexpr (kSources == Sources::kStreams) {
      if (run_ == 0)
        bucket_ = histogram_layout::index(latency_of_run());
    }
    run_++;
    StreamTally* tally = nullptr;
    if constexpr (kSources == Sources::kStreams) {
      tally = &streams_.on_frame(sender, sequence);
      tally->latency.record_at(bucket_, 1);
    }
    if (paced_)
      record_intended(timetables_[sender], sequence, tally);
  }

  void end_batch() {
    record_run();
    publish();
  }
  // No more batch comes.
  void finish() {
    if constexpr (kSources == Sources::kStreams)
      streams_.finish();
  }
  static constexpr bool kReadsBuffers = true;

 private:
  // A latency below 0 is skew between two cores' counters.
  uint64_t ns_since(uint64_t sent_tsc) const {
    return now_ > sent_tsc ? worker_.clock->to_ns(now_ - sent_tsc) : 0;
  }

  uint64_t latency_of_run() const { return ns_since(restore_timestamp(sent_at_, now_)); }

  void record_run() {
    if (run_ == 0)
      return;
    worker_.latency.record_n(latency_of_run(), run_);
    run_ = 0;
  }

  // `tally`: null without figures by stream.
  void record_intended(const Timetable& table, uint64_t sequence, StreamTally* tally) {
    const uint64_t index = sequence * worker_.probe_every;
    if (table.is_even()) [[likely]]
      record_due(table.due_even_tsc(index), tally);
    else if (table.paced())
      record_intended_of_table(table, index, tally);
  }
  [[gnu::noinline]] void record_intended_of_table(const Timetable& table, uint64_t index,
                                                  StreamTally* tally) {
    record_due(table.due_tsc(index), tally);
  }
  void record_due(uint64_t due_tsc, StreamTally* tally) {
    const uint64_t ns = ns_since(due_tsc);
    worker_.latency_intended.record(ns);
    if constexpr (kSources == Sources::kStreams)
      tally->latency_intended.record(ns);
  }

  // The frame is another stream's, whose probe is elsewhere; or foreign; or damaged.
  bool find_elsewhere(const uint8_t* frame, uint32_t size, ProbeView* probe, BatchTotals& totals) {
    bool damaged = false;
    for (uint16_t offset : worker_.probe_offsets) {
      if (size < offset + kProbeBytes)
        continue;
      if (read_probe(frame + offset, magic_, probe))
        return true;
      damaged |= probe_fault(frame + offset, magic_) == ProbeFault::kDamaged;
    }
    if (damaged) {
      totals.damaged++;
    } else if (count_late(frame, size)) {
      return false;
    } else if (worker_.probe_every > 1) {
      // Most frames have no probe then, so ours cannot be told from others.
      totals.frames++;
      totals.bytes += size + kCrcBytes;
    } else {
      totals.foreign++;
    }
    return false;
  }

  // Whether it is a frame of an earlier phase.
  bool count_late(const uint8_t* frame, uint32_t size) {
    ProbeView probe;
    for (uint16_t offset : worker_.probe_offsets)
      for (size_t i = 0; i < orders_.late_magics.size(); i++)
        if (size >= offset + kProbeBytes &&
            read_probe(frame + offset, orders_.late_magics[i], &probe)) {
          worker_.late_by_phase[i]++;
          worker_.counters.late_frames.add(1);
          return true;
        }
    return false;
  }

  void publish() {
    SequenceCounts sum;
    uint64_t expected = 0;
    for (const SequenceTracker& tracker : trackers_) {
      expected += tracker.next();
      sum += tracker.counts();
    }
    worker_.counters.unique.set(sum.unique);
    worker_.counters.duplicates.set(sum.duplicates);
    worker_.counters.reordered.set(sum.reordered);
    worker_.counters.stale.set(sum.stale);
    worker_.counters.expected.set(expected);
  }

  ReceiverWorker& worker_;
  const PhaseOrders& orders_;
  uint32_t magic_;
  uint32_t offset_;
  std::vector<SequenceTracker> trackers_;  // a sender each
  std::vector<Timetable> timetables_;      // a sender each
  [[no_unique_address]] std::conditional_t<kSources == Sources::kStreams, StreamCounter, NoStreams>
      streams_;
  bool paced_ = false;
  uint64_t now_ = 0;
  uint64_t sent_at_ = 0;  // low 48 bits of the sender's TSC, of the last `run_` frames
  uint64_t run_ = 0;
  size_t bucket_ = 0;  // of their latencies, in histograms
};

// The slots of one frame, put together: its length, and as many of its first bytes as a probe may
// reach to. A frame may begin in one batch and end in the next.
class FrameParts {
 public:
  explicit FrameParts(const ReceiverWorker& worker) {
    size_t reach = 0;
    for (uint16_t offset : worker.probe_offsets)
      reach = std::max<size_t>(reach, offset + kProbeBytes);
    head_.resize(reach);
  }

  bool empty() const { return size_ == 0; }
  void add(const char* data, uint32_t size) {
    if (size_ < head_.size())
      std::memcpy(head_.data() + size_, data, std::min<size_t>(size, head_.size() - size_));
    size_ += size;
  }
  const uint8_t* head() const { return head_.data(); }
  uint32_t size() const { return size_; }
  void clear() { size_ = 0; }

 private:
  std::vector<uint8_t> head_;
  uint32_t size_ = 0;
};

// kSplit: a frame may take several slots (NS_MOREFRAG).
template <typename Checker, bool kSplit>
class ReceiveLoop {
 public:
  ReceiveLoop(ReceiverWorker& worker, PhaseOrders& orders)
      : worker_(worker),
        orders_(orders),
        ring_(worker.ring->ring()),
        checker_(worker, orders),
        parts_(worker) {}

  void run() {
    receive();
    checker_.finish();
  }

 private:
  void receive() {
    uint64_t now = worker_.turn(false);
    worker_.gaps->restart(worker_.time.own());
    TickSplit split(worker_.counters, *worker_.ring, worker_.time.own());
    const uint64_t gather_ticks = worker_.clock->to_ticks(kGatherNs);
    uint32_t count = 0;
    while (true) {
      // Looked at before the sync: what is on the wire when the order comes is in the ring at the
      // next sync. Acquire, as that may have been put there by the thread that gave the order.
      const bool last = orders_.stop_receivers.load(std::memory_order_acquire);
      const bool moved = count > 0;
      if (count >= kGatherFrom && count < kGatherFrames) {
        const uint64_t until = now + gather_ticks;
        now = worker_.turn(true);
        split.on_turn(worker_.time.own(), true);
        while (now < until)
          now = worker_.turn(false);
        split.on_turn(worker_.time.own(), false);
      }
      if (int error = worker_.ring->sync(); error != 0) {
        worker_.error.store(error, std::memory_order_relaxed);
        return;
      }
      const uint32_t waiting = nm_ring_space(ring_);
      now = worker_.turn(moved || waiting > 0);
      worker_.counters.ring_frames.set(waiting);
      count = std::min(waiting, worker_.batch);
      // Looking at the frames of the turn before, and this sync.
      split.on_turn(worker_.time.own(), moved || count > 0);
      worker_.gaps->on_turn(worker_.time.own());
      worker_.counters.syncs.add(1);
      if (count > 0)
        look_at(count, now);
      else if (last)
        return;
      else
        worker_.give_core_away();
    }
  }

  // The next `count` frames of the ring.
  void look_at(uint32_t count, uint64_t now) {
    BatchTotals totals;
    checker_.begin_batch(now);
    const uint32_t n = ring_->num_slots;
    const uint32_t head = ring_->head;
    const uint32_t first = std::min(count, n - head);
    look(head, first, totals);
    look(0, count - first, totals);
    checker_.end_batch();
    ring_->head = ring_->cur = head + count < n ? head + count : head + count - n;

    worker_.counters.syncs_with_frames.add(1);
    worker_.counters.frames.add(totals.frames);
    worker_.counters.bytes.add(totals.bytes);
    if (totals.foreign != 0)
      worker_.counters.foreign_frames.add(totals.foreign);
    if (totals.damaged != 0)
      worker_.counters.damaged_probes.add(totals.damaged);
  }

  [[gnu::noinline]] void add_part(const netmap_slot& slot, BatchTotals& totals) {
    const bool more = (slot.flags & NS_MOREFRAG) != 0;
    parts_.add(worker_.ring->buffer(slot.buf_idx), slot.len);
    if (!more) {
      checker_.on_frame(parts_.head(), parts_.size(), totals);
      parts_.clear();
    }
  }

  // Return: whether the slot is a part of a frame that takes several.
  bool look_at_part(const netmap_slot& slot, BatchTotals& totals) {
    if ((slot.flags & NS_MOREFRAG) == 0 && parts_.empty()) [[likely]]
      return false;
    add_part(slot, totals);
    return true;
  }

  void look(uint32_t from, uint32_t count, BatchTotals& totals) {
    const netmap_slot* slot = &ring_->slot[from];
    for (uint32_t i = 0; i < count; i++) {
      if constexpr (kSplit) {
        if (look_at_part(slot[i], totals))
          continue;
      }
      if constexpr (Checker::kReadsBuffers) {
        if (i + kPrefetchAhead < count)
          __builtin_prefetch(worker_.ring->buffer(slot[i + kPrefetchAhead].buf_idx));
        checker_.on_frame(reinterpret_cast<const uint8_t*>(worker_.ring->buffer(slot[i].buf_idx)),
                          slot[i].len, totals);
      } else {
        checker_.on_frame(nullptr, slot[i].len, totals);
      }
    }
  }

  ReceiverWorker& worker_;
  PhaseOrders& orders_;
  netmap_ring* ring_;
  Checker checker_;
  FrameParts parts_;
};

template <typename Checker>
void receive(ReceiverWorker& worker, PhaseOrders& orders) {
  if (worker.split_frames)
    ReceiveLoop<Checker, true>(worker, orders).run();
  else
    ReceiveLoop<Checker, false>(worker, orders).run();
}

}  // namespace

void ReceiverWorker::run(PhaseOrders& orders) {
  if (enter() != 0)
    return;
  ready.store(true, std::memory_order_release);
  orders.await_go();
  time.enter();
  if (probe_offsets.empty())
    receive<CountingChecker>(*this, orders);
  else if (!streams.empty())
    receive<ProbeChecker<Sources::kStreams>>(*this, orders);
  else if (probe_offsets.size() == 1 && senders->size() == 1)
    receive<ProbeChecker<Sources::kOne>>(*this, orders);
  else
    receive<ProbeChecker<Sources::kMany>>(*this, orders);
}

void ReceiverWorker::measure_floor() {
  if (probe_offsets.empty())
    return;
  alignas(64) uint8_t frame[kProbeBytes];
  std::vector<double> samples;
  for (int i = 0; i < kFloorSamples; i++) {
    ProbeView probe;
    const uint64_t sent = tsc_now();
    write_probe(frame, make_probe_template(1, 0), static_cast<uint32_t>(i), sent);
    (void)ring->sync();
    const uint64_t received = tsc_now();
    if (read_probe(frame, 1, &probe))
      samples.push_back(static_cast<double>(
          clock->to_ns(received - restore_timestamp(probe.timestamp, received))));
  }
  floor_ns = median(std::move(samples));
}

}  // namespace nmgen
