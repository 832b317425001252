// SPDX-License-Identifier: BSD-2-Clause
// All that is compiled again for each commit.
#include "nmgen_commit.h"  // made by every build
#include "pktgen/measure/fingerprint.h"

namespace nmgen {

std::string built_from_commit() {
  return kCommit;
}

bool built_from_dirty_tree() {
  return kCommitDirty;
}

}  // namespace nmgen
