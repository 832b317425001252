#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints which room includes from which, and holds it against the order of the rooms.

  scripts/includes.py [--units]

A unit is a source and its header. Tests, benchmarks, counts, fuzz targets and what they share, in testing/, are left out.
--units: print the units too, each with those that it includes.
Exit codes: 0; 1 a unit includes from a room above its own or from testing/: each is named; or units include each other in a circle: one is
named; 2 bad use.
"""
import argparse
import graphlib
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# From the lowest to the highest: a room includes from itself and from rooms before it.
ROOMS = ("kernel/include", "kernel/core", "kernel/drivers", "kernel/hosted", "kernel/linux", "pktgen", "pktgen/packet", "pktgen/measure",
         "pktgen/traffic/schedule", "pktgen/scenario", "pktgen/port", "pktgen/traffic", "pktgen/worker", "reporters", "pktgen/compare", "pktgen/cli", "examples")
# nm_os.h asks for it by name: each residence has its own.
ASKED_FOR = "nm_os_impl.h"
# Where a name in quotes is looked for, after the directory of the file itself.
PATHS = ("", "kernel/include", "kernel/core", "kernel/hosted", "kernel/drivers", "kernel/drivers/ixgbe")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
NOT_PRODUCT = re.compile(r"(^|/)(testing|checks|tests)/|_(test|bench|fuzz|count)\.cc$")


def product_files():
    """The product's sources and headers, as paths from the root."""
    files = subprocess.run(["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "*.c", "*.h", "*.cc"],
                           capture_output=True, text=True, check=True).stdout.split()
    return {file for file in files if not NOT_PRODUCT.search(file) and (ROOT / file).exists() and room_of(file)}


def room_of(file):
    """The longest name of a room that the path begins with; None: it is in no room."""
    return max((room for room in ROOMS if file.startswith(room + "/")), key=len, default=None)


def unit_of(file):
    """The path without its extension."""
    return str(pathlib.PurePath(file).with_suffix(""))


def included(file, files):
    """The project's files that a file includes."""
    text = (ROOT / file).read_text(encoding="utf-8")
    for name in set(INCLUDE.findall(text)) - {ASKED_FOR}:
        for path in (str(pathlib.PurePath(file).parent), *PATHS):
            found = str(pathlib.PurePath(path) / name)
            if found in files:
                yield found
                break


def circle(graph):
    """Nodes each of which reaches the next, and the last the first; empty: there are none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def main():
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", action="store_true")
    options = parser.parse_args()
    files = product_files()
    units = {unit_of(file): set() for file in files}
    rooms = {room: set() for room in ROOMS}
    wrong = []
    for file in sorted(files):
        text = (ROOT / file).read_text(encoding="utf-8")
        wrong += [f"{file} includes {name}, which is for tests" for name in INCLUDE.findall(text) if "testing/" in name]
        for other in included(file, files):
            if unit_of(other) != unit_of(file):
                units[unit_of(file)].add(unit_of(other))
            rooms[room_of(file)].add(room_of(other))
            if ROOMS.index(room_of(other)) > ROOMS.index(room_of(file)):
                wrong.append(f"{file} includes {other}, of a room above its own")
    for room in ROOMS:
        print(f"{room}: {', '.join(other for other in ROOMS if other in rooms[room] - {room}) or '-'}")
    if options.units:
        for unit in sorted(units):
            print(f"  {unit}: {' '.join(sorted(units[unit])) or '-'}")
    if found := circle(units):
        wrong.append(f"a circle of includes: {' '.join(found)}")
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
