#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Shows what `nmgen ci` is worth: tries with a slowdown of 5 % in the sender's loop, and tries without.

  scripts/regression_power.py [--build build/release] [--tries 20] [--scenario FILE] [--samples 10] [--duration 1] [--in-turns]

A try is one `nmgen ci --against --side-by-side`: pairs of fresh processes, and a second look before an alarm. Tries with and without
alternate. The slowdown is regression_power.patch, applied to a copy of the tree under build/power/: 5 % on the processor for which it was
made; the output says what it is here. With --in-turns they do not run side by side, which wants a quiet machine. One that comes out
invalid says that the machine was too busy to tell: it is made again, three times at most, and counted.
Exit codes: 0 at least 95 % of the slowdowns were caught and at most 5 % of the others were alarms; 1 not so; 2 bad use.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Exit codes of nmgen ci.
REGRESS, INVALID = 1, 3
MOST_ATTEMPTS = 3
ROOT = pathlib.Path(__file__).resolve().parent.parent
PATCH = ROOT / "scripts/regression_power.patch"
SLOWED = ROOT / "build/power"
# A ring that stays in the core's own cache, so that a neighbour who fills the shared one does not change what a frame costs.
SHORT_RING = ("--set", "ports.sim:left.tx_slots=4096")


def attempt(program, against, options):
    """(exit code, shift of the main metric in per cent or None)."""
    command = [program, "ci", options.scenario, "--against", against, "--samples", str(options.samples),
               "--duration", str(options.duration), "--quiet", *SHORT_RING]
    if not options.in_turns:
        command.append("--side-by-side")
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode == 2:
        sys.exit(f"regression_power.py: {result.stderr.strip()}")
    shifts = re.findall(r"(?m)^  [tr]x cycles/frame .*?([+-][\d.]+) %", result.stdout)
    return result.returncode, float(shifts[-1]) if shifts else None


def copy_tree():
    """A copy of the tree as it is, with the patch, in SLOWED."""
    shutil.rmtree(SLOWED, ignore_errors=True)
    SLOWED.mkdir(parents=True)
    files = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"], stdout=subprocess.PIPE,
                           check=True).stdout
    for name in filter(None, files.decode().split("\0")):
        if (ROOT / name).is_file():
            (SLOWED / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, SLOWED / name)
    run("apply the patch", "patch", "--fuzz=0", "-p1", "-d", str(SLOWED), "-i", str(PATCH))


def run(what, *command):
    """Ends the script where the command fails."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode != 0:
        print(f"regression_power.py: cannot {what}:\n{result.stdout[-2000:]}", file=sys.stderr)
        sys.exit(2)


def main():
    parser = argparse.ArgumentParser(prog="regression_power.py", description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("--build", default=str(ROOT / "build/release"), metavar="DIR")
    parser.add_argument("--tries", type=int, default=20, metavar="N", help="of each kind [20]")
    parser.add_argument("--scenario", default=str(ROOT / "scenarios/64b-10g-tx.json"), metavar="FILE")
    parser.add_argument("--samples", type=int, default=10, metavar="N", help="runs a side in each try [10]")
    parser.add_argument("--duration", type=float, default=1, metavar="SECONDS", help="of each run [1]")
    parser.add_argument("--in-turns", action="store_true", help="run in turns, not side by side")
    options = parser.parse_args()
    run(f"build nmgen in {options.build}; configure it first: scripts/run does", "cmake", "--build", options.build, "--target", "nmgen")
    copy_tree()
    run("configure the copy", "cmake", "-S", str(SLOWED), "-B", str(SLOWED / "build/release"), "--preset", "release", "-DNMGEN_BENCH=OFF")
    run("build the copy", "cmake", "--build", str(SLOWED / "build/release"), "--target", "nmgen")
    caught = alarms = invalid = 0
    with tempfile.TemporaryDirectory(prefix="nmgen-power-") as directory:
        # Copies: a build meanwhile changes nothing, and the two without a slowdown are two files as well.
        programs = {}
        for name, build in (("base", options.build), ("same", options.build), ("slowed", SLOWED / "build/release")):
            programs[name] = str(pathlib.Path(directory, name))
            shutil.copy(pathlib.Path(build, "bin/nmgen"), programs[name])
        for number in range(1, options.tries + 1):
            words = []
            for name in ("slowed", "same"):
                for _ in range(MOST_ATTEMPTS):
                    code, shift = attempt(programs[name], programs["base"], options)
                    if code != INVALID:
                        break
                    invalid += 1
                caught += name == "slowed" and code == REGRESS
                alarms += name == "same" and code == REGRESS
                outcome = {0: "pass", REGRESS: "regress", INVALID: "invalid"}[code]
                words.append(f"{name} {outcome} ({'-' if shift is None else f'{shift:+.2f} %'})")
            print(f"{number}/{options.tries} " + ", ".join(words), flush=True)
    print(f"caught {caught} of {options.tries} slowdowns; {alarms} alarms in {options.tries} tries without a slowdown; {invalid} invalid outcomes")
    return 0 if caught >= 0.95 * options.tries and alarms <= 0.05 * options.tries else 1


if __name__ == "__main__":
    sys.exit(main())
