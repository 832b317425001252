// SPDX-License-Identifier: BSD-2-Clause
// Whole runs over simulated devices, short ones: what is checked is that the counts agree with each
// other and with the wire, never how fast this machine is. A run that was held up by the machine is
// invalid, and its counts still have to agree.
#include "pktgen/worker/engine.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <atomic>
#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "pktgen/measure/cores.h"
#include "pktgen/measure/live_segment.h"
#include "pktgen/measure/rate.h"
#include "pktgen/scenario/testing/pair.h"

namespace nmgen {
namespace {

// sim:NAME, with a cable to sim:CABLE, or into a sink.
PortSpec device(const std::string& name, const std::string& cable, double queues = 1,
                std::vector<PortOption> more = {{"flow_control", {}, 1}}) {
  more.push_back({"queues", {}, queues});
  return *make_port("sim:" + name, std::move(more), cable.empty() ? "" : "sim:" + cable);
}

// One sender, and one receiver at the other end of a cable.
Scenario pair_scenario() {
  Scenario scenario = test::pair_scenario({{"flow_control", {}, 1}, {"queues", {}, 1}});
  scenario.duration_s = 0.3;
  scenario.warmup_s = 0.05;
  scenario.senders[0].rate = {Rate::Unit::kPps, 200000};
  return scenario;
}

Record run(const Scenario& scenario) {
  std::atomic<bool> stop{false};
  Result<Record> record = run_scenario(scenario, nullptr, stop);
  EXPECT_TRUE(record) << record.error().sentence();
  return record ? *record : Record{};
}

void expect_nothing_lost(const RunRecord& result) {
  EXPECT_GT(result.tx.frames, 0u);
  EXPECT_EQ(result.tx.frames, result.rx.frames + result.loss.frames);
  EXPECT_EQ(result.loss.frames, 0u);
  EXPECT_EQ(result.reordered, 0u);
  EXPECT_EQ(result.duplicates, 0u);
  EXPECT_EQ(result.missed, 0u);
}

// One after the other from the first frame to the last, and their sums are the totals.
void expect_intervals_cover(const RunRecord& result) {
  double end_s = 0;
  uint64_t sent = 0, received = 0;
  ASSERT_FALSE(result.intervals.empty());
  for (const IntervalRecord& interval : result.intervals) {
    EXPECT_NEAR(interval.start_s, end_s, 1e-6);
    end_s = interval.start_s + interval.seconds;
    sent += interval.tx_frames;
    received += interval.rx_frames;
  }
  EXPECT_NEAR(end_s, result.seconds, 1e-6);
  EXPECT_EQ(sent, result.tx.frames);
  EXPECT_EQ(received, result.rx.frames);
}

// No sender is ever faster than the wire, however the machine is loaded.
void expect_below_line_rate(const Scenario& scenario, const RunRecord& result) {
  EXPECT_LE(result.tx.line_rate_percent, 100.01);
  EXPECT_LE(result.rx.line_rate_percent, 100.01) << scenario.name;
}

// Keeps a run's counters, and changes its rate at its first interval.
class Watcher : public RunObserver {
 public:
  explicit Watcher(uint32_t rate_order = 1000) : rate_order_(rate_order) {}
  void on_publish(const std::shared_ptr<LiveSegment>& live) override { segment = live; }
  void on_start(const Record&, unsigned) override {}
  void on_interval(const Record&, const RunRecord&) override {
    segment->header().rate_order.store(rate_order_);
    niceness = getpriority(PRIO_PROCESS, 0);
  }

  std::shared_ptr<LiveSegment> segment;
  int niceness = 0;

 private:
  uint32_t rate_order_;
};

// Notes the states of the first phase, as a watcher beside the run would see them.
class StateWatcher : public RunObserver {
 public:
  ~StateWatcher() override { end(); }
  void end() {
    end_ = true;
    if (thread_.joinable())
      thread_.join();
  }
  void on_publish(const std::shared_ptr<LiveSegment>& live) override {
    thread_ = std::thread([this, live] {
      const LiveHeader& header = live->header();
      while (!end_ && header.phase.load() < 2) {
        const uint32_t state = header.state.load();
        if (header.phase.load() == 1)
          seen.insert(static_cast<LiveState>(state));
        sched_yield();
      }
    });
  }
  void on_start(const Record&, unsigned) override {}
  void on_interval(const Record&, const RunRecord&) override {}

  std::set<LiveState> seen;

