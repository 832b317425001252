// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/worker/engine.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "pktgen/measure/cores.h"
#include "pktgen/measure/fingerprint.h"
#include "pktgen/measure/rate.h"
#include "pktgen/traffic/writer.h"
#include "pktgen/worker/assemble.h"
#include "pktgen/worker/phase.h"
#include "pktgen/worker/placement.h"

namespace nmgen {
namespace {

// Frames a second for a whole sender entry; 0 for as fast as possible.
Result<double> asked_pps(const SenderSpec& sender, const TrafficPlan& plan, const Port& port) {
  const std::optional<double> pps =
      rate_pps(sender.rate, plan.mean_size_with_crc(), port.speed_bps());
  if (!pps)
    return fail("cannot send at a percentage on " + port.name(),
                "the speed of its link is not known", "give the rate in pps, bps_l1 or bps_l2");
  return *pps;
}

// When the frames of a sender entry are due. `pps`: of the whole entry; 0: as fast as possible.
Result<Timetable> schedule_of(const SenderSpec& sender, double pps, const TrafficPlan& plan,
                              const Port& port, const TscClock& clock,
                              const std::string& directory) {
  const ScheduleRequest request{pps, plan.mean_size_with_crc(), port.speed_bps(), clock.hz,
                                directory};
  Result<Timetable> schedule = sender.schedule.compile(request);
  if (!schedule)
    return fail(
        fmt::format("cannot send on {} by the schedule {}", port.name(), sender.schedule.name),
        schedule.error().cause, schedule.error().remedy);
  return schedule;
}

// Whether what `port` sends can come to a receiver of the scenario.
bool is_received(const Scenario& scenario, const Port& port) {
  return std::any_of(scenario.receivers.begin(), scenario.receivers.end(),
                     [&](const ReceiverSpec& receiver) { return port.reaches(receiver.port); });
}

class Engine {
 public:
  Engine(const Scenario& scenario, RunObserver* observer, const std::atomic<bool>& stop,
         const PortOpener& open)
      : scenario_(scenario), observer_(observer), stop_(stop), open_ports_(open) {}

  Result<Record> run() {
    Result<TscClock> clock = TscClock::calibrate();
    if (!clock)
      return tl::unexpected<Error>(clock.error());
    clock_ = *clock;
    set_.clock = &clock_;
    set_.limits = scenario_.limits;
    set_.drain_s = scenario_.drain_s;
    // By duty the core keeps its speed, and what it waits is no turn.
    if (scenario_.clock.method == ClockSpec::Method::kCpufreq ||
        scenario_.clock.method == ClockSpec::Method::kIcount)
      set_.turn_scale = std::max(1.0, 1e9 / scenario_.clock.hz);
    if (Result<void> taken = take_priority(); !taken)
      return tl::unexpected<Error>(taken.error());
    Result<std::unique_ptr<PortSet>> ports = open_ports_(scenario_, clock_.hz);
    if (!ports)
      return tl::unexpected<Error>(ports.error());
    ports_ = std::move(*ports);
    set_.time = ports_->clock();

    const std::vector<int> cores = allowed_cores();
    if (cores.empty())
      return fail("cannot place the workers", "the kernel does not tell which cores are allowed",
                  "run on Linux with sched_getaffinity()");
    placement_ = place_workers(scenario_, cores);
    set_.live = LiveSegment::create(shape());
    if (Result<void> made = make_senders(); !made)
      return tl::unexpected<Error>(made.error());
    if (Result<void> made = make_receivers(); !made)
      return tl::unexpected<Error>(made.error());
    fill_record();
    fill_live();
    stand_aside();
    Result<Record> record = run_all();
    set_state(LiveState::kEnded);
    return record;
  }

 private:
  // What there will be to watch.
  LiveShape shape() const {
    LiveShape shape;
    std::set<std::string> ports;
    for (const SenderSpec& spec : scenario_.senders) {
      ports.insert(spec.port);
      shape.workers += spec.workers;
      shape.streams += static_cast<uint32_t>(spec.streams.size());
    }
    for (const ReceiverSpec& spec : scenario_.receivers) {
      ports.insert(spec.port);
      shape.receivers += spec.workers;
    }
    shape.workers += shape.receivers;
    shape.ports = static_cast<uint32_t>(ports.size());
    return shape;
  }

  LiveWorker& next_live_worker() { return set_.live->worker(live_workers_++); }

  void set_state(LiveState state) {
    set_.live->header().state.store(static_cast<uint32_t>(state), std::memory_order_relaxed);
  }

