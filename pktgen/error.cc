// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/error.h"

#include <system_error>
#include <utility>

namespace nmgen {

std::string Error::sentence() const {
  std::string text = what;
  if (!cause.empty())
    text += (text.empty() ? "" : ": ") + cause;
  if (!remedy.empty())
    text += (text.empty() ? "" : "; ") + remedy;
  return text;
}

tl::unexpected<Error> fail(std::string what, std::string cause, std::string remedy, int code) {
  return tl::unexpected<Error>(Error{std::move(what), std::move(cause), std::move(remedy), code});
}

tl::unexpected<Error> fail_errno(std::string what, int code, std::string remedy) {
  return fail(std::move(what), std::generic_category().message(code), std::move(remedy), code);
}

}  // namespace nmgen
