// SPDX-License-Identifier: BSD-2-Clause
// The sender's loop. A turn: read the clock, see how many frames are due and how many slots are
// free, write that many, sync.
#include <algorithm>
#include <cerrno>

#include "net/netmap_user.h"
#include "pktgen/traffic/duty.h"
#include "pktgen/traffic/writer.h"
#include "pktgen/worker/departures.h"
#include "pktgen/worker/tick_split.h"
#include "pktgen/worker/worker.h"

namespace nmgen {
namespace {

template <typename Writer>
class SendLoop {
 public:
  // `timetable`, `departures`: for the loop alone.
  SendLoop(SenderWorker& worker, PhaseOrders& orders, Writer& writer, Timetable& timetable,
           Departures& departures)
      : worker_(worker),
        orders_(orders),
        writer_(writer),
        ring_(worker.ring->ring()),
        timetable_(timetable),
        departures_(departures) {
    stamp_.probe = make_probe_template(orders.magic, worker.number);
    if (worker.clock_hz > 0)
      duty_ = DutyClock(worker.clock_hz, worker.core_cycles_per_tick[0] * worker.clock->hz);
  }

  void run() {
    orders_.await_go();
    worker_.time.enter();
    while (worker_.turn(false) < orders_.start_tsc) {
    }
    timetable_ = worker_.timetable;
    if (timetable_.paced())
      overdue_ = 0;
    caught_up_ = orders_.start_tsc;
    rate_ = orders_.first_rate;
    uint64_t now = worker_.turn(false);
    worker_.gaps->restart(worker_.time.own());
    TickSplit split(worker_.counters, *worker_.ring, worker_.time.own());
    // With nothing due but time, wait for a batch's worth of free slots: a sync with few frames
    // costs as much as one with many.
    const uint32_t wanted = std::min(worker_.batch, ring_->num_slots / 4);
    quota_ = worker_.quota;
    most_ =
        timetable_.paced() && rate_ == kWholeRate ? std::min(quota_, worker_.frames_due) : quota_;

    while (queued_ < quota_ && !orders_.stop_senders.load(std::memory_order_relaxed)) {
      if (now >= orders_.end_tsc) {
        catch_up();
        break;
      }
      // Relaxed: an order stands alone, and the next turn is early enough.
      if (const uint32_t rate = orders_.rate_order->load(std::memory_order_relaxed); rate != rate_)
          [[unlikely]]
        follow(rate, now);
      uint32_t count = std::min(free_slots(), worker_.batch);
      if (timetable_.paced())
        count = owed(now, count);
      else if (const uint64_t left = most_ - queued_; left <= count)
        count = static_cast<uint32_t>(left);
      else if (count < wanted)
        count = 0;
      const bool moved = turn(count, now);
      if (!moved)
        worker_.give_core_away();
      if (worker_.error.load(std::memory_order_relaxed) != 0)
        return;
      now = worker_.turn(moved);
      const TickSplit::Turn turn = split.on_turn(worker_.time.own(), moved);
      worker_.gaps->on_turn(worker_.time.own());
      if (duty_.on())
        now = hold(now, turn, split);
    }
    leave_timetable();
    worker_.queued = queued_;
    worker_.sent_all.store(queued_ >= quota_, std::memory_order_relaxed);
    drain(now);
  }

 private:
  uint32_t free_slots() const { return nm_ring_space(ring_); }

  // Of a paced sender, frames that are due at `now` and not in the ring yet, at most `most`.
  uint32_t owed(uint64_t now, uint32_t most) {
    const uint64_t due = std::min(before_ + timetable_.due(now), most_) - queued_;
    leaves_due_ = due > most;
    return leaves_due_ ? most : static_cast<uint32_t>(due);
  }

  // The time is over. What was due in it and finds room in the ring still goes; no more than the
  // ring has room for now, as a sender that cannot keep up would go on and on.
  void catch_up() {
    if (!timetable_.paced())
      return;
    uint32_t room = free_slots();
    while (room > 0 && worker_.error.load(std::memory_order_relaxed) == 0) {
      const uint32_t count =
          owed(orders_.end_tsc - 1, std::min({room, free_slots(), worker_.batch}));
      if (count == 0)
        return;
      turn(count, worker_.turn(false));
      room -= count;
    }
  }

  void leave_timetable() {
    if (timetable_.paced())
      departures_.finish(queued_ - before_);
  }

  // From now on at another rate: what was late is no longer due.
  [[gnu::always_inline]] void follow(uint32_t rate, uint64_t now) {
    rate_ = rate;
    if (!worker_.full.paced())
      return;
    leave_timetable();
    timetable_ = worker_.timetable_for(rate, now);
    before_ = queued_;
    overdue_ = timetable_.paced() ? queued_ : UINT64_MAX;
    caught_up_ = now;
    most_ = quota_;
    // Before the first frame of the new rate is in the ring, so that its receiver sees it.
    orders_.rate_changed.store(true, std::memory_order_release);
  }

