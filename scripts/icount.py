# SPDX-License-Identifier: BSD-2-Clause
"""nmgen in a guest whose clock is set: QEMU gives every instruction 2^N ns of the guest's time (-icount shift=N), so that its
core does 1000 MHz / 2^N at one instruction a cycle. What it counts is exact, and the same each time; how many instructions
a real core does in a cycle is not in it."""
import json
import math
import os
import shlex

FASTEST_HZ = 1e9
# Below 16 MHz the guest's own timer tick takes most of its core.
MOST_SHIFT = 6
SCRIPT = """#!/bin/sh
# nmgen's record goes to standard output, and nothing else does.
/test/{program} run /test/{scenario} --quiet --out - {overrides} 2>/tmp/said
code=$?
case $code in
0 | 1 | 3) ;;
*) cat /tmp/said ;;
esac
exit $code
"""
ILLEGAL_INSTRUCTION = 128 + 4


class Unsupported(Exception):
    """One sentence for the user."""


def shift_of(hz):
    """N of -icount shift=N for a clock."""
    shift = round(math.log2(FASTEST_HZ / hz)) if hz > 0 else -1
    if not 0 <= shift <= MOST_SHIFT or abs(FASTEST_HZ / 2**shift - hz) > 1:
        clocks = ", ".join(f"{FASTEST_HZ / 2**n:.0f}" for n in range(MOST_SHIFT + 1))
        raise Unsupported(f"cannot set a guest's clock to {hz:.0f} Hz: by icount there are {clocks}; "
                          "choose among these, or use --clock duty")
    return shift


def find_nmgen(root):
    """One that is built for any processor, as a guest's is not this machine's."""
    built = root / "build/package/bin/nmgen"
    if not built.exists():
        raise Unsupported("icount needs an nmgen that runs on any x86-64 processor, and build/package/bin/nmgen is not there; run "
                          "cmake --preset package and ninja -C build/package nmgen, or give --nmgen PATH")
    return str(built)


def find_guest(root):
    guest = root / "scripts/guest"
    if not os.access(guest, os.X_OK):
        raise Unsupported("icount needs scripts/guest, which only the source tree has; sweep there, or use --clock duty")
    return str(guest)


def guest_command(guest, nmgen, scenario, overrides, hz, script):
    """The command that runs it and prints the record; writes what the guest is to do into the file `script`."""
    assignments = " ".join("--set " + shlex.quote(override) for override in overrides)
    text = SCRIPT.format(program=shlex.quote(os.path.basename(nmgen)), scenario=shlex.quote(os.path.basename(scenario)),
                         overrides=assignments)
    with open(script, "w", encoding="utf-8") as file:
        file.write(text)
    return [guest, "--no-module", "--icount", str(shift_of(hz)), "--timeout", "1800", "--files", f"{nmgen},{scenario}", str(script)]


def record_of(code, output):
    """The record that a guest printed. Raises Unsupported where there is none, with what it said."""
    start = output.find("{")
    try:
        return json.loads(output[start:]) if start >= 0 else json.loads("")
    except ValueError:
        pass
    said = output.strip().splitlines()
    if code == ILLEGAL_INSTRUCTION:
        raise Unsupported("the guest's processor does not know nmgen's instructions; give --nmgen one that is built for any x86-64 "
                          "processor (cmake --preset package)")
    raise Unsupported("the guest left no record" + (f": {said[-1].removeprefix('nmgen: ')}" if said else
                                                    f" and exited with {code}; see build/logs/guest/6.1-alone/"))
