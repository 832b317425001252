// SPDX-License-Identifier: BSD-2-Clause
#pragma once

namespace nmgen {

// What the user of a port can do about an errno of its sync.
const char* remedy_of_port(int error);

}  // namespace nmgen
