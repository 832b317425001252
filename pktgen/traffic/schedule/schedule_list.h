// SPDX-License-Identifier: BSD-2-Clause
// Every schedule; the first is the default. Define NMGEN_SCHEDULE(NAME) first.
NMGEN_SCHEDULE(constant)
NMGEN_SCHEDULE(burst)
NMGEN_SCHEDULE(poisson)
NMGEN_SCHEDULE(on_off)
NMGEN_SCHEDULE(ramp)
NMGEN_SCHEDULE(steps)
NMGEN_SCHEDULE(times)
NMGEN_SCHEDULE(recorded)