  // The streams of a sender entry, from `first_stream` on.
  void fill_live_streams(const SenderSpec& spec, const TrafficPlan& plan, uint32_t first_stream) {
    for (uint32_t i = 0; i < spec.streams.size(); i++) {
      LiveStream& live = set_.live->stream(first_stream + i);
      const StreamSpec* stream = scenario_.stream(spec.streams[i]);
      live.name.set(spec.streams[i]);
      live.size_with_crc = stream->frame.size_no_crc + kCrcBytes;
      live.flows = stream->flows;
      const auto mine = std::count_if(plan.cycle().begin(), plan.cycle().end(),
                                      [i](const PlannedFrame& frame) { return frame.stream == i; });
      live.share = static_cast<double>(mine) / static_cast<double>(plan.cycle().size());
    }
  }

  // What watchers are told once; then they can find the run.
  void fill_live() {
    LiveHeader& header = set_.live->header();
    header.tsc_hz = clock_.hz;
    header.duration_s = scenario_.duration_s;
    header.repeat = scenario_.repeat;
    header.probe_every = scenario_.probe_every;
    header.limits = scenario_.limits;
    header.observer_core = placement_.observer;
    header.wire_time = set_.time.is_wire_time() ? 1 : 0;
    header.slow_clock = scenario_.clock.method != ClockSpec::Method::kNone ? 1 : 0;
    header.scenario.set(record_.scenario_name);
    for (size_t i = 0; i < set_.ports.size(); i++) {
      LivePort& port = set_.live->port(i);
      port.name.set(set_.ports[i]->name());
      port.driver.set(set_.ports[i]->driver());
      port.residence.set(set_.ports[i]->residence());
      port.simulated = set_.ports[i]->simulated() ? 1 : 0;
      port.speed_bps = set_.ports[i]->speed_bps();
    }
    set_.live->publish();
    if (observer_ != nullptr)
      observer_->on_publish(set_.live);
  }

  Result<void> make_senders() {
    size_t number = 0;
    for (const SenderSpec& spec : scenario_.senders) {
      Result<Port*> port = use_port(spec.port);
      if (!port)
        return tl::unexpected<Error>(port.error());
      Result<TrafficPlan> plan = TrafficPlan::compile(scenario_, spec);
      if (!plan)
        return tl::unexpected<Error>(plan.error());
      plans_.push_back(std::move(*plan));
      const TrafficPlan& kept = plans_.back();
      const uint32_t first_stream = live_streams_;
      fill_live_streams(spec, kept, first_stream);
      live_streams_ += static_cast<uint32_t>(spec.streams.size());
      Result<double> pps = asked_pps(spec, kept, **port);
      if (!pps)
        return tl::unexpected<Error>(pps.error());
      Result<Timetable> schedule =
          schedule_of(spec, *pps, kept, **port, clock_, scenario_.directory());
      if (!schedule)
        return tl::unexpected<Error>(schedule.error());
      if (schedule->paced() && !(*pps > 0))
        *pps = clock_.hz / schedule->mean_ticks();  // the schedule has rates of its own
      double full_pps = *pps;
      Timetable full = *schedule;
      if (!full.paced() && (*port)->speed_bps() > 0) {
        full_pps = line_rate_pps((*port)->speed_bps(), kept.mean_size_with_crc());
        full = Timetable::even(ticks_ratio(clock_.hz, full_pps));
      }
      for (unsigned i = 0; i < spec.workers; i++, number++) {
        std::unique_ptr<SenderWorker> worker = std::make_unique<SenderWorker>(next_live_worker());
        worker->name = fmt::format("tx{}", number);
        worker->core = placement_.senders[number];
        worker->batch = spec.batch;
        worker->number = static_cast<uint16_t>(number);
        worker->plan = &kept;
        worker->asked_pps = *pps / spec.workers;
        worker->lane = i;
        worker->lanes = spec.workers;
        worker->is_received = is_received(scenario_, **port);
        if (scenario_.clock.method == ClockSpec::Method::kDuty)
          worker->clock_hz = scenario_.clock.hz;
        worker->schedule = *schedule;
        worker->full = full.lane(i, spec.workers);
        worker->live.full_pps = full_pps / spec.workers;
        worker->live.most_ahead = schedule->most_ahead();
        worker->live.asked_pps = worker->asked_pps;
        worker->live.mean_size_with_crc = kept.mean_size_with_crc();
        worker->live.first_stream = first_stream;
        worker->live.streams = static_cast<uint32_t>(spec.streams.size());
        const uint64_t extra = extra_buffers_needed(kept, (*port)->tx_slots());
        Result<void> opened =
            open(*worker, **port, {true, spec.first_ring + i, static_cast<unsigned>(extra)});
        if (!opened)
          return opened;
        if (worker->ring->extra_buffers().size() < extra)
          return fail("cannot prepare the frames of " + worker->name,
                      fmt::format("it needs {} buffers and got {}", extra,
                                  worker->ring->extra_buffers().size()),
                      "send fewer flows", ENOMEM);
        const netmap_ring* ring = worker->ring->ring();
        if (kept.largest_size_no_crc() > ring->nr_buf_size)
          return fail("cannot send on " + spec.port,
                      fmt::format("a frame of {} bytes does not fit in its buffers of {}",
                                  kept.largest_size_no_crc(), ring->nr_buf_size),
                      "send smaller frames, or raise the netmap module's buf_size", EMSGSIZE);
        set_.senders.push_back(std::move(worker));
      }
    }
    return {};
  }

