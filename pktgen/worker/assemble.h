// SPDX-License-Identifier: BSD-2-Clause
// From the counters of a phase to the record of a run and its judgement.
#pragma once

#include "pktgen/measure/record.h"
#include "pktgen/measure/verdict.h"
#include "pktgen/scenario/scenario.h"
#include "pktgen/worker/phase.h"

namespace nmgen {

RunRecord assemble_run(const Scenario& scenario, const RunSet& set, const PhaseResult& phase);

// What the run is judged by.
JudgeInput judge_input(const Scenario& scenario, const RunSet& set, const PhaseResult& phase,
                       const RunRecord& run, const ClockCheck& clock);

// `frames` of a run came after all, in a later phase: late, and no longer lost.
void add_late(uint64_t frames, RunRecord* run, JudgeInput* input);

// The figures over all runs of a record.
void summarise(Record* record);

}  // namespace nmgen
