// SPDX-License-Identifier: BSD-2-Clause
// The counters of a run in progress, in memory that another process can map
// (/dev/shm/nmgen.PID). Workers count there in any case: nothing is copied for a watcher, and no
// worker waits for one.
//
// Layout: LiveHeader, then ports, workers and streams, then two histograms for each receiver. The
// header's numbers and texts are written before the file has its name, and do not change, but for
// those that are atomic.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pktgen/error.h"
#include "pktgen/measure/counters.h"
#include "pktgen/measure/histogram.h"
#include "pktgen/measure/limits.h"

namespace nmgen {

// kSettling: the warm-up is over, and its last frames are under way.
enum class LiveState : uint32_t { kOpening, kWarmup, kSettling, kMeasuring, kDraining, kEnded };

// A text that ends with a zero byte; what does not fit is cut off.
template <size_t kBytes>
struct LiveText {
  char bytes[kBytes] = {};

  void set(std::string_view text) {
    const size_t count = text.copy(bytes, kBytes - 1);
    bytes[count] = '\0';
  }
  // Safe where another process wrote them.
  std::string_view view() const {
    const std::string_view all(bytes, kBytes);
    return all.substr(0, all.find('\0'));
  }
};

struct alignas(64) LiveHeader {
  uint64_t magic = 0;
  uint32_t layout = 0;
  int32_t pid = 0;
  uint32_t ports = 0, workers = 0, receivers = 0, streams = 0;
  double tsc_hz = 0;
  double duration_s = 0;
  uint32_t repeat = 1;
  uint32_t probe_every = 0;   // 0: no probes, so that loss is the device's to tell
  int32_t observer_core = 0;  // where a watcher disturbs least
  uint32_t wire_time = 0;     // 1: the run's clock is wire time; else it is the TSC
  uint32_t slow_clock = 0;    // 1: by the scenario, senders' cores are slower than they are
  LiveText<64> scenario;
  RunLimits limits;  // what the run is judged by

  // Written by the run. The phase's number rises before counters start anew; a reader that finds
  // another one after reading has read two phases at once.
  std::atomic<uint32_t> phase{0};
  std::atomic<uint32_t> state{0};  // LiveState
  std::atomic<uint32_t> run{0};    // from 0
  std::atomic<uint64_t> start_tsc{0};
  std::atomic<uint32_t> rate_changed{0};  // 1: senders have followed an order in this phase
  std::atomic<uint64_t> end_tsc{0};       // of the last phase; 0 while it is under way

  // Written by watchers. Share of the rate that the scenario asks for (of the line, where it asks
  // for the most), in thousandths.
  alignas(64) std::atomic<uint32_t> rate_order{1000};
};

// Written by the thread that samples the run.
struct alignas(64) LivePort {
  LiveText<64> name, driver;
  LiveText<16> residence;
  uint32_t simulated = 0;
  double speed_bps = 0;
  std::atomic<uint32_t> readable{0};
  LivePortCounters counters;  // since the phase began
};

struct alignas(64) LiveWorker {
  LiveText<16> name;
  uint32_t sender = 0;  // else a receiver
  uint32_t port = 0;    // index
  uint32_t ring = 0;
  int32_t core = 0;
  uint32_t slots = 0;  // of the ring
  uint32_t first_stream = 0, streams = 0;
  double asked_pps = 0;   // 0: as fast as possible
  double most_ahead = 1;  // of its entry: see JudgedPort
  double full_pps = 0;    // what an order is a share of; 0: orders cannot be followed
  double mean_size_with_crc = 0;
  double floor_ns = 0;                 // of a receiver's latencies
  std::atomic<uint64_t> turned_at{0};  // its last turn, by the run's clock
  SampledCounters sampled;
  WorkerCounters counters;
};

// A stream of one sender entry; every worker of the entry names the same ones.
struct alignas(64) LiveStream {
  LiveText<40> name;
  double size_with_crc = 0;
  double share = 0;  // of the sender's frames, 0 to 1
  uint64_t flows = 0;
};

struct LiveShape {
  uint32_t ports = 0, workers = 0, receivers = 0, streams = 0;
};

// A run that can be watched.
struct LiveRunName {
  pid_t pid = 0;
  std::string scenario;
};

class LiveSegment {
 public:
  static constexpr const char* kDirectory = "/dev/shm";

  // For this process's run. What killed runs have left is removed. Where the memory cannot be
  // shared it is private, and why_private() says why: a run goes on without watchers. The receivers
  // are the last of the workers.
  static std::shared_ptr<LiveSegment> create(const LiveShape& shape,
                                             const std::string& directory = kDirectory);
  // From now on others find it; all that does not change is filled in.
  void publish();

  // Joins the run of process `pid`. Errors: there is none, it is another user's, or another
  // nmgen's.
  static Result<std::shared_ptr<LiveSegment>> open(pid_t pid,
                                                   const std::string& directory = kDirectory);
  // The runs that can be joined, by process number. What killed runs have left is removed.
  static std::vector<LiveRunName> list(const std::string& directory = kDirectory);

  ~LiveSegment();
  LiveSegment(const LiveSegment&) = delete;
  LiveSegment& operator=(const LiveSegment&) = delete;

  LiveHeader& header() const { return *at<LiveHeader>(0); }
  LivePort& port(size_t index) const { return at<LivePort>(ports_)[index]; }
  LiveWorker& worker(size_t index) const { return at<LiveWorker>(workers_)[index]; }
  LiveStream& stream(size_t index) const { return at<LiveStream>(streams_)[index]; }
  // Of receiver `index`: from sending, and from the time it was due.
  HistogramBuckets& latency(size_t index) const {
    return at<HistogramBuckets>(histograms_)[2 * index];
  }
  HistogramBuckets& latency_intended(size_t index) const {
    return at<HistogramBuckets>(histograms_)[2 * index + 1];
  }

  // Whether the process that made it is still there.
  bool is_alive() const;
  const std::string& why_private() const { return why_private_; }

 private:
  LiveSegment() = default;
  void lay_out(const LiveShape& shape);
  template <typename T>
  T* at(size_t offset) const {
    return reinterpret_cast<T*>(memory_ + offset);
  }

  char* memory_ = nullptr;
  size_t bytes_ = 0;
  size_t ports_ = 0, workers_ = 0, streams_ = 0, histograms_ = 0;
  int fd_ = -1;
  bool owner_ = false;
  std::string path_, temporary_;
  std::string why_private_;
};

}  // namespace nmgen
