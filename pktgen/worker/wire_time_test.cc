// SPDX-License-Identifier: BSD-2-Clause
// Wire time leaves out time off the core, and no work: workers that are slow on purpose miss the
// rate or lose frames, as in real time. Their bounds are of what such a worker can do, however busy
// the machine is.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pktgen/measure/clock.h"
#include "pktgen/scenario/testing/pair.h"
#include "pktgen/worker/engine.h"

namespace nmgen {
namespace {

constexpr uint32_t kSlots = 1024;
constexpr double kBatch = 256;
// What the bounds allow for turns that a gap cut short.
constexpr double kSlack = 1.3;

// What a worker does in every sync besides; of a receiver, whether frames lie in its ring.
using Burden = std::function<void(bool frames)>;

// What a run does where it begins to look for frames on the wire, after its measured time.
using Drain = std::function<void()>;

// A ring whose syncs take longer.
class BurdenedRing final : public PortRing {
 public:
  BurdenedRing(std::unique_ptr<PortRing> inner, Burden burden)
      : PortRing(*inner), inner_(std::move(inner)), burden_(std::move(burden)) {}
  int sync() override {
    burden_(ring()->head != ring()->tail);
    return inner_->sync();
  }

 private:
  std::unique_ptr<PortRing> inner_;
  Burden burden_;
};

// A port that puts burdens on its rings of one direction, and is another one for the rest.
class BurdenedPort final : public Port {
 public:
  BurdenedPort(Port& inner, bool tx, Burden burden, Drain drain)
      : Port(inner), inner_(inner), tx_(tx), burden_(std::move(burden)), drain_(std::move(drain)) {}
  Result<std::unique_ptr<PortRing>> open_ring(const RingRequest& request) override {
    Result<std::unique_ptr<PortRing>> ring = inner_.open_ring(request);
    if (!ring || request.tx != tx_)
      return ring;
    return std::make_unique<BurdenedRing>(std::move(*ring), burden_);
  }
  PortCounters counters() override { return inner_.counters(); }
  uint64_t in_flight() override {
    if (drain_)
      drain_();
    return inner_.in_flight();
  }
  uint64_t wire_busy_ns() override { return inner_.wire_busy_ns(); }

 private:
  Port& inner_;
  bool tx_;
  Burden burden_;
  Drain drain_;
};

class BurdenedPorts final : public PortSet {
 public:
  BurdenedPorts(std::unique_ptr<PortSet> inner, bool tx, Burden burden, Drain drain)
      : inner_(std::move(inner)), tx_(tx), burden_(std::move(burden)), drain_(std::move(drain)) {}
  Result<Port*> port(const std::string& name) override {
    Result<Port*> port = inner_->port(name);
    if (!port)
      return port;
    for (const std::unique_ptr<BurdenedPort>& known : ports_)
      if (known->name() == name)
        return known.get();
    ports_.push_back(std::make_unique<BurdenedPort>(**port, tx_, burden_, drain_));
    return ports_.back().get();
  }
  RunClock clock() const override { return inner_->clock(); }
  WorkerClock worker_clock(unsigned worker) const override { return inner_->worker_clock(worker); }