  Result<void> make_receivers() {
    std::vector<uint16_t> offsets;
    for (const TrafficPlan& plan : plans_)
      for (uint16_t offset : plan.probe_offsets())
        if (std::find(offsets.begin(), offsets.end(), offset) == offsets.end())
          offsets.push_back(offset);
    std::set<size_t> streams;
    for (const TrafficPlan& plan : plans_)
      for (const PlannedStream& stream : plan.streams())
        streams.insert(stream.number);
    size_t number = 0;
    for (const ReceiverSpec& spec : scenario_.receivers) {
      Result<Port*> port = use_port(spec.port);
      if (!port)
        return tl::unexpected<Error>(port.error());
      for (unsigned i = 0; i < spec.workers; i++, number++) {
        std::unique_ptr<ReceiverWorker> worker = std::make_unique<ReceiverWorker>(
            next_live_worker(), set_.live->latency(number), set_.live->latency_intended(number));
        worker->name = fmt::format("rx{}", number);
        worker->core = placement_.receivers[number];
        worker->batch = spec.batch;
        worker->senders = &set_.senders;
        worker->probe_offsets = offsets;
        if (!offsets.empty() && streams.size() > 1)
          worker->streams.resize(scenario_.streams.size());
        worker->probe_every = scenario_.probe_every;
        worker->split_frames = (*port)->splits_frames();
        Result<void> opened = open(*worker, **port, {false, spec.first_ring + i, 0});
        if (!opened)
          return opened;
        worker->measure_floor();
        worker->live.floor_ns = worker->floor_ns;
        set_.receivers.push_back(std::move(worker));
      }
    }
    return {};
  }

  Result<Port*> use_port(const std::string& name) {
    Result<Port*> port = ports_->port(name);
    if (port && std::find(set_.ports.begin(), set_.ports.end(), *port) == set_.ports.end())
      set_.ports.push_back(*port);
    return port;
  }

  Result<void> open(WorkerBase& worker, Port& port, const RingRequest& request) {
    worker.port = &port;
    worker.port_name = port.name();
    worker.ring_index = request.ring;
    worker.clock = &clock_;
    worker.time = ports_->worker_clock(static_cast<unsigned>(live_workers_ - 1));
    worker.shares_core = placement_.shared || port.residence() == "kernel";
    Result<std::unique_ptr<PortRing>> ring = port.open_ring(request);
    if (!ring)
      return tl::unexpected<Error>(ring.error());
    worker.ring = std::move(*ring);
    LiveWorker& live = worker.live;
    live.name.set(worker.name);
    live.sender = request.tx ? 1 : 0;
    live.port = static_cast<uint32_t>(std::find(set_.ports.begin(), set_.ports.end(), &port) -
                                      set_.ports.begin());
    live.ring = request.ring;
    live.core = worker.core;
    live.slots = worker.ring->ring()->num_slots;
    return {};
  }

