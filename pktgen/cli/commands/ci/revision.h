// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

#include "pktgen/error.h"

namespace nmgen {

// The nmgen to compare with: `text` is the path of one, or else a git revision of the checkout that
// the working directory is in, which is built under build/against/, once for each commit, with the
// release preset. That takes minutes; its log is build/against/COMMIT.log.
Result<std::string> program_of(const std::string& text);

}  // namespace nmgen
