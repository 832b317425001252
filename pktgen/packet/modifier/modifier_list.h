// SPDX-License-Identifier: BSD-2-Clause
// Every modifier. Define NMGEN_MODIFIER(NAME) first.
NMGEN_MODIFIER(step)
NMGEN_MODIFIER(random)
