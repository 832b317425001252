#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints how many instructions the loops of the workers, and of a client of a pipe, take for a frame, as valgrind's callgrind counts them.

  scripts/count_instructions.py [--build DIRECTORY] [--built] [--within PERCENT] [LOOP ...]

LOOP: a loop of pktgen/worker/loop_count.cc, or of tests/kernel/prefilled.c; default: all. What a run costs once is left out: each loop runs
with two numbers of frames, and the difference is divided. The device's own instructions are in the figures: of the ring in memory that the
loops of the workers have a few for a sender and some ten for a receiver, of a pipe all that it takes.
--built: the programs are there, build nothing. --within: the figures of the loops must differ by PERCENT at most.
Exit codes: 0; 1 a loop failed, or --within does not hold; 2 bad use; 77 there is no valgrind.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FEW, MANY = 65536, 65536 * 9
# Programs that list their loops, and run one: the target, and where it is built.
PROGRAMS = {"loop_count": "pktgen/worker/loop_count", "netmap_prefilled_hosted": "tests/kernel/netmap_prefilled_hosted"}


def instructions(program, loop, frames):
    """Of a whole run."""
    result = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, loop, str(frames)],
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{loop} failed: {result.stderr.strip() or result.returncode}")
    return int(re.search(r"Collected : (\d+)", result.stderr).group(1))


def main():
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", metavar="DIRECTORY")
    parser.add_argument("--built", action="store_true")
    parser.add_argument("--within", type=float, metavar="PERCENT")
    parser.add_argument("loops", nargs="*", metavar="LOOP")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("SKIPPED: valgrind is not installed")
        sys.exit(77)
    if not options.built:
        subprocess.run(["cmake", "--build", options.build, "--target", *PROGRAMS], check=True, stdout=subprocess.DEVNULL)
    known = {}
    for path in PROGRAMS.values():
        program = options.build / path
        loops = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
        known |= {loop: program for loop in loops}
    if unknown := set(options.loops) - set(known):
        parser.error(f"no loop {', '.join(sorted(unknown))}; use {', '.join(known)}")
    figures = []
    for loop in options.loops or known:
        program = known[loop]
        figures.append((instructions(program, loop, MANY) - instructions(program, loop, FEW)) / (MANY - FEW))
        print(f"{loop:16} {figures[-1]:9.3f} instructions a frame", flush=True)
    if options.within is not None and max(figures) > min(figures) * (1 + options.within / 100):
        sys.exit(f"these differ by more than {options.within} %")


if __name__ == "__main__":
    main()
