// SPDX-License-Identifier: BSD-2-Clause
// From the counters of a phase to the record of a run and its judgement.
#pragma once

#include "pktgen/measure/record.h"
#include "pktgen/measure/verdict.h"
#include "pktgen/scenario/scenario.h"
#include "pktgen/worker/phase.h"

namespace nmgen {

RunRecord assemble_run(const Scenario& scenario, const RunSet& set, const PhaseResult& phase);

Judgement judge_run(const Scenario& scenario, const RunSet& set, const PhaseResult& phase,
                    const RunRecord& run, const ClockCheck& clock);

}  // namespace nmgen
