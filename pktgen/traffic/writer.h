// SPDX-License-Identifier: BSD-2-Clause
// Puts planned frames into the slots of a transmit ring, a batch a call. Three ways, chosen once
// before a run (with_writer()):
//
// - InPlaceWriter: every slot's own buffer holds the one frame; a batch costs nothing but the
//   probes.
// - SwapWriter: each frame of the cycle waits in a buffer of its own, and a slot is pointed at it
//   (zero copy).
// - PatchWriter: one stream with many flows and probes. The flow's headers are copied from a small
//   table over the frame in the slot's own buffer; the frames of a swap would be that many cache
//   misses, as each gets its probe when it is sent.
//
// The loops over a batch keep what they need in local variables: a store into a frame might else
// change a member, for all the compiler knows.
//
// All of one thread. A writer puts every slot's own buffer back when it goes. Frames are written
// into buffers once, so a slot that has got another buffer, from a pipe's receiver or a monitor
// that keeps what it gets, would send something else: has_its_buffers() tells.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "net/netmap.h"
#include "pktgen/error.h"
#include "pktgen/packet/probe.h"
#include "pktgen/port/port.h"
#include "pktgen/traffic/plan.h"

namespace nmgen {

enum class ProbeMode { kNone, kEvery, kSampled };

// What the probes of a batch need.
struct BatchStamp {
  ProbeTemplate probe;
  uint64_t sequence = 0;  // of the next probe
  uint64_t tsc = 0;
};

// Which slots or buffers hold a probe from earlier, and when the next is due, for probes in one
// frame of N.
class ProbeSampler {
 public:
  ProbeSampler(uint32_t every, size_t frames) : every_(every), marked_(frames, 0) {}

  // Frame `index`, whose probe is at `at`, is sent next.
  void on_frame(size_t index, uint8_t* at, BatchStamp& stamp) {
    if (--countdown_ == 0) {
      countdown_ = every_;
      marked_[index] = 1;
      write_probe(at, stamp.probe, static_cast<uint32_t>(stamp.sequence++), stamp.tsc);
    } else if (marked_[index] != 0) {
      marked_[index] = 0;
      erase_probe(at);
    }
  }

 private:
  uint32_t every_;
  uint32_t countdown_ = 1;  // the first frame has one
  std::vector<uint8_t> marked_;
};

inline void set_slot(netmap_slot* slot, uint32_t buffer, uint16_t size, uint16_t flags) {
  slot->buf_idx = buffer;
  slot->len = size;
  slot->flags = flags;
}

// Whether each slot has the buffer that is its own.
inline bool have_buffers(const netmap_ring& ring, const std::vector<uint32_t>& own) {
  return std::equal(own.begin(), own.end(), ring.slot,
                    [](uint32_t index, const netmap_slot& slot) { return slot.buf_idx == index; });
}

template <ProbeMode kMode>
class InPlaceWriter {
 public:
  InPlaceWriter(PortRing& port, const TrafficPlan& plan)
      : ring_(port.ring()), sampler_(plan.probe_every(), ring_->num_slots) {
    const PlannedStream& stream = plan.streams().front();
    for (uint32_t i = 0; i < ring_->num_slots; i++) {
      netmap_slot* slot = &ring_->slot[i];
      uint8_t* buffer = reinterpret_cast<uint8_t*>(port.buffer(slot->buf_idx));
      plan.write_frame(plan.cycle().front(), buffer);
      set_slot(slot, slot->buf_idx, stream.size_no_crc, 0);
      own_.push_back(slot->buf_idx);
      probe_at_.push_back(buffer + stream.probe_offset);
    }
  }

  bool has_its_buffers() const { return have_buffers(*ring_, own_); }

  // Fills `count` slots from `head`; the caller knows that they are free. Return: the slot after
  // them.
  uint32_t write(uint32_t head, uint32_t count, BatchStamp& stamp) {
    const uint32_t n = ring_->num_slots;
    uint32_t end = head + count;
    if constexpr (kMode != ProbeMode::kNone) {
      const uint32_t first_end = end < n ? end : n;
      if constexpr (kMode == ProbeMode::kEvery) {
        ProbeBatch batch(stamp.probe, static_cast<uint32_t>(stamp.sequence), stamp.tsc);
        uint8_t* const* probe_at = probe_at_.data();
        for (uint32_t i = head; i < first_end; i++)
          batch.write(probe_at[i]);
        for (uint32_t i = n; i < end; i++)
          batch.write(probe_at[i - n]);
        stamp.sequence += count;
      } else {
        for (uint32_t i = head; i < first_end; i++)
          sampler_.on_frame(i, probe_at_[i], stamp);
        for (uint32_t i = n; i < end; i++)
          sampler_.on_frame(i - n, probe_at_[i - n], stamp);
      }
    }
    return end < n ? end : end - n;
  }