  void fill_record() {
    record_.scenario_name = scenario_.name;
    record_.scenario_hash = scenario_.hash;
    record_.scenario_text = scenario_.text;
    record_.clock_method = to_string(scenario_.clock.method);
    record_.clock_hz = scenario_.clock.hz;
    for (Port* port : set_.ports)
      record_.devices.push_back({port->name(), port->residence(), port->driver(), port->simulated(),
                                 port->speed_bps() / 1e9, port->mode()});
    record_.fingerprint = take_fingerprint(clock_.hz);
    record_.started_at = fmt::format(
        "{:%Y-%m-%dT%H:%M:%SZ}",
        fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  }

  // This thread samples and prints: on a core of its own, or where it hurts least.
  void stand_aside() {
    // Where that is refused it runs wherever the scheduler likes, and the watch on the workers will
    // tell.
    (void)pin_to_core(placement_.observer);
  }

  // Of this thread, which samples, and of the workers, which it starts: on a worker's core a thread
  // of a lower priority would wake up late, and another session's programs go before it.
  Result<void> take_priority() {
    if (!scenario_.nice || setpriority(PRIO_PROCESS, 0, *scenario_.nice) == 0)
      return {};
    return fail_errno(fmt::format("cannot set the nice value {}", *scenario_.nice), errno,
                      "run nmgen as root or with CAP_SYS_NICE, or remove \"nice\"");
  }

  bool stopped() const { return stop_.load(std::memory_order_relaxed); }

  PhaseResult run_phase_of(LiveState state) {
    PhasePlan plan;
    plan.state = state;
    RunRecord so_far;
    if (state == LiveState::kWarmup) {
      plan.duration_s = scenario_.warmup_s;
      return run_phase(set_, plan, stop_, [](const std::vector<IntervalRecord>&) {});
    }
    plan.duration_s = scenario_.duration_s;
    plan.frames = scenario_.frames;
    return run_phase(set_, plan, stop_, [&](const std::vector<IntervalRecord>& intervals) {
      so_far.intervals = intervals;
      if (observer_ != nullptr)
        observer_->on_interval(record_, so_far);
    });
  }

  // What receivers saw in this phase of runs that had ended.
  void note_late(const std::vector<std::optional<size_t>>& run_of_phase,
                 std::vector<JudgeInput>& inputs) {
    for (const std::unique_ptr<ReceiverWorker>& worker : set_.receivers)
      for (size_t i = 0; i < worker->late_by_phase.size(); i++)
        if (run_of_phase[i])
          add_late(worker->late_by_phase[i], &record_.runs[*run_of_phase[i]],
                   &inputs[*run_of_phase[i]]);
  }

  Result<Record> run_all() {
    std::vector<JudgeInput> inputs;                   // a run each
    std::vector<std::optional<size_t>> run_of_phase;  // as the phases were; nothing: a warm-up
    Error broke;
    for (unsigned index = 0; index < scenario_.repeat && !stopped(); index++) {
      if (observer_ != nullptr)
        observer_->on_start(record_, index);
      set_.live->header().run.store(index, std::memory_order_relaxed);
      if (scenario_.warmup_s > 0) {
        broke = run_phase_of(LiveState::kWarmup).error;
        if (!broke.what.empty() || stopped())
          break;
        note_late(run_of_phase, inputs);
        run_of_phase.emplace_back();
      }
      const PhaseResult phase = run_phase_of(LiveState::kMeasuring);
      broke = phase.error;
      if (!broke.what.empty())
        break;
      note_late(run_of_phase, inputs);
      run_of_phase.emplace_back(record_.runs.size());
      RunRecord run = assemble_run(scenario_, set_, phase);
      inputs.push_back(judge_input(scenario_, set_, phase, run, clock_.recheck()));
      record_.runs.push_back(std::move(run));
    }
    // What was measured before a repeat broke is kept; it just is not what was asked for.
    if (!broke.what.empty() && record_.runs.empty())
      return tl::unexpected<Error>(broke);
    std::vector<Judgement> judgements;
    judgements.reserve(inputs.size());
    for (const JudgeInput& input : inputs)
      judgements.push_back(judge(input));
    Judgement verdict = merge(judgements);
    if (!broke.what.empty())
      add_reason(broke.sentence() + ".", &verdict);
    else if (record_.runs.size() < scenario_.repeat)
      add_reason(fmt::format("The run was interrupted: {} of {} runs were made, which is not what "
                             "was asked for; let it run to its end.",
                             record_.runs.size(), scenario_.repeat),
                 &verdict);
    record_.verdict = verdict.verdict;
    record_.verdict_reasons = verdict.reasons;
    summarise(&record_);
    return std::move(record_);
  }

  static void add_reason(std::string reason, Judgement* verdict) {
    verdict->verdict = Verdict::kInvalid;
    verdict->reasons.insert(verdict->reasons.begin(), std::move(reason));
  }

  const Scenario& scenario_;
  RunObserver* observer_;
  const std::atomic<bool>& stop_;
  const PortOpener& open_ports_;
  TscClock clock_;
  std::unique_ptr<PortSet> ports_;
  std::list<TrafficPlan> plans_;  // a sender entry each; stays where it is
  Placement placement_;
  RunSet set_;  // after ports_: rings close before their ports
  size_t live_workers_ = 0;
  uint32_t live_streams_ = 0;
  Record record_;
};

}  // namespace

Result<Record> run_scenario(const Scenario& scenario, RunObserver* observer,
                            const std::atomic<bool>& stop, const PortOpener& open) {
  return Engine(scenario, observer, stop, open).run();
}

}  // namespace nmgen
