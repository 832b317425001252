// SPDX-License-Identifier: BSD-2-Clause
// Every command of nmgen, in the order of --help. Define NMGEN_COMMAND(NAME) first.
NMGEN_COMMAND(run)
NMGEN_COMMAND(validate)
NMGEN_COMMAND(show)
NMGEN_COMMAND(ports)
NMGEN_COMMAND(machine)
NMGEN_COMMAND(top)
NMGEN_COMMAND(bridge)
NMGEN_COMMAND(vale)
NMGEN_COMMAND(baseline)
NMGEN_COMMAND(compare)
NMGEN_COMMAND(ci)
NMGEN_COMMAND(history)
