// SPDX-License-Identifier: BSD-2-Clause
// Whole runs over simulated devices, short ones: what is checked is that the counts agree with each
// other and with the wire, never how fast this machine is. A run that was held up by the machine is
// invalid, and its counts still have to agree.
#include "pktgen/worker/engine.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>
#include <memory>

#include "pktgen/measure/cores.h"
#include "pktgen/measure/line_rate.h"
#include "pktgen/measure/live_segment.h"

namespace nmgen {
namespace {

StreamSpec udp_stream(unsigned size = 60) {
  StreamSpec stream;
  stream.name = "udp";
  stream.frame.size_no_crc = size;
  stream.frame.network = Ipv4Spec{};
  stream.frame.transport = UdpSpec{};
  return stream;
}

SimulatedDevice device(const std::string& name, const std::string& cable, unsigned queues = 1) {
  SimulatedDevice simulated;
  simulated.name = name;
  simulated.cable = cable;
  simulated.queues = queues;
  simulated.flow_control = true;
  return simulated;
}

// One sender, and one receiver at the other end of a cable.
Scenario pair_scenario() {
  Scenario scenario;
  scenario.name = "test";
  scenario.duration_s = 0.3;
  scenario.warmup_s = 0.05;
  scenario.simulated = {device("left", "right"), device("right", "left")};
  scenario.streams = {udp_stream()};
  SenderSpec sender;
  sender.port = "sim:left";
  sender.streams = {"udp"};
  sender.rate = {Rate::Unit::kPps, 200000};
  scenario.senders = {sender};
  ReceiverSpec receiver;
  receiver.port = "sim:right";
  scenario.receivers = {receiver};
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
    EXPECT_EQ(live.counters.busy_cycles.get(), worker.busy_cycles);
    EXPECT_EQ(live.counters.idle_cycles.get(), worker.idle_cycles);
    EXPECT_EQ(live.counters.syncs.get(), worker.syncs);
  }
  EXPECT_EQ(watcher.segment->worker(1).counters.expected.get(), result.rx.frames);
  EXPECT_EQ(snapshot_of(watcher.segment->latency(0)).count(), result.latency_ns.count);
  EXPECT_EQ(watcher.segment->port(1).missed.get(), result.missed);
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

// Without it the thread that samples would have next to no share of a worker's core, and neither of
// another beside programs of other sessions, as the workers' priority counts against its session.
TEST(Engine, WhoSamplesHasTheWorkersPriority) {
  const int before = getpriority(PRIO_PROCESS, 0);
  if (setpriority(PRIO_PROCESS, 0, -20) != 0)
    GTEST_SKIP() << "this user may not raise a priority";
  ASSERT_EQ(setpriority(PRIO_PROCESS, 0, before), 0);
  Watcher watcher;
  std::atomic<bool> stop{false};
  Scenario scenario = pair_scenario();
  scenario.duration_s = 1.2;
  Result<Record> record = run_scenario(scenario, &watcher, stop);
  ASSERT_TRUE(record) << record.error().sentence();
  EXPECT_EQ(watcher.niceness, -20);
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
  EXPECT_TRUE(record.device.simulated);
  EXPECT_EQ(record.device.residence, "hosted");
  EXPECT_EQ(record.device.driver, "sim82599");
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
  for (SimulatedDevice& simulated : scenario.simulated) {
    simulated.flow_control = false;
    simulated.rx_slots = 64;
  }
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
  scenario.simulated = {device("left", "")};
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
  scenario.simulated = {device("left", "right", 2), device("right", "left", 2)};
  scenario.streams[0].vary = {{FrameField::kUdpSource, 64}};
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
  StreamSpec large = udp_stream(9216);
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
  EXPECT_EQ(record->runs[0].intervals.size(), 1u);
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
