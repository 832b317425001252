// SPDX-License-Identifier: BSD-2-Clause
// Interface for code that follows a run in progress: the console, and others that read records.
#pragma once

#include <memory>
#include <vector>

#include "pktgen/measure/record.h"

namespace nmgen {

class LiveSegment;

// Called during a run by the thread that called run_scenario(), between the workers' wake-ups.
class RunObserver {
 public:
  virtual ~RunObserver() = default;

  // Its counters can be read from now on, as long as `segment` is kept. Once,
  // before the first on_start().
  virtual void on_publish(const std::shared_ptr<LiveSegment>& segment) { (void)segment; }

  // Everything is open and calibrated, run `index` (0 first) starts. `record` has scenario, device,
  // fingerprint; `index` of `scenario.repeat`.
  virtual void on_start(const Record& record, unsigned index) = 0;

  // About once a second of the measured part. `run` has intervals so far, the newest last.
  virtual void on_interval(const Record& record, const RunRecord& run) = 0;
};

// Several of them, told in the order in which they were added.
class ObserverList final : public RunObserver {
 public:
  // `observer` must outlive the run.
  void add(RunObserver* observer) { observers_.push_back(observer); }

  void on_publish(const std::shared_ptr<LiveSegment>& segment) override {
    for (RunObserver* observer : observers_)
      observer->on_publish(segment);
  }
  void on_start(const Record& record, unsigned index) override {
    for (RunObserver* observer : observers_)
      observer->on_start(record, index);
  }
  void on_interval(const Record& record, const RunRecord& run) override {
    for (RunObserver* observer : observers_)
      observer->on_interval(record, run);
  }

 private:
  std::vector<RunObserver*> observers_;
};

}  // namespace nmgen
