// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/record.h"

namespace nmgen {

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kFail:
      return "fail";
    case Verdict::kInvalid:
      return "invalid";
  }
  return "invalid";
}

}  // namespace nmgen