 private:
  std::atomic<bool> end_{false};
  std::thread thread_;
};

TEST(Engine, AfterTheWarmUpARunSettlesAndDoesNotDrain) {
  StateWatcher watcher;
  std::atomic<bool> stop{false};
  ASSERT_TRUE(run_scenario(pair_scenario(), &watcher, stop));
  watcher.end();
  EXPECT_EQ(watcher.seen.count(LiveState::kDraining), 0U);
}

TEST(Engine, WatchersSeeTheCountersThatTheRecordIsMadeOf) {
  Watcher watcher;
  std::atomic<bool> stop{false};
  Result<Record> record = run_scenario(pair_scenario(), &watcher, stop);
  ASSERT_TRUE(record) << record.error().sentence();
  ASSERT_NE(watcher.segment, nullptr);
  const LiveHeader& header = watcher.segment->header();
  EXPECT_EQ(header.scenario.view(), "test");
  EXPECT_EQ(header.state.load(), static_cast<uint32_t>(LiveState::kEnded));
  EXPECT_EQ(header.phase.load(), 2u);  // warm-up and measurement
  const RunRecord& result = record->runs[0];
  ASSERT_EQ(header.workers, result.workers.size());
  for (uint32_t i = 0; i < header.workers; i++) {
    const LiveWorker& live = watcher.segment->worker(i);
    const WorkerRecord& worker = result.workers[i];
    EXPECT_EQ(live.name.view(), worker.name);
    EXPECT_EQ(live.core, worker.core);
    EXPECT_EQ(live.counters.frames.get(), worker.frames);
    EXPECT_EQ(live.counters.busy_tsc_ticks.get(), worker.busy_tsc_ticks);
    EXPECT_EQ(live.counters.idle_tsc_ticks.get(), worker.idle_tsc_ticks);
    EXPECT_EQ(live.counters.syncs.get(), worker.syncs);
  }
  EXPECT_EQ(watcher.segment->worker(1).counters.expected.get(), result.rx.frames);
  EXPECT_EQ(snapshot_of(watcher.segment->latency(0)).count(), result.latency_ns.count);
  EXPECT_EQ(watcher.segment->port(1).counters.missed.get(), result.missed);
  EXPECT_EQ(watcher.segment->stream(0).name.view(), "udp");
  EXPECT_DOUBLE_EQ(watcher.segment->stream(0).share, 1);
}

TEST(Engine, ARateThatIsChangedIsFollowedAndMakesTheRunInvalid) {
  Watcher watcher(100);
  Scenario scenario = pair_scenario();
  scenario.duration_s = 2.2;
  std::atomic<bool> stop{false};
  Result<Record> record = run_scenario(scenario, &watcher, stop);
  ASSERT_TRUE(record) << record.error().sentence();
  EXPECT_EQ(record->verdict, Verdict::kInvalid);
  ASSERT_FALSE(record->verdict_reasons.empty());
  bool said = false;
  for (const std::string& reason : record->verdict_reasons)
    said |= reason.find("at last to 0.1 times what the scenario asks for") != std::string::npos;
  EXPECT_TRUE(said);
  const RunRecord& result = record->runs[0];
  expect_nothing_lost(result);
  // Frames of the new rate, a tenth of the first one, are due at times that only the sender knows.
  const uint64_t first = result.latency_intended_ns.count;
  EXPECT_GT(result.latency_ns.count, first);
  EXPECT_LT(result.latency_ns.count - first, first);
}

// The thread that samples has it as well: on a worker's core it would else wake up late.
TEST(Engine, PriorityIsThatOfTheStartUnlessTheScenarioAsks) {
  const int before = getpriority(PRIO_PROCESS, 0);
  std::vector<std::optional<int>> asked = {std::nullopt, before + 1};
  if (setpriority(PRIO_PROCESS, 0, -20) == 0)
    asked.emplace_back(-20);  // this user may
  for (const std::optional<int>& nice : asked) {
    setpriority(PRIO_PROCESS, 0, before);
    Watcher watcher;
    std::atomic<bool> stop{false};
    Scenario scenario = pair_scenario();
    scenario.nice = nice;
    scenario.duration_s = 1.2;  // at least one interval is told
    Result<Record> record = run_scenario(scenario, &watcher, stop);
    ASSERT_TRUE(record) << record.error().sentence();
    EXPECT_EQ(watcher.niceness, nice.value_or(before));
    for (const WorkerRecord& worker : record->runs[0].workers)
      EXPECT_EQ(worker.nice, nice.value_or(before));
  }
  setpriority(PRIO_PROCESS, 0, before);
}

TEST(Engine, EveryFrameOfAPacedRunIsReceivedOnce) {
  const Scenario scenario = pair_scenario();
  const Record record = run(scenario);
  ASSERT_EQ(record.runs.size(), 1u);
  const RunRecord& result = record.runs[0];
  expect_nothing_lost(result);
  expect_below_line_rate(scenario, result);
  EXPECT_EQ(result.tx.bytes, result.tx.frames * 64);
  EXPECT_EQ(result.rx.bytes, result.rx.frames * 64);
  EXPECT_EQ(result.latency_ns.count, result.rx.frames);
  EXPECT_EQ(result.latency_intended_ns.count, result.rx.frames);
  // What was late at the sender is in one latency only.
  EXPECT_GE(result.latency_intended_ns.max * 1.001 + 1, result.latency_ns.max);
  EXPECT_GE(result.latency_ns.min, 0.0);
  EXPECT_GT(result.latency_ns.floor, 0.0);
  EXPECT_NE(record.verdict, Verdict::kFail);
  ASSERT_EQ(record.devices.size(), 2u);
  EXPECT_EQ(record.devices[0].port, "sim:left");
  EXPECT_EQ(record.devices[1].port, "sim:right");
  EXPECT_TRUE(record.devices[0].simulated);
  EXPECT_EQ(record.devices[0].residence, "hosted");
  EXPECT_EQ(record.devices[0].driver, "sim82599");
}

// The receiver's overruns and the machine's stalls change when frames go, not how many: what each
// worker owes fits its ring, so that even one that had no core until the end sends it.
TEST(Engine, ARateSendsItsFramesAndNotOneMore) {
  struct Case {
    double pps, seconds;
    unsigned workers;
    uint64_t frames;
  };
  for (const Case& each : {Case{1000, 0.2, 1, 200}, Case{1, 0.2, 1, 1}, Case{1000, 0.1, 3, 100},
                           Case{100, 0.25, 4, 25}, Case{10'000, 0.1, 2, 1000}}) {
    Scenario scenario = pair_scenario();
    scenario.ports = {device("left", "right", 4), device("right", "left", 4)};
    scenario.receivers[0].workers = 4;
    scenario.warmup_s = 0;
    scenario.duration_s = each.seconds;
    scenario.senders[0].workers = each.workers;
    scenario.senders[0].rate = {Rate::Unit::kPps, each.pps};
    const RunRecord result = run(scenario).runs[0];
    EXPECT_EQ(result.tx.frames, each.frames) << each.pps << " pps, " << each.workers << " workers";
    EXPECT_GE(result.seconds, each.seconds);
    expect_intervals_cover(result);
  }
}

TEST(Engine, AQuotaIsSentToTheFrame) {
  struct Case {
    uint64_t frames;
    double pps;  // 0: as fast as possible
    unsigned workers;
    uint32_t batch;
  };
  for (const Case& each :
       {Case{1, 0, 1, 256}, Case{1, 0, 4, 256}, Case{10'001, 0, 4, 256}, Case{1000, 0, 3, 64},
        Case{777, 100'000, 2, 32}, Case{5000, 0, 1, 8192}}) {
    Scenario scenario = pair_scenario();
    scenario.ports = {device("left", "right", 4), device("right", "left", 4)};
    scenario.receivers[0].workers = 4;
    scenario.duration_s = 3600;
    scenario.frames = each.frames;
    scenario.senders[0].workers = each.workers;
    scenario.senders[0].batch = each.batch;
    scenario.senders[0].rate = {};
    if (each.pps > 0)
      scenario.senders[0].rate = {Rate::Unit::kPps, each.pps};
    const RunRecord result = run(scenario).runs[0];
    EXPECT_EQ(result.tx.frames, each.frames);
    EXPECT_EQ(result.rx.frames, each.frames);
    EXPECT_LT(result.seconds, 3600);
    EXPECT_FALSE(result.interrupted);
    expect_intervals_cover(result);
  }
}

// The time is over before the quota is sent.
TEST(Engine, AQuotaThatIsNotReachedEndsWithTheTime) {
  Scenario scenario = pair_scenario();
  scenario.duration_s = 0.1;
  scenario.frames = 1'000'000'000;
  scenario.senders[0].rate = {Rate::Unit::kPps, 1000};
  const RunRecord result = run(scenario).runs[0];
  EXPECT_EQ(result.tx.frames, 100u);
  EXPECT_GE(result.seconds, 0.1);
}

// Whatever a size does to buffers and slots, its frames are counted once and to the byte.
TEST(Engine, EverySizeIsCountedRightOnEveryPort) {
  for (const char* kind : {"sim", "vale", "pipe"}) {
    for (unsigned size : {60u, 1514u, 2048u, 2049u, 3000u, 4000u, 4096u, 4097u, 9014u, 9216u}) {
      for (uint32_t probe_every : {1u, 0u}) {
        Scenario scenario = pair_scenario();
        scenario.warmup_s = 0;
        scenario.frames = 200;
        scenario.duration_s = 60;
        scenario.probe_every = probe_every;
        scenario.streams = {test::udp_stream("udp", size)};
        scenario.senders[0].rate = {Rate::Unit::kPps, 20'000};
        if (std::string(kind) != "sim") {
          scenario.ports.clear();
          const bool vale = std::string(kind) == "vale";
          scenario.senders[0].port = vale ? "hosted:vale0:a" : "hosted:p{1";
          scenario.receivers[0].port = vale ? "hosted:vale0:b" : "hosted:p}1";
        }
        const RunRecord result = run(scenario).runs[0];
        SCOPED_TRACE(std::string(kind) + " " + std::to_string(size));
        expect_nothing_lost(result);
        EXPECT_EQ(result.rx.frames, 200u);
        EXPECT_EQ(result.rx.bytes, 200u * (size + kCrcBytes));
      }
    }
  }
}

TEST(Engine, IntervalsCoverTheRun) {
  for (const char* rate : {"max", "paced"}) {
    Scenario scenario = pair_scenario();
    scenario.duration_s = 2.3;
    if (std::string(rate) == "max")
      scenario.senders[0].rate = {};
    const Record record = run(scenario);
    expect_intervals_cover(record.runs[0]);
    EXPECT_DOUBLE_EQ(record.tx_mean_pps, record.runs[0].tx.pps);
  }
}

TEST(Engine, AtFullRateNothingIsFasterThanTheWireAndCountsAgree) {
  Scenario scenario = pair_scenario();
  scenario.senders[0].rate = {};
  const Record record = run(scenario);
  const RunRecord& result = record.runs[0];
  expect_below_line_rate(scenario, result);
  EXPECT_EQ(result.tx.frames, result.rx.frames + result.loss.frames);
  EXPECT_EQ(result.loss.frames, result.missed);
}

// Without flow control an overrun loses frames: what the device says it missed is what the probes
// say is lost, to the frame.
TEST(Engine, LostFramesAreThoseThatTheDeviceMissed) {
  Scenario scenario = pair_scenario();
  scenario.ports = {device("left", "right", 1, {{"rx_slots", {}, 64}}),
                    device("right", "left", 1, {{"rx_slots", {}, 64}})};
  scenario.receivers[0].batch = 1;
  scenario.senders[0].rate = {};
  const Record record = run(scenario);
  const RunRecord& result = record.runs[0];
  EXPECT_EQ(result.loss.frames, result.missed);
  EXPECT_EQ(result.tx.frames, result.rx.frames + result.loss.frames);
  if (result.missed > 0) {
    EXPECT_EQ(record.verdict, Verdict::kInvalid);
  }
}

TEST(Engine, ASinkNeedsNoReceiver) {
  Scenario scenario = pair_scenario();
  scenario.ports = {device("left", "")};
  scenario.receivers.clear();
  scenario.probe_every = 0;
  scenario.senders[0].rate = {};
  const Record record = run(scenario);
  EXPECT_GT(record.runs[0].tx.frames, 0u);
  EXPECT_EQ(record.runs[0].rx.frames, 0u);
  EXPECT_NE(record.verdict, Verdict::kFail);
  expect_below_line_rate(scenario, record.runs[0]);
}

TEST(Engine, WithoutProbesFramesAreCounted) {
  Scenario scenario = pair_scenario();
  scenario.probe_every = 0;
  const RunRecord result = run(scenario).runs[0];
  expect_nothing_lost(result);
  EXPECT_EQ(result.latency_ns.count, 0u);
}

TEST(Engine, SampledProbesAreComparedWithThemselves) {
  Scenario scenario = pair_scenario();
  scenario.probe_every = 10;
  const RunRecord result = run(scenario).runs[0];
  expect_nothing_lost(result);
  EXPECT_EQ(result.latency_ns.count, (result.tx.frames + 9) / 10);
}

TEST(Engine, ManyFlowsAndQueuesLoseNothing) {
  Scenario scenario = pair_scenario();
  scenario.ports = {device("left", "right", 2), device("right", "left", 2)};
  scenario.streams[0].vary = {step("udp.source_port", 64)};
  scenario.streams[0].flows = 64;
  scenario.senders[0].workers = 2;
  scenario.receivers[0].workers = 2;
  scenario.senders[0].rate = {Rate::Unit::kPps, 100000};
  const RunRecord result = run(scenario).runs[0];
  EXPECT_EQ(result.tx.frames, result.rx.frames + result.loss.frames);
  EXPECT_EQ(result.loss.frames, result.missed);
  EXPECT_EQ(result.workers.size(), 4u);
}

TEST(Engine, MixesOfSizesAreCountedByTheByte) {
  Scenario scenario = pair_scenario();
  StreamSpec large = test::udp_stream("udp", 9216);
  large.name = "jumbo";
  scenario.streams.push_back(large);
  scenario.senders[0].streams = {"udp", "jumbo"};
  scenario.senders[0].rate = {Rate::Unit::kPps, 50000};
  const RunRecord result = run(scenario).runs[0];
  expect_nothing_lost(result);
  EXPECT_EQ(result.tx.bytes, result.rx.bytes);
}

TEST(Engine, RepeatsAreRunsOfTheirOwn) {
  Scenario scenario = pair_scenario();
  scenario.repeat = 3;
  scenario.duration_s = 0.2;
  const Record record = run(scenario);
  ASSERT_EQ(record.runs.size(), 3u);
  for (const RunRecord& result : record.runs)
    expect_nothing_lost(result);
}

// Sets the stop flag as soon as there is something to keep.
class StopAtFirstInterval final : public RunObserver {
 public:
  explicit StopAtFirstInterval(std::atomic<bool>& stop) : stop_(stop) {}
  void on_start(const Record&, unsigned) override {}
  void on_interval(const Record&, const RunRecord&) override { stop_.store(true); }

 private:
  std::atomic<bool>& stop_;
};

TEST(Engine, StoppingEarlyKeepsTheRecord) {
  Scenario scenario = pair_scenario();
  scenario.duration_s = 3600;
  scenario.repeat = 2;
  std::atomic<bool> stop{false};
  StopAtFirstInterval observer(stop);
  Result<Record> record = run_scenario(scenario, &observer, stop);
  ASSERT_TRUE(record) << record.error().sentence();
  ASSERT_EQ(record->runs.size(), 1u);
  // The second that was seen, and what came until the order was followed.
  EXPECT_LE(record->runs[0].intervals.size(), 2u);
  EXPECT_TRUE(record->runs[0].interrupted);
  EXPECT_EQ(record->verdict, Verdict::kInvalid);
  EXPECT_NE(record->verdict_reasons[0].find("1 of 2 runs"), std::string::npos);
  EXPECT_NE(record->verdict_reasons[1].find("interrupted"), std::string::npos);
  expect_intervals_cover(record->runs[0]);
  EXPECT_GT(record->runs[0].tx.frames, 0u);
  EXPECT_EQ(record->runs[0].tx.frames, record->runs[0].rx.frames + record->runs[0].loss.frames);
}

TEST(Engine, APortThatIsTakenOrMissingIsASentence) {
  std::atomic<bool> stop{false};
  Scenario scenario = pair_scenario();
  scenario.senders.push_back(scenario.senders[0]);
  Result<Record> record = run_scenario(scenario, nullptr, stop);
  ASSERT_FALSE(record);
  EXPECT_NE(record.error().sentence().find("sim:left"), std::string::npos);

  scenario = pair_scenario();
  scenario.senders[0].port = "sim:gone";
  record = run_scenario(scenario, nullptr, stop);
  ASSERT_FALSE(record);
  EXPECT_NE(record.error().sentence().find("sim:gone"), std::string::npos);

  scenario = pair_scenario();
  scenario.senders[0].port = "netmap:gone0";
  record = run_scenario(scenario, nullptr, stop);
  ASSERT_FALSE(record);
  EXPECT_NE(record.error().sentence().find("netmap:gone0"), std::string::npos);
}

}  // namespace
}  // namespace nmgen