 private:
  netmap_ring* ring_;
  std::vector<uint32_t> own_;       // the slots' own buffers
  std::vector<uint8_t*> probe_at_;  // a slot each
  ProbeSampler sampler_;
};

template <ProbeMode kMode>
class SwapWriter {
 public:
  // Buffers that the cycle needs. With probes a buffer may be used again only when the frame in it
  // has left.
  static uint64_t buffers_needed(const TrafficPlan& plan, uint32_t num_slots) {
    uint64_t cycle = plan.cycle().size();
    if (kMode == ProbeMode::kNone)
      return cycle;
    return (num_slots + cycle - 1) / cycle * cycle;
  }

  SwapWriter(PortRing& port, const TrafficPlan& plan)
      : ring_(port.ring()), sampler_(plan.probe_every(), buffers_needed(plan, ring_->num_slots)) {
    for (uint32_t i = 0; i < ring_->num_slots; i++)
      own_.push_back(ring_->slot[i].buf_idx);
    const uint64_t needed = buffers_needed(plan, ring_->num_slots);
    for (uint64_t k = 0; k < needed; k++) {
      const PlannedFrame& frame = plan.cycle()[k % plan.cycle().size()];
      const PlannedStream& stream = plan.streams()[frame.stream];
      uint32_t index = port.extra_buffers()[k];
      uint8_t* buffer = reinterpret_cast<uint8_t*>(port.buffer(index));
      plan.write_frame(frame, buffer);
      frames_.push_back({index, stream.size_no_crc, NS_BUF_CHANGED});
      if (kMode != ProbeMode::kNone)
        probe_at_.push_back(buffer + stream.probe_offset);
    }
  }
  SwapWriter(const SwapWriter&) = delete;
  SwapWriter& operator=(const SwapWriter&) = delete;
  bool has_its_buffers() const {
    std::vector<uint32_t> all = own_;
    for (const SlotWord& frame : frames_)
      all.push_back(frame.buf_idx);
    std::sort(all.begin(), all.end());
    return std::all_of(ring_->slot, ring_->slot + ring_->num_slots, [&](const netmap_slot& slot) {
      return std::binary_search(all.begin(), all.end(), slot.buf_idx);
    });
  }
  ~SwapWriter() {
    for (uint32_t i = 0; i < ring_->num_slots; i++)
      set_slot(&ring_->slot[i], own_[i], 0, NS_BUF_CHANGED);
  }

  uint32_t write(uint32_t head, uint32_t count, BatchStamp& stamp) {
    const uint32_t n = ring_->num_slots;
    ProbeBatch batch(stamp.probe, static_cast<uint32_t>(stamp.sequence), stamp.tsc);
    while (count > 0) {
      // As far as neither the ring nor the cycle wraps.
      uint32_t run = count;
      run = run < n - head ? run : n - head;
      run = run < frames_.size() - next_ ? run : static_cast<uint32_t>(frames_.size() - next_);
      netmap_slot* slot = &ring_->slot[head];
      const SlotWord* frame = frames_.data() + next_;
      uint8_t* const* probe_at = probe_at_.data() + next_;
      for (uint32_t i = 0; i < run; i++) {
        // One 8-byte store.
        std::memcpy(static_cast<void*>(&slot[i]), &frame[i], sizeof(SlotWord));
        if constexpr (kMode == ProbeMode::kEvery)
          batch.write(probe_at[i]);
        if constexpr (kMode == ProbeMode::kSampled)
          sampler_.on_frame(next_ + i, probe_at[i], stamp);
      }
      if constexpr (kMode == ProbeMode::kEvery)
        stamp.sequence += run;
      next_ = next_ + run == frames_.size() ? 0 : next_ + run;
      head = head + run == n ? 0 : head + run;
      count -= run;
    }
    return head;
  }

 private:
  // The first 8 bytes of a netmap_slot.
  struct SlotWord {
    uint32_t buf_idx;
    uint16_t len;
    uint16_t flags;
  };
  static_assert(sizeof(SlotWord) == 8);