  // Waits as long as a slower core would have been busy. Return: the time then.
  uint64_t hold(uint64_t now, const TickSplit::Turn& turn, TickSplit& split) {
    const uint64_t ticks = duty_.owed(turn.own, turn.model);
    if (ticks == 0)
      return now;
    const uint64_t start = worker_.time.own();
    while (worker_.time.own() - start < ticks) {
      worker_.give_core_away();
      now = worker_.turn(false);
      worker_.gaps->on_turn(worker_.time.own());
    }
    duty_.waited(worker_.time.own() - start);
    split.on_hold(worker_.time.own());
    return now;
  }

  // Of the `count` frames that leave now, those that were due long ago.
  [[gnu::always_inline]] void count_late(uint32_t count, uint64_t now) {
    const uint64_t overdue = before_ + timetable_.due(now - orders_.late_ticks);
    if (overdue > queued_)
      worker_.counters.late_departures.add(std::min<uint64_t>(count, overdue - queued_));
  }

  // Writes `count` frames and syncs. Return: whether there was a frame.
  bool turn(uint32_t count, uint64_t now) {
    if (count > 0) {
      stamp_.tsc = now;
      ring_->head = ring_->cur = writer_.write(ring_->head, count, stamp_);
      if (timetable_.paced() && now - caught_up_ > orders_.late_ticks) [[unlikely]]
        count_late(count, now);
      queued_ += count;
      if (queued_ > overdue_)
        overdue_ = before_ + departures_.on_turn(timetable_, queued_ - before_, count, now);
    }
    if (!leaves_due_)
      caught_up_ = now;
    if (int error = worker_.ring->sync(); error != 0)
      worker_.error.store(error, std::memory_order_relaxed);
    worker_.counters.syncs.add(1);
    worker_.count_sent(queued_);
    if (count == 0)
      return false;
    worker_.counters.syncs_with_frames.add(1);
    worker_.counters.probes.set(stamp_.sequence);
    return true;
  }

  // The last frames are sent before a sender counts itself out.
  void drain(uint64_t now) {
    uint64_t left = worker_.pending();
    uint64_t give_up = now + orders_.drain_ticks;
    while (left > 0 && now < give_up && worker_.error.load(std::memory_order_relaxed) == 0) {
      turn(0, now);
      now = worker_.turn(false);
      // The time starts again while frames leave, except in a run that was interrupted.
      if (worker_.pending() < left && !orders_.stop_senders.load(std::memory_order_relaxed))
        give_up = now + orders_.drain_ticks;
      left = worker_.pending();
    }
    // What the device has taken has not all left yet.
    now += worker_.clock->to_ticks(worker_.port->wire_busy_ns());
    worker_.end_tsc.store(now, std::memory_order_relaxed);
  }

  SenderWorker& worker_;
  PhaseOrders& orders_;
  Writer& writer_;
  netmap_ring* ring_;
  BatchStamp stamp_;
  DutyClock duty_;
  uint64_t queued_ = 0;
  // Outside of this object, whose other members the compiler then keeps in registers.
  Timetable& timetable_;
  Departures& departures_;
  uint64_t before_ = 0;  // frames queued before timetable_'s first
  // As queued_ counts: frames before it are out of all limits of departures, or are not paced.
  uint64_t overdue_ = UINT64_MAX;
  bool leaves_due_ = false;    // more was due than the last turn could put into the ring
  uint64_t caught_up_ = 0;     // the last turn that left nothing due
  uint64_t quota_ = kNoQuota;  // of the whole phase
  uint64_t most_ = kNoQuota;   // that, or what is due at the rate asked for
  uint32_t rate_ = kWholeRate;
};

}  // namespace

uint64_t SenderWorker::settle() {
  if (!ring || error.load(std::memory_order_relaxed) != 0 || pending() == 0)
    return 0;
  if (const int failure = ring->sync(); failure != 0)
    error.store(failure, std::memory_order_relaxed);
  count_sent(queued);
  return pending();
}

void SenderWorker::run(PhaseOrders& orders) {
  if (enter() != 0)
    return;
  with_writer(*ring, *plan, [&]<typename Writer>(Writer& writer) {
    Timetable phase;
    Departures departures(counters, *clock);
    SendLoop<Writer> loop(*this, orders, writer, phase, departures);
    // Only now: a writer prepares every slot, which on a long ring takes longer than a start waits.
    ready.store(true, std::memory_order_release);
    loop.run();
    if (!writer.has_its_buffers() && error.load(std::memory_order_relaxed) == 0)
      error.store(EREMCHG, std::memory_order_relaxed);
  });
}

}  // namespace nmgen
