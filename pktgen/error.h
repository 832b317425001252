// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace nmgen {

// What went wrong, as a sentence a user can act on. It names the operation and its object ("cannot
// open sim:a"), the cause ("all its rings are taken"), and the remedy ("close the other sender, or
// give it more queues").
struct Error {
  std::string what;    // operation and object, e.g. "cannot open netmap:eth0"
  std::string cause;   // e.g. "/dev/netmap is missing"
  std::string remedy;  // e.g. "load the netmap module, or use a sim: port"
  int code = 0;        // errno of the failed call, 0 where there was none

  // "what: cause; remedy", without the parts that are empty. One line, no full stop.
  std::string sentence() const;
};

template <typename T>
using Result = tl::expected<T, Error>;

// An Error to return from a function with a Result.
tl::unexpected<Error> fail(std::string what, std::string cause, std::string remedy, int code = 0);

// The same, with strerror(code) as the cause.
tl::unexpected<Error> fail_errno(std::string what, int code, std::string remedy);

}  // namespace nmgen
