// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "pktgen/error.h"

namespace nmgen {

// Changes one value of a scenario's document, as `--set PATH=VALUE` asks. PATH is keys and list
// positions (from 0) with dots between them, senders.0.rate.pps, or a JSON pointer (RFC 6901),
// /senders/0/rate/pps, for names with a dot in them. VALUE is JSON; what is not JSON, or is meant
// for a key that takes a string, is taken as a string.
//
// A key that the schema knows may be new; a name (of a stream, of a port) must be
// there, because a mistyped one would make a second. Setting a part of a value that has several
// forms (rate, probes) replaces the whole value. Whether the new value is right is not checked
// here.
Result<void> apply_override(nlohmann::json& document, const std::string& assignment);

}  // namespace nmgen
