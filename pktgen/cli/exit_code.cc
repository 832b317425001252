// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/exit_code.h"

#include "pktgen/cli/command.h"

namespace nmgen {

int exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return kExitPass;
    case Verdict::kFail:
      return kExitFail;
    case Verdict::kInvalid:
      break;
  }
  return kExitInvalid;
}

int exit_code(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
    case Outcome::kImprove:
      return kExitPass;
    case Outcome::kRegress:
      return kExitFail;
    case Outcome::kInvalid:
      break;
  }
  return kExitInvalid;
}

}  // namespace nmgen