 private:
  std::unique_ptr<PortSet> inner_;
  bool tx_;
  Burden burden_;
  Drain drain_;
  std::vector<std::unique_ptr<BurdenedPort>> ports_;
};

Scenario full_line() {
  const double slots = kSlots;
  Scenario scenario = test::pair_scenario({{"tx_slots", {}, slots}, {"rx_slots", {}, slots}});
  scenario.time = RunTime::kWire;
  scenario.duration_s = 0.3;
  scenario.warmup_s = 0.1;
  return scenario;
}

// Busy for so long, asleep never.
Burden busy_for(double us) {
  const uint64_t ticks = static_cast<uint64_t>(us / 1e6 * TscClock::calibrate(20'000'000)->hz);
  return [ticks](bool) {
    const uint64_t until = tsc_now() + ticks;
    while (tsc_now() < until) {
    }
  };
}

// A run leaves the calling thread on the observer's core; the next one is to have all.
const cpu_set_t& cores_at_start() {
  static const cpu_set_t cores = [] {
    cpu_set_t now;
    sched_getaffinity(0, sizeof(now), &now);
    return now;
  }();
  return cores;
}
const cpu_set_t& kCores = cores_at_start();

Record run(const Scenario& scenario, bool tx, const Burden& burden, const Drain& drain = nullptr) {
  sched_setaffinity(0, sizeof(kCores), &kCores);
  const std::atomic<bool> stop{false};
  const PortOpener open = [&](const Scenario& of, double hz) -> Result<std::unique_ptr<PortSet>> {
    Result<std::unique_ptr<PortSet>> ports = open_ports(of, hz);
    if (!ports)
      return ports;
    return std::make_unique<BurdenedPorts>(std::move(*ports), tx, burden, drain);
  };
  Result<Record> record = run_scenario(scenario, nullptr, stop, open);
  EXPECT_TRUE(record) << record.error().sentence();
  return record ? *record : Record{};
}

struct SlowCase {
  const char* name;
  bool sender;
  double us;
};

class SlowWorker : public testing::TestWithParam<SlowCase> {};

TEST_P(SlowWorker, IsStillSlow) {
  if (CPU_COUNT(&kCores) < 2)
    GTEST_SKIP() << "there is one core: the sender and the receiver are slow together";
  const SlowCase& slow = GetParam();
  const Record record = run(full_line(), slow.sender, busy_for(slow.us));
  ASSERT_EQ(record.runs.size(), 1u);
  const RunRecord& result = record.runs[0];
  EXPECT_TRUE(result.wire_time);
  const double most_pps = kBatch / slow.us * 1e6 * kSlack;
  EXPECT_GT(result.rx.pps, 0);
  // A receiver may look at as many as its ring holds where it takes them in parts.
  EXPECT_LT(slow.sender ? result.tx.pps : result.rx.pps, most_pps);
  EXPECT_EQ(result.tx.frames, result.rx.frames + result.loss.frames);
  // A sender without idle time has no rate to miss.
  if (!slow.sender) {
    EXPECT_NE(record.verdict, Verdict::kPass);
    EXPECT_GT(result.loss.frames, 0u);
    EXPECT_GT(result.missed, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Workers, SlowWorker,
                         testing::Values(SlowCase{"Sender30us", true, 30},
                                         SlowCase{"Sender300us", true, 300},
                                         SlowCase{"Receiver30us", false, 30},
                                         SlowCase{"Receiver300us", false, 300}),
                         [](const auto& test) { return std::string(test.param.name); });

// 256 fresh pages a sync: each fault is the kernel's work for this thread.
TEST(WireTimeRun, PageFaultsAreWork) {
  constexpr size_t kBytes = size_t{256} * 4096;
  std::atomic<uint64_t> syncs{0};
  const Burden storm = [&syncs](bool) {
    void* memory =
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < kBytes; i += 4096)
      static_cast<volatile char*>(memory)[i] = 1;
    munmap(memory, kBytes);
    syncs.fetch_add(1, std::memory_order_relaxed);
  };
  const Record record = run(full_line(), true, storm);
  ASSERT_EQ(record.runs.size(), 1u);
  // 256 faults take far more than the 17 us that 256 frames take on the wire.
  EXPECT_LT(record.runs[0].tx.pps, 10e6);
  EXPECT_GT(syncs.load(), 0u);
}

// 1024 lines of a table that no cache holds, each at the address that the one before gives.
TEST(WireTimeRun, CacheMissesAreWork) {
  std::vector<uint32_t> table((64 << 20) / sizeof(uint32_t));
  uint32_t random = 1;
  for (uint32_t& entry : table) {
    random = random * 1664525 + 1013904223;
    entry = random % static_cast<uint32_t>(table.size());
  }
  std::atomic<uint32_t> at{0};
  const Burden misses = [&](bool) {
    uint32_t next = at.load(std::memory_order_relaxed);
    for (int i = 0; i < 1024; i++)
      next = (table[next] + static_cast<uint32_t>(i)) % static_cast<uint32_t>(table.size());
    at.store(next, std::memory_order_relaxed);
  };
  const Record record = run(full_line(), true, misses);
  ASSERT_EQ(record.runs.size(), 1u);
  EXPECT_LT(record.runs[0].tx.pps, 14e6);
}

bool has_reason(const Record& record, const char* words) {
  return std::any_of(
      record.verdict_reasons.begin(), record.verdict_reasons.end(),
      [words](const std::string& reason) { return reason.find(words) != std::string::npos; });
}

// A thread that sleeps for longer than it is waited for: the run ends, and says so.
TEST(WireTimeRun, AWorkerThatIsStoppedForGoodHoldsNobodyForEver) {
  if (CPU_COUNT(&kCores) < 2)
    GTEST_SKIP() << "there is one core: while the receiver sleeps, the sender has it";
  // With the first frame, so in the measured time.
  std::atomic<bool> slept{false};
  const Burden sleep = [&slept](bool frames) {
    if (frames && !slept.exchange(true))
      std::this_thread::sleep_for(std::chrono::seconds(NMH_WIRE_LOST_S + 3));
  };
  Scenario scenario = full_line();
  scenario.warmup_s = 0;
  const Record record = run(scenario, false, sleep);
  ASSERT_EQ(record.runs.size(), 1u);
  EXPECT_EQ(record.verdict, Verdict::kInvalid);
  EXPECT_TRUE(has_reason(record, "rx0 did not turn for 10 s"))
      << testing::PrintToString(record.verdict_reasons);
}

// What a worker was off its core for after the measured time is compared with nothing of that time.
TEST(WireTimeRun, AGapInTheDrainContradictsNothing) {
  std::atomic<bool> drains{false}, slept{false};
  const Burden sleep = [&](bool) {
    if (drains && !slept.exchange(true))
      std::this_thread::sleep_for(std::chrono::seconds(2));
  };
  const Drain drain = [&] {
    drains = true;
    while (!slept)
      sched_yield();
  };
  Scenario scenario = full_line();
  scenario.warmup_s = 0;
  const Record record = run(scenario, false, sleep, drain);
  ASSERT_EQ(record.runs.size(), 1u);
  EXPECT_TRUE(slept);
  EXPECT_FALSE(has_reason(record, "that wire time left out of its time as gaps"))
      << testing::PrintToString(record.verdict_reasons);
  for (const WorkerRecord& worker : record.runs[0].workers)
    EXPECT_LE(worker.left_out_ms, record.runs[0].real_seconds * 1e3) << worker.name;
}

}  // namespace
}  // namespace nmgen
