// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "pktgen/error.h"
#include "pktgen/scenario/scenario.h"

namespace nmgen {

// A stream from its JSON, which fits the schema, with the defaults filled in. Errors: layers that
// exclude each other, addresses that cannot be read, what a layer ignores, a frame too small for
// its headers, fields to vary that the frame has not. `path` is the stream's place in `file`.
Result<StreamSpec> stream_from_json(const nlohmann::json& document, const std::string& name,
                                    const std::string& file, const std::string& path);

}  // namespace nmgen
