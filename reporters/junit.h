// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

#include "pktgen/measure/record.h"

namespace nmgen {

// The record as JUnit XML, as CI servers read it: one test case, the scenario. Verdict fail is a
// failure, invalid an error of type "invalid"; the reasons are its text, the figures are properties
// and the summary is system-out.
std::string junit_text(const Record& record);

}  // namespace nmgen
