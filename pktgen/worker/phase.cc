// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/worker/phase.h"

#include <time.h>

#include <algorithm>
#include <random>
#include <system_error>
#include <thread>
#include <utility>

#include "pktgen/measure/core_clock.h"
#include "pktgen/measure/line_rate.h"
#include "pktgen/measure/stats.h"
#include "pktgen/packet/probe.h"

namespace nmgen {
namespace {

constexpr double kIntervalSeconds = 1;
// Intervals begin when rings and the device's buffers are full, so that filling them is not taken
// for a rate above the line's.
constexpr double kSettleSeconds = 0.02;
constexpr uint64_t kStartDelayNs = 2'000'000;
constexpr uint64_t kLookNs = 20'000'000;          // how often `stop` and errors are looked at
constexpr uint64_t kPublishNs = 200'000'000;      // how often watchers get the ports' counters
constexpr uint64_t kWireDrainNs = 2'000'000'000;  // at most

void sleep_ns(uint64_t ns) {
  timespec time{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  nanosleep(&time, nullptr);
}

uint32_t random_magic() {
  std::random_device device;
  return probe_magic(uint64_t{device()} << 32 | device());
}

// All counters at one moment, as nearly as a reader can have them.
struct Sample {
  uint64_t tsc = 0;
  std::vector<CounterValues> senders, receivers;
  std::vector<PortCounters> ports;
  HistogramSnapshot latency;
  double off_core_ms = 0;
};

double per_frame(uint64_t cycles, uint64_t frames) {
  return frames > 0 ? static_cast<double>(cycles) / static_cast<double>(frames) : 0;
}

// Sums over the workers of one kind, between two samples.
struct KindTotals {
  uint64_t frames = 0, busy = 0, model = 0, idle = 0;

  KindTotals(const std::vector<CounterValues>& from, const std::vector<CounterValues>& to) {
    for (size_t i = 0; i < to.size(); i++) {
      frames += to[i].frames - from[i].frames;
      busy += to[i].busy_cycles - from[i].busy_cycles;
      model += to[i].model_cycles - from[i].model_cycles;
      idle += to[i].idle_cycles - from[i].idle_cycles;
    }
  }
  double idle_percent() const { return 100 * per_frame(idle, busy + model + idle); }
};

class PhaseRunner {
 public:
  PhaseRunner(RunSet& set, LiveState state, double duration_s, const std::atomic<bool>& stop,
              const IntervalSink& sink)
      : set_(set),
        clock_(*set.clock),
        header_(set.live->header()),
        state_(state),
        duration_s_(duration_s),
        stop_(stop),
        sink_(sink) {}

  PhaseResult run() {
    orders_.magic = random_magic();
    // Before the counters start anew, and seen before they do.
    header_.end_tsc.store(0, std::memory_order_relaxed);
    header_.start_tsc.store(0, std::memory_order_relaxed);
    header_.phase.fetch_add(1, std::memory_order_seq_cst);
    port_pps_.resize(set_.ports.size());
    for (Port* port : set_.ports)
      ports_before_.push_back(port->counters());
    const uint64_t gap_ticks = clock_.to_ticks(
        static_cast<uint64_t>(static_cast<double>(GapWatch::kThresholdNs) * set_.turn_scale));
    for (std::unique_ptr<ReceiverWorker>& worker : set_.receivers) {
      reset(*worker, gap_ticks);
      worker->latency.clear();
      worker->latency_intended.clear();
    }
    for (std::unique_ptr<SenderWorker>& worker : set_.senders) {
      reset(*worker, gap_ticks);
      worker->end_tsc.store(0, std::memory_order_relaxed);
    }
    start_threads();
    if (result_.error.what.empty())
      watch_until_end();
    set_state(LiveState::kDraining);
    stop_threads();
    collect();
    publish_ports();
    return std::move(result_);
  }

 private:
  void reset(WorkerBase& worker, uint64_t gap_ticks) {
    worker.counters.clear();
    worker.gaps = std::make_unique<GapWatch>(gap_ticks);
    worker.ready.store(false, std::memory_order_relaxed);
    worker.error.store(0, std::memory_order_relaxed);
  }

  void start_threads() {
    for (std::unique_ptr<ReceiverWorker>& worker : set_.receivers)
      threads_.emplace_back([this, &worker] {
        worker->run(orders_);
        worker->core_cycles_per_tick[1] = core_cycles_per_tick();
      });
    for (std::unique_ptr<SenderWorker>& worker : set_.senders)
      threads_.emplace_back([this, &worker] {
        worker->run(orders_);
        worker->core_cycles_per_tick[1] = core_cycles_per_tick();
      });
    each_worker([this](WorkerBase& worker) {
      // On a slow core that a worker shares with us, each look costs its measurements dear.
      while (!worker.ready.load(std::memory_order_acquire))
        sleep_ns(static_cast<uint64_t>(100e3 * set_.turn_scale));
      note_error(worker, "cannot pin " + worker.name + " to core " + std::to_string(worker.core));
      watches_.emplace_back(worker.tid.load(std::memory_order_relaxed), worker.core);
    });
    orders_.start_tsc = tsc_now() + clock_.to_ticks(kStartDelayNs);
    orders_.first_rate = header_.rate_order.load(std::memory_order_relaxed);
    orders_.rate_order = &header_.rate_order;
    for (std::unique_ptr<SenderWorker>& worker : set_.senders)
      worker->pacer = worker->pacer_for(orders_.first_rate, orders_.start_tsc);
    header_.start_tsc.store(orders_.start_tsc, std::memory_order_relaxed);
    set_state(state_);
    orders_.go.store(true, std::memory_order_release);
  }

  // Relaxed: watchers need no order with anything else.
  void set_state(LiveState state) {
    header_.state.store(static_cast<uint32_t>(state), std::memory_order_relaxed);
  }

  // Whether senders did not do what the scenario says, at some time of this phase.
  bool rate_changed() const {
    return orders_.first_rate != 1000 || orders_.rate_changed.load(std::memory_order_relaxed);
  }

  // For watchers; a worker publishes its own counters itself.
  void publish_ports() {
    next_publish_ = tsc_now() + clock_.to_ticks(kPublishNs);
    header_.rate_changed.store(rate_changed() ? 1 : 0, std::memory_order_relaxed);
    for (size_t i = 0; i < set_.ports.size(); i++) {
      const PortCounters now = difference(ports_before_[i], set_.ports[i]->counters());
      LivePort& port = set_.live->port(i);
      port.readable.store(now.readable ? 1 : 0, std::memory_order_relaxed);
      port.tx_frames.set(now.tx_frames);
      port.rx_frames.set(now.rx_frames);
      port.missed.set(now.missed);
      port.paused_ns.set(now.paused_ns);
      port.driver_bugs.set(now.driver_bugs);
    }
  }

  template <typename Visit>
  void each_worker(Visit&& visit) {
    for (std::unique_ptr<SenderWorker>& worker : set_.senders)
      visit(static_cast<WorkerBase&>(*worker));
    for (std::unique_ptr<ReceiverWorker>& worker : set_.receivers)
      visit(static_cast<WorkerBase&>(*worker));
  }

  void note_error(const WorkerBase& worker, const std::string& what) {
    int error = worker.error.load(std::memory_order_relaxed);
    if (error != 0 && result_.error.what.empty())
      result_.error = Error{what, std::generic_category().message(error),
                            "see that its port is still there and its core is online", error};
  }

  bool broken() {
    each_worker([this](WorkerBase& worker) {
      note_error(worker, worker.name + " cannot go on with " + worker.port_name);
    });
    return !result_.error.what.empty();
  }

  // Asleep until `tsc`, with an eye on `stop` and on workers that fail. Return: whether to go on.
  bool wait_until(uint64_t tsc) {
    while (true) {
      if (stop_.load(std::memory_order_relaxed)) {
        result_.interrupted = true;
        return false;
      }
      if (broken())
        return false;
      const uint64_t now = tsc_now();
      if (now >= tsc)
        return true;
      if (now >= next_publish_)
        publish_ports();
      sleep_ns(std::min(clock_.to_ns(tsc - now), kLookNs));
    }
  }

  void watch_until_end() {
    const uint64_t end = orders_.start_tsc + clock_.to_ticks(seconds_to_ns(duration_s_));
    uint64_t next = orders_.start_tsc + clock_.to_ticks(seconds_to_ns(kSettleSeconds));
    if (!wait_until(std::min(next, end)))
      return;
    for (SchedWatch& watch : watches_)
      watch.restart();
    Sample last = take_sample();
    while (true) {
      next += clock_.to_ticks(seconds_to_ns(kIntervalSeconds));
      if (!wait_until(std::min(next, end)) || next > end)
        return;
      Sample now = take_sample();
      add_interval(last, now);
      sink_(result_.intervals);
      last = std::move(now);
    }
  }

  static uint64_t seconds_to_ns(double seconds) { return static_cast<uint64_t>(seconds * 1e9); }

  Sample take_sample() {
    Sample sample;
    // Slow readings first; then the clock and the counters that rates are made of, close together.
    for (SchedWatch& watch : watches_) {
      const OffCore off = watch.interval();
      sample.off_core_ms += off.wait_ms + off.steal_ms;
    }
    size_t index = 0;
    each_worker([this, &index](WorkerBase& worker) {
      const OffCore off = watches_[index++].total();
      const GapCounts gaps = worker.gaps->counts();
      worker.live.off_core_us.set(static_cast<uint64_t>(off_core_ms(off, gaps, clock_) * 1e3));
      worker.live.off_core_times.set(std::max(off.times, gaps.times));
      worker.live.longest_gap_ns.set(clock_.to_ns(gaps.longest));
    });
    for (const std::unique_ptr<ReceiverWorker>& worker : set_.receivers)
      sample.latency.merge(worker->latency.snapshot());
    sample.ports.resize(set_.ports.size());
    sample.senders.resize(set_.senders.size());
    sample.receivers.resize(set_.receivers.size());
    const uint64_t good_ticks = clock_.to_ticks(10'000);
    for (int tries = 0; tries < 10; tries++) {
      sample.tsc = tsc_now();
      for (size_t i = 0; i < set_.ports.size(); i++)
        sample.ports[i] = set_.ports[i]->counters();
      for (size_t i = 0; i < set_.senders.size(); i++)
        sample.senders[i] = CounterValues::read(set_.senders[i]->counters);
      for (size_t i = 0; i < set_.receivers.size(); i++)
        sample.receivers[i] = CounterValues::read(set_.receivers[i]->counters);
      // Where this thread was held up between clock and counters, once more.
      if (tsc_now() - sample.tsc < good_ticks)
        break;
    }
    return sample;
  }

  void add_interval(const Sample& from, const Sample& to) {
    IntervalRecord interval;
    interval.start_s = clock_.to_seconds(from.tsc - orders_.start_tsc);
    interval.seconds = clock_.to_seconds(to.tsc - from.tsc);
    const KindTotals tx(from.senders, to.senders), rx(from.receivers, to.receivers);
    for (size_t i = 0; i < set_.ports.size(); i++) {
      const uint64_t frames = frames_sent(i, from, to);
      interval.tx_frames += frames;
      port_pps_[i].push_back(static_cast<double>(frames) / interval.seconds);
    }
    interval.rx_frames = rx.frames;
    interval.tx_pps = static_cast<double>(interval.tx_frames) / interval.seconds;
    interval.rx_pps = static_cast<double>(rx.frames) / interval.seconds;
    interval.tx_line_rate_percent = line_rate_percent(from, to, interval.seconds);
    for (size_t i = 0; i < to.ports.size(); i++) {
      interval.missed += to.ports[i].missed - from.ports[i].missed;
      interval.pause_s +=
          static_cast<double>(to.ports[i].paused_ns - from.ports[i].paused_ns) / 1e9;
    }
    interval.tx_busy_cycles_per_frame = per_frame(tx.busy, tx.frames);
    interval.tx_model_cycles_per_frame = per_frame(tx.model, tx.frames);
    interval.tx_idle_percent = tx.idle_percent();
    interval.rx_busy_cycles_per_frame = per_frame(rx.busy, rx.frames);
    interval.rx_model_cycles_per_frame = per_frame(rx.model, rx.frames);
    interval.rx_idle_percent = rx.idle_percent();
    HistogramSnapshot latency = to.latency;
    latency.subtract(from.latency);
    interval.latency_p50_ns = latency.percentile(50);
    interval.latency_p99_ns = latency.percentile(99);
    interval.latency_max_ns = latency.max();
    interval.off_core_ms = to.off_core_ms;
    result_.intervals.push_back(interval);

    sender_pps_.resize(set_.senders.size());
    for (size_t i = 0; i < set_.senders.size(); i++)
      sender_pps_[i].push_back(static_cast<double>(to.senders[i].frames - from.senders[i].frames) /
                               interval.seconds);
  }

  // Frames that left port `port` between two samples. A simulated device says which are on the wire
  // at that moment; what a worker says is as old as its last turn, and it may have lost its core
  // since.
  uint64_t frames_sent(size_t port, const Sample& from, const Sample& to) const {
    uint64_t by_workers = 0;
    bool sends = false;
    for (size_t i = 0; i < set_.senders.size(); i++) {
      if (set_.senders[i]->port != set_.ports[port])
        continue;
      sends = true;
      by_workers += to.senders[i].frames - from.senders[i].frames;
    }
    if (!sends || !set_.ports[port]->simulated())
      return by_workers;
    return to.ports[port].tx_frames - from.ports[port].tx_frames;
  }

  // Of all sending ports whose speed is known, over the time it takes their frames on the wire.
  double line_rate_percent(const Sample& from, const Sample& to, double seconds) const {
    double wire_bits = 0, speed = 0;
    for (size_t p = 0; p < set_.ports.size(); p++) {
      const Port* port = set_.ports[p];
      double bits = 0, frames = 0;
      for (size_t i = 0; i < set_.senders.size(); i++) {
        if (set_.senders[i]->port != port)
          continue;
        const double sent = static_cast<double>(to.senders[i].frames - from.senders[i].frames);
        frames += sent;
        bits += sent * wire_bits_l1(set_.senders[i]->plan->mean_size_with_crc());
      }
      if (frames <= 0 || port->speed_bps() <= 0)
        continue;
      wire_bits += bits / frames * static_cast<double>(frames_sent(p, from, to));
      speed += port->speed_bps();
    }
    return speed > 0 ? 100 * wire_bits / seconds / speed : 0;
  }

  void stop_threads() {
    const size_t receivers = set_.receivers.size();
    orders_.stop_senders.store(true, std::memory_order_relaxed);
    for (size_t i = receivers; i < threads_.size(); i++)
      threads_[i].join();
    // The wire: as far as the ports can tell, then a moment for those that cannot.
    const uint64_t give_up = tsc_now() + clock_.to_ticks(kWireDrainNs);
    bool simulated = true;
    while (receivers > 0 && tsc_now() < give_up) {
      uint64_t in_flight = 0;
      for (Port* port : set_.ports) {
        in_flight += port->in_flight();
        simulated &= port->simulated();
      }
      if (in_flight == 0)
        break;
      sleep_ns(1'000'000);
    }
    if (receivers > 0 && !simulated)
      sleep_ns(100'000'000);
    for (SchedWatch& watch : watches_)
      watch.interval();
    orders_.stop_receivers.store(true, std::memory_order_release);
    for (size_t i = 0; i < receivers; i++)
      threads_[i].join();
  }

  void collect() {
    uint64_t end = orders_.start_tsc;
    size_t watch = 0;
    for (size_t i = 0; i < set_.senders.size(); i++) {
      const SenderWorker& worker = *set_.senders[i];
      end = std::max(end, worker.end_tsc.load(std::memory_order_relaxed));
      WorkerResult result = worker_result(worker, watches_[watch++]);
      if (i < sender_pps_.size())
        result.median_pps = median(sender_pps_[i]);
      result_.senders.push_back(std::move(result));
      worker.counters.costs.add_to(result_.tx_costs);
    }
    for (const std::unique_ptr<ReceiverWorker>& worker : set_.receivers) {
      result_.receivers.push_back(worker_result(*worker, watches_[watch++]));
      worker->counters.costs.add_to(result_.rx_costs);
      result_.latency.merge(worker->latency.snapshot());
      result_.latency_intended.merge(worker->latency_intended.snapshot());
    }
    result_.seconds = clock_.to_seconds(end - orders_.start_tsc);
    header_.end_tsc.store(end, std::memory_order_relaxed);
    result_.rate_changed = rate_changed();
    result_.rate_share = header_.rate_order.load(std::memory_order_relaxed) / 1000.0;
    for (size_t i = 0; i < set_.ports.size(); i++) {
      result_.ports.push_back(difference(ports_before_[i], set_.ports[i]->counters()));
      result_.port_median_pps.push_back(median(port_pps_[i]));
    }
  }

  static WorkerResult worker_result(const WorkerBase& worker, const SchedWatch& watch) {
    WorkerResult result;
    result.counters = CounterValues::read(worker.counters);
    result.off_core = watch.total();
    result.gaps = worker.gaps->counts();
    result.lacks = watch.lacks();
    return result;
  }

  static PortCounters difference(const PortCounters& from, const PortCounters& to) {
    PortCounters delta = to;
    delta.readable = from.readable && to.readable;
    delta.tx_frames -= from.tx_frames;
    delta.rx_frames -= from.rx_frames;
    delta.missed -= from.missed;
    delta.paused_ns -= from.paused_ns;
    delta.driver_bugs -= from.driver_bugs;
    return delta;
  }

  RunSet& set_;
  const TscClock& clock_;
  LiveHeader& header_;
  LiveState state_;
  double duration_s_;
  const std::atomic<bool>& stop_;
  const IntervalSink& sink_;
  PhaseOrders orders_;
  std::vector<std::thread> threads_;  // receivers, then senders
  std::vector<SchedWatch> watches_;   // senders, then receivers
  std::vector<PortCounters> ports_before_;
  std::vector<std::vector<double>> sender_pps_;  // [sender][interval]
  std::vector<std::vector<double>> port_pps_;    // [port][interval]
  uint64_t next_publish_ = 0;
  PhaseResult result_;
};

}  // namespace

PhaseResult run_phase(RunSet& set, LiveState state, double duration_s,
                      const std::atomic<bool>& stop, const IntervalSink& sink) {
  return PhaseRunner(set, state, duration_s, stop, sink).run();
}

}  // namespace nmgen
