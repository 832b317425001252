#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints how many instructions the loops of the workers take for a frame, as valgrind's callgrind counts them.

  scripts/count_instructions.py [--build DIRECTORY] [LOOP ...]

LOOP: a loop of pktgen/worker/loop_count.cc; default: all. What a run costs once is left out: each loop runs with two numbers of frames, and
the difference is divided. The device's own instructions, a few for a sender and some ten for a receiver, are in the figures.
Exit codes: 0; 1 a loop failed; 2 bad use; 77 there is no valgrind.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FEW, MANY = 65536, 65536 * 9


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
    parser.add_argument("loops", nargs="*", metavar="LOOP")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("SKIPPED: valgrind is not installed")
        sys.exit(77)
    subprocess.run(["cmake", "--build", options.build, "--target", "loop_count"], check=True, stdout=subprocess.DEVNULL)
    program = options.build / "pktgen/worker/loop_count"
    known = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    if unknown := set(options.loops) - set(known):
        parser.error(f"no loop {', '.join(sorted(unknown))}; use {', '.join(known)}")
    for loop in options.loops or known:
        per_frame = (instructions(program, loop, MANY) - instructions(program, loop, FEW)) / (MANY - FEW)
        print(f"{loop:16} {per_frame:9.3f} instructions a frame", flush=True)


if __name__ == "__main__":
    main()