  netmap_ring* ring_;
  std::vector<uint32_t> own_;  // the slots' own buffers
  std::vector<SlotWord> frames_;
  std::vector<uint8_t*> probe_at_;
  size_t next_ = 0;
  ProbeSampler sampler_;
};

// kBytes: what is copied from a flow's image, headers up to the probe rounded up; what lies behind
// them is the probe.
template <size_t kBytes>
class PatchWriter {
 public:
  PatchWriter(PortRing& port, const TrafficPlan& plan) : ring_(port.ring()) {
    const PlannedStream& stream = plan.streams().front();
    offset_ = stream.probe_offset;
    std::vector<uint8_t> bytes(stream.size_no_crc);
    for (const PlannedFrame& frame : plan.cycle()) {
      plan.write_frame(frame, bytes.data());
      Image image{};
      std::memcpy(image.bytes.data(), bytes.data(), kBytes < bytes.size() ? kBytes : bytes.size());
      images_.push_back(image);
    }
    for (uint32_t i = 0; i < ring_->num_slots; i++) {
      netmap_slot* slot = &ring_->slot[i];
      uint8_t* buffer = reinterpret_cast<uint8_t*>(port.buffer(slot->buf_idx));
      plan.write_frame(plan.cycle().front(), buffer);
      set_slot(slot, slot->buf_idx, stream.size_no_crc, 0);
      own_.push_back(slot->buf_idx);
      buffers_.push_back(buffer);
    }
  }

  bool has_its_buffers() const { return have_buffers(*ring_, own_); }

  uint32_t write(uint32_t head, uint32_t count, BatchStamp& stamp) {
    const uint32_t n = ring_->num_slots;
    ProbeBatch batch(stamp.probe, static_cast<uint32_t>(stamp.sequence), stamp.tsc);
    stamp.sequence += count;
    const size_t offset = offset_;
    while (count > 0) {
      uint32_t run = count;
      run = run < n - head ? run : n - head;
      run = run < images_.size() - next_ ? run : static_cast<uint32_t>(images_.size() - next_);
      uint8_t* const* buffers = buffers_.data() + head;
      const Image* image = images_.data() + next_;
      for (uint32_t i = 0; i < run; i++) {
        std::memcpy(buffers[i], image[i].bytes.data(), kBytes);
        batch.write(buffers[i] + offset);
      }
      next_ = next_ + run == images_.size() ? 0 : next_ + run;
      head = head + run == n ? 0 : head + run;
      count -= run;
    }
    return head;
  }

 private:
  struct Image {
    std::array<uint8_t, kBytes> bytes;
  };

  netmap_ring* ring_;
  std::vector<uint32_t> own_;      // the slots' own buffers
  std::vector<uint8_t*> buffers_;  // a slot each
  std::vector<Image> images_;      // a flow each
  size_t next_ = 0;
  uint16_t offset_ = 0;
};

// Extra buffers that the plan's writer will need from a ring of `num_slots`.
inline uint64_t extra_buffers_needed(const TrafficPlan& plan, uint32_t num_slots) {
  if (plan.is_constant())
    return 0;
  switch (plan.probe_every()) {
    case 0:
      return SwapWriter<ProbeMode::kNone>::buffers_needed(plan, num_slots);
    case 1:
      return plan.is_single_stream()
                 ? 0
                 : SwapWriter<ProbeMode::kEvery>::buffers_needed(plan, num_slots);
    default:
      return SwapWriter<ProbeMode::kSampled>::buffers_needed(plan, num_slots);
  }
}

// Makes the plan's writer for `port` and calls use(writer): the way is chosen here, once, and is a
// type from there on.
template <typename Use>
void with_writer(PortRing& port, const TrafficPlan& plan, Use&& use) {
  const auto run = [&]<typename Writer>(std::in_place_type_t<Writer>) {
    Writer writer(port, plan);
    use(writer);
  };
  const uint32_t every = plan.probe_every();
  if (plan.is_constant()) {
    if (every == 0)
      return run(std::in_place_type<InPlaceWriter<ProbeMode::kNone>>);
    if (every == 1)
      return run(std::in_place_type<InPlaceWriter<ProbeMode::kEvery>>);
    return run(std::in_place_type<InPlaceWriter<ProbeMode::kSampled>>);
  }
  if (every == 0)
    return run(std::in_place_type<SwapWriter<ProbeMode::kNone>>);
  if (every > 1)
    return run(std::in_place_type<SwapWriter<ProbeMode::kSampled>>);
  if (!plan.is_single_stream())
    return run(std::in_place_type<SwapWriter<ProbeMode::kEvery>>);
  // Headers of up to 48, 64, or (two VLAN tags, IPv6 and TCP) 82 bytes, before a probe of 18 that
  // is written after them.
  const unsigned headers = plan.streams().front().probe_offset;
  if (headers <= 48)
    return run(std::in_place_type<PatchWriter<48>>);
  if (headers <= 64)
    return run(std::in_place_type<PatchWriter<64>>);
  return run(std::in_place_type<PatchWriter<96>>);
}

}  // namespace nmgen
