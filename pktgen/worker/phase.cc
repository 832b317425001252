// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/worker/phase.h"

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <random>
#include <system_error>
#include <thread>
#include <utility>

#include "pktgen/measure/core_clock.h"
#include "pktgen/packet/probe.h"
#include "pktgen/port/port_error.h"
#include "pktgen/worker/drain.h"
#include "pktgen/worker/intervals.h"

namespace nmgen {
namespace {

constexpr uint64_t kStartDelayNs = 2'000'000;
constexpr uint64_t kLookNs = 20'000'000;      // how often `stop` and errors are looked at
constexpr uint64_t kPublishNs = 200'000'000;  // how often watchers get the ports' counters
constexpr uint64_t kEndLookNs = 200'000;      // how often it is looked who has ended

void sleep_ns(uint64_t ns) {
  timespec time{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  nanosleep(&time, nullptr);
}

uint64_t seconds_to_ns(double seconds) {
  return static_cast<uint64_t>(seconds * 1e9);
}

uint32_t random_magic() {
  std::random_device device;
  return probe_magic(uint64_t{device()} << 32 | device());
}

class PhaseRunner {
 public:
  PhaseRunner(RunSet& set, const PhasePlan& plan, const std::atomic<bool>& stop,
              const IntervalSink& sink)
      : set_(set),
        clock_(*set.clock),
        header_(set.live->header()),
        plan_(plan),
        stop_(stop),
        sink_(sink),
        log_(set) {}

  PhaseResult run() {
    orders_.magic = random_magic();
    orders_.late_magics = set_.magics;
    set_.magics.push_back(orders_.magic);
    orders_.late_ticks = clock_.to_ticks(static_cast<uint64_t>(set_.limits.late_ms * 1e6));
    orders_.drain_ticks = clock_.to_ticks(seconds_to_ns(set_.drain_s));
    // Before the counters start anew, and seen before they do.
    header_.end_tsc.store(0, std::memory_order_relaxed);
    header_.start_tsc.store(0, std::memory_order_relaxed);
    header_.phase.fetch_add(1, std::memory_order_seq_cst);
    for (Port* port : set_.ports)
      ports_before_.push_back(port->counters());
    const uint64_t gap_ticks = clock_.to_ticks(
        static_cast<uint64_t>(static_cast<double>(GapWatch::kThresholdNs) * set_.turn_scale));
    for (std::unique_ptr<ReceiverWorker>& worker : set_.receivers) {
      reset(*worker, gap_ticks);
      worker->latency.clear();
      worker->latency_intended.clear();
      for (StreamTally& tally : worker->streams) {
        tally.counts = {};
        tally.latency.clear();
        tally.latency_intended.clear();
      }
      worker->late_by_phase.assign(orders_.late_magics.size(), 0);
    }
    for (std::unique_ptr<SenderWorker>& worker : set_.senders) {
      reset(*worker, gap_ticks);
      worker->end_tsc.store(0, std::memory_order_relaxed);
      worker->sent_all.store(false, std::memory_order_relaxed);
    }
    set_quotas();
    start_threads();
    if (result_.error.what.empty())
      watch_until_end();
    set_state(plan_.state == LiveState::kWarmup ? LiveState::kSettling : LiveState::kDraining);
    stop_threads();
    collect();
    publish_ports();
    return std::move(result_);
  }

 private:
  static PortCounters since(const PortCounters& from, const PortCounters& to) {
    PortCounters delta = to;
    delta -= from;
    delta.readable = from.readable && to.readable;
    return delta;
  }

  void reset(WorkerBase& worker, uint64_t gap_ticks) {
    worker.counters.clear();
    worker.gaps = std::make_unique<GapWatch>(gap_ticks);
    worker.ready.store(false, std::memory_order_relaxed);
    worker.ended.store(false, std::memory_order_relaxed);
    worker.error.store(0, std::memory_order_relaxed);
  }

  // What each sender owes in this phase, and may send.
  void set_quotas() {
    std::vector<double> pps;
    for (const std::unique_ptr<SenderWorker>& worker : set_.senders)
      pps.push_back(worker->asked_pps);
    const std::vector<uint64_t> shares = share_frames(plan_.frames, pps);
    for (size_t i = 0; i < set_.senders.size(); i++) {
      SenderWorker& worker = *set_.senders[i];
      worker.quota = plan_.frames > 0 ? shares[i] : kNoQuota;
      worker.frames_due = kNoQuota;
      if (worker.schedule.paced())
        worker.frames_due = frames_of_lane(worker.schedule.due_within(plan_.duration_s * clock_.hz),
                                           worker.lane, worker.lanes);
    }
  }

  template <typename Worker>
  void start_thread(Worker& worker) {
    threads_.emplace_back([this, &worker] {
      worker.run(orders_);
      worker.time.leave();
      worker.ended.store(true, std::memory_order_release);
      orders_.let_go.wait(false, std::memory_order_acquire);
      worker.core_cycles_per_tick[1] = core_cycles_per_tick();
    });
  }

  void start_threads() {
    for (std::unique_ptr<ReceiverWorker>& worker : set_.receivers)
      start_thread(*worker);
    for (std::unique_ptr<SenderWorker>& worker : set_.senders)
      start_thread(*worker);
    each_worker([this](WorkerBase& worker) {
      // On a slow core that a worker shares with us, each look costs its measurements dear.
      while (!worker.ready.load(std::memory_order_acquire))
        sleep_ns(static_cast<uint64_t>(100e3 * set_.turn_scale));
      note_error(worker, "cannot pin " + worker.name + " to core " + std::to_string(worker.core));
      watches_.emplace_back(worker.tid.load(std::memory_order_relaxed), worker.core);
    });
    for (SchedWatch& watch : watches_)
      watch.restart();
    // From now on the wire waits until all of them turn.
    each_worker([](WorkerBase& worker) {
      if (worker.error.load(std::memory_order_relaxed) == 0)
        worker.time.join(worker.core);
    });
    start_real_tsc_ = tsc_now();
    orders_.start_tsc = set_.time.now() + clock_.to_ticks(kStartDelayNs);
    orders_.end_tsc = orders_.start_tsc + clock_.to_ticks(seconds_to_ns(plan_.duration_s));
    orders_.first_rate = header_.rate_order.load(std::memory_order_relaxed);
    orders_.rate_order = &header_.rate_order;
    for (std::unique_ptr<SenderWorker>& worker : set_.senders)
      worker->timetable = worker->timetable_for(orders_.first_rate, orders_.start_tsc);
    log_.start(orders_.start_tsc, ports_before_);
    header_.start_tsc.store(orders_.start_tsc, std::memory_order_relaxed);
    set_state(plan_.state);
    orders_.go.store(true, std::memory_order_release);
  }

  // Relaxed: watchers need no order with anything else.
  void set_state(LiveState state) {
    header_.state.store(static_cast<uint32_t>(state), std::memory_order_relaxed);
  }

  // Whether senders did not do what the scenario says, at some time of this phase.
  bool rate_changed() const {
    return orders_.first_rate != kWholeRate || orders_.rate_changed.load(std::memory_order_relaxed);
  }

  // For watchers; a worker publishes its own counters itself.
  void publish_ports() {
    next_publish_ = tsc_now() + clock_.to_ticks(kPublishNs);
    header_.rate_changed.store(rate_changed() ? 1 : 0, std::memory_order_relaxed);
    for (size_t i = 0; i < set_.ports.size(); i++) {
      const PortCounters now = since(ports_before_[i], set_.ports[i]->counters());
      LivePort& port = set_.live->port(i);
      port.readable.store(now.readable ? 1 : 0, std::memory_order_relaxed);
      port.counters.set(now);
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
      result_.error =
          Error{what, std::generic_category().message(error), remedy_of_port(error), error};
  }

  bool broken() {
    each_worker([this](WorkerBase& worker) {
      note_error(worker, worker.name + " cannot continue with " + worker.port_name);
    });
    return !result_.error.what.empty();
  }

  static bool has_ended(const WorkerBase& worker) {
    return worker.ended.load(std::memory_order_acquire);
  }

  bool senders_ended() const {
    return std::all_of(set_.senders.begin(), set_.senders.end(),
                       [](const auto& worker) { return has_ended(*worker); });
  }

  // Asleep until `tsc`, with an eye on `stop`, on workers that fail and on senders that have done.
  // Return: whether to go on.
  bool wait_until(uint64_t tsc) {
    while (true) {
      if (stop_.load(std::memory_order_relaxed)) {
        result_.interrupted = true;
        return false;
      }
      if (broken() || (!set_.senders.empty() && senders_ended()))
        return false;
      const uint64_t now = set_.time.now();
      if (now >= tsc)
        return true;
      if (tsc_now() >= next_publish_)
        publish_ports();
      sleep_ns(std::min(clock_.to_ns(tsc - now), kLookNs));
    }
  }

  void watch_until_end() {
    const uint64_t interval = clock_.to_ticks(seconds_to_ns(kIntervalSeconds));
    const uint64_t shortest = clock_.to_ticks(seconds_to_ns(IntervalLog::kShortestSeconds));
    uint64_t next = orders_.start_tsc;
    while (true) {
      // After a late wake-up, continue with the next whole second.
      do
        next += interval;
      while (next < set_.time.now() + interval / 2);
      const bool last = next + shortest > orders_.end_tsc;
      if (!wait_until(last ? orders_.end_tsc : next) || last)
        return;
      log_.add(take_sample());
      sink_(log_.records());
    }
  }

  static GapCounts gaps_of(const WorkerBase& worker, const nmh_worker_counts& counts) {
    if (!worker.time.is_wire_time())
      return worker.gaps->counts();
    return {std::max(counts.longest_gap_ticks, worker.gaps->counts().longest), counts.gap_ticks,
            counts.gaps};
  }

  // Reads what the kernel and the gaps tell of each worker; its thread is still there.
  double read_off_core() {
    double sum_ms = 0;
    size_t index = 0;
    gaps_.clear();
    wire_counts_.clear();
    each_worker([&](WorkerBase& worker) {
      SchedWatch& watch = watches_[index++];
      watch.interval();
      const OffCore off_core = watch.total();
      const nmh_worker_counts wire_counts = worker.time.counts();
      const GapCounts gaps = gaps_of(worker, wire_counts);
      const TscClock& clock = clock_;
#define SAMPLED_COUNTER(name, from, ...) worker.live.sampled.name.set(from);
#include "pktgen/measure/figure_list.h"
      gaps_.push_back(gaps);
      wire_counts_.push_back(wire_counts);
      sum_ms += off_core_ms(off_core, gaps, clock);
    });
    return sum_ms;
  }

  CounterSample take_sample() {
    CounterSample sample;
    // Slow readings first; then the clock and the counters that rates are made of, close together.
    sample.off_core_ms = read_off_core();
    for (const std::unique_ptr<ReceiverWorker>& worker : set_.receivers)
      sample.latency.merge(worker->latency.snapshot());
    const uint64_t good_ticks = clock_.to_ticks(10'000);
    for (int tries = 0; tries < 10; tries++) {
      sample.tsc = set_.time.now();
      read_counters(sample);
      // Where this thread was held up between clock and counters, once more.
      if (set_.time.now() - sample.tsc < good_ticks)
        break;
    }
    return sample;
  }

  void read_counters(CounterSample& sample) {
    sample.ports.clear();
    sample.senders.clear();
    sample.receivers.clear();
    for (Port* port : set_.ports)
      sample.ports.push_back(port->counters());
    for (const std::unique_ptr<SenderWorker>& worker : set_.senders)
      sample.senders.push_back(CounterValues::read(worker->counters));
    for (const std::unique_ptr<ReceiverWorker>& worker : set_.receivers)
      sample.receivers.push_back(CounterValues::read(worker->counters));
  }

  void stop_threads() {
    end_tsc_ = std::min(set_.time.now(), orders_.end_tsc);
    bool sent_all = !set_.senders.empty();
    while (true) {
      if (!result_.error.what.empty() || stop_.load(std::memory_order_relaxed))
        orders_.stop_senders.store(true, std::memory_order_relaxed);
      if (senders_ended())
        break;
      sleep_ns(kEndLookNs);
      (void)broken();
    }
    for (const std::unique_ptr<SenderWorker>& worker : set_.senders)
      sent_all = sent_all && worker->sent_all.load(std::memory_order_relaxed);
    if (sent_all)
      end_tsc_ = orders_.start_tsc;
    for (const std::unique_ptr<SenderWorker>& worker : set_.senders)
      end_tsc_ = std::max(end_tsc_, worker->end_tsc.load(std::memory_order_relaxed));
    end_tsc_ = std::max(end_tsc_, log_.last_tsc());
    off_core_ms_ = read_off_core();
    result_.real_seconds = clock_.to_seconds(tsc_now() - start_real_tsc_);
    // Whoever interrupts a run waits no longer than that.
    const uint64_t latest = tsc_now() + orders_.drain_ticks;
    drain_wire(set_, orders_.drain_ticks, [this, latest] {
      return broken() || (stop_.load(std::memory_order_relaxed) && tsc_now() > latest);
    });
    orders_.stop_receivers.store(true, std::memory_order_release);
    for (const std::unique_ptr<ReceiverWorker>& worker : set_.receivers)
      while (!has_ended(*worker))
        sleep_ns(kEndLookNs);
    orders_.let_go.store(true, std::memory_order_release);
    orders_.let_go.notify_all();
    for (std::thread& thread : threads_)
      thread.join();
    (void)broken();
  }

  void collect() {
    CounterSample final;
    final.tsc = end_tsc_;
    final.final = true;
    final.off_core_ms = off_core_ms_;
    read_counters(final);
    size_t index = 0;
    for (size_t i = 0; i < set_.senders.size(); i++) {
      const SenderWorker& worker = *set_.senders[i];
      result_.senders.push_back(worker_result(worker, index++));
      CounterValues& counters = result_.senders.back().counters;
      counters.bytes = worker.plan->bytes_with_crc(counters.frames);
      result_.senders.back().seconds =
          seconds_until(worker.sent_all.load(std::memory_order_relaxed)
                            ? std::min(end_tsc_, worker.end_tsc.load(std::memory_order_relaxed))
                            : end_tsc_);
      worker.counters.costs.add_to(result_.tx_costs);
    }
    for (const std::unique_ptr<ReceiverWorker>& worker : set_.receivers) {
      result_.receivers.push_back(worker_result(*worker, index++));
      result_.receivers.back().seconds = seconds_until(end_tsc_);
      worker->counters.costs.add_to(result_.rx_costs);
      result_.latency.merge(worker->latency.snapshot());
      result_.latency_intended.merge(worker->latency_intended.snapshot());
    }
    collect_streams();
    final.latency = result_.latency;
    log_.add(std::move(final));
    sink_(log_.records());
    result_.intervals = log_.records();
    result_.seconds = seconds_until(end_tsc_);
    result_.wire_time = set_.time.is_wire_time();
    if (!result_.wire_time)
      result_.real_seconds = result_.seconds;
    header_.end_tsc.store(end_tsc_, std::memory_order_relaxed);
    result_.rate_changed = rate_changed();
    result_.rate_share = header_.rate_order.load(std::memory_order_relaxed) / 1000.0;
    collect_rates();
  }

  void collect_streams() {
    if (set_.receivers.empty() || set_.receivers.front()->streams.empty())
      return;
    std::map<size_t, uint64_t> sent;
    for (size_t i = 0; i < set_.senders.size(); i++) {
      const TrafficPlan& plan = *set_.senders[i]->plan;
      if (!set_.senders[i]->is_received)
        continue;
      for (uint32_t k = 0; k < plan.streams().size(); k++)
        sent[plan.streams()[k].number] +=
            plan.stream_order().count(k, result_.senders[i].counters.probes);
    }
    for (const std::pair<const size_t, uint64_t>& stream : sent) {
      StreamResult result;
      result.number = stream.first;
      result.sent = stream.second;
      for (const std::unique_ptr<ReceiverWorker>& worker : set_.receivers) {
        const StreamTally& tally = worker->streams[stream.first];
        result.counts += tally.counts;
        result.latency.merge(tally.latency.snapshot());
        result.latency_intended.merge(tally.latency_intended.snapshot());
      }
      result_.streams.push_back(std::move(result));
    }
  }

  void collect_rates() {
    for (size_t i = 0; i < set_.senders.size(); i++) {
      WorkerResult& result = result_.senders[i];
      const double own =
          result.seconds > 0 ? static_cast<double>(result.counters.frames) / result.seconds : 0;
      result.median_pps = log_.sender_median_pps(i, result.seconds).value_or(own);
    }
    for (size_t p = 0; p < set_.ports.size(); p++) {
      result_.ports.push_back(since(ports_before_[p], set_.ports[p]->counters()));
      double seconds = 0;
      uint64_t frames = 0;
      for (size_t i = 0; i < set_.senders.size(); i++) {
        if (set_.senders[i]->port != set_.ports[p])
          continue;
        seconds = std::max(seconds, result_.senders[i].seconds);
        frames += result_.senders[i].counters.frames;
      }
      const double own = seconds > 0 ? static_cast<double>(frames) / seconds : 0;
      result_.port_seconds.push_back(seconds > 0 ? seconds : result_.seconds);
      result_.port_median_pps.push_back(log_.port_median_pps(p, seconds).value_or(own));
    }
  }

  double seconds_until(uint64_t tsc) const {
    return tsc > orders_.start_tsc ? clock_.to_seconds(tsc - orders_.start_tsc) : 0;
  }

  WorkerResult worker_result(const WorkerBase& worker, size_t index) const {
    WorkerResult result;
    result.counters = CounterValues::read(worker.counters);
    result.off_core = watches_[index].total();
    result.gaps = gaps_[index];
    result.lacks = watches_[index].lacks();
    result.wire_counts = wire_counts_[index];
    // It may be given up in the drain too.
    result.wire_counts.lost = worker.time.counts().lost;
    return result;
  }

  RunSet& set_;
  const TscClock& clock_;
  LiveHeader& header_;
  const PhasePlan plan_;
  const std::atomic<bool>& stop_;
  const IntervalSink& sink_;
  PhaseOrders orders_;
  std::vector<std::thread> threads_;
  std::vector<SchedWatch> watches_;             // senders, then receivers
  std::vector<GapCounts> gaps_;                 // likewise, as last read
  std::vector<nmh_worker_counts> wire_counts_;  // likewise
  std::vector<PortCounters> ports_before_;
  IntervalLog log_;
  uint64_t start_real_tsc_ = 0;  // by the TSC; all other times are the run's
  uint64_t end_tsc_ = 0;
  double off_core_ms_ = 0;  // of all workers, at the end
  uint64_t next_publish_ = 0;
  PhaseResult result_;
};

}  // namespace

PhaseResult run_phase(RunSet& set, const PhasePlan& plan, const std::atomic<bool>& stop,
                      const IntervalSink& sink) {
  return PhaseRunner(set, plan, stop, sink).run();
}

}  // namespace nmgen
