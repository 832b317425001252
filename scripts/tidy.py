#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""tidy.py BUILD_DIR [SINCE]: clang-tidy over the project's C and C++ sources, except tests and benchmarks; with SINCE, a commit, only
over those that have changed since, or include what has.

Takes the compile commands from BUILD_DIR (the style preset's, whose compiler is clang). A source that was clean is
remembered by a hash of its preprocessed text, its command and .clang-tidy, so a second run looks only at what changed. The cache is our own
because ccache stores what compilers write, not what clang-tidy finds, and Debian 12 and 13 have no other cache for it.
clang's analyzer goes all the way in C, which runs in the kernel; in C++ that would take two thirds of all the time, so
there it does not follow calls far. Prints each finding; exits 1 if there is one.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

TIDY = "clang-tidy-14"
SHALLOW = [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", "mode=shallow")]


def wanted(root, entry):
    path = Path(entry["file"])
    if not path.is_relative_to(root) or path.is_relative_to(root / "build"):
        return False
    return not path.stem.endswith(("_test", "_bench"))


def changed_files(root, since):
    """As absolute paths. None where all sources are to be looked at: without a commit, or where what is asked of them has changed."""
    if not since:
        return None
    tracked = subprocess.run(["git", "-C", str(root), "diff", "--name-only", since], capture_output=True, text=True, check=True).stdout
    files = {os.path.join(root, path) for path in tracked.splitlines()}
    return None if files & {str(root / ".clang-tidy"), str(root / "scripts/tidy.py")} else files


def preprocessed(entry):
    """(the source's text with all that it includes, what the verdict depends on). None where it does not even preprocess: clang-tidy
    then says why."""
    words = shlex.split(entry["command"])
    output = words.index("-o")
    words = [word for word in words[:output] + words[output + 2:] if word != "-c"]
    # -C keeps comments, for NOLINT stands in one.
    text = subprocess.run(words + ["-E", "-C"], cwd=entry["directory"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    return None if text.returncode != 0 else (text.stdout, " ".join(words).encode() + text.stdout)


def included(text, directory):
    """The files that a preprocessed text is made of, from its line markers."""
    names = set(re.findall(rb'^# \d+ "([^"<]+)"', text, re.M))
    return {os.path.normpath(os.path.join(directory, name.decode())) for name in names}


def check(entry, build, config, changed):
    """Returns clang-tidy's findings, or an empty string; None where it was not asked."""
    options = [] if entry["file"].endswith(".c") else SHALLOW
    made = preprocessed(entry)
    if made and changed is not None and not included(made[0], entry["directory"]) & changed:
        return None
    remembered = build / "tidy" / hashlib.sha256(config + made[1]).hexdigest() if made else None
    if remembered and remembered.exists():
        return ""
    result = subprocess.run([TIDY, "-p", str(build), "--quiet", *options, entry["file"]], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode == 0:
        if remembered:
            remembered.touch()
        return ""
    return result.stdout or result.stderr


def main():
    build = Path(sys.argv[1]).resolve()
    root = Path(__file__).resolve().parent.parent
    (build / "tidy").mkdir(exist_ok=True)
    config = (root / ".clang-tidy").read_bytes()
    entries = json.loads((build / "compile_commands.json").read_text())
    entries = {entry["file"]: entry for entry in entries if wanted(root, entry)}.values()
    if not entries:
        print(f"tidy.py: {build}/compile_commands.json names no source of this tree: configure the style preset.")
        return 1
    changed = changed_files(root, sys.argv[2] if len(sys.argv) > 2 else "")
    dirty = asked = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(lambda entry: check(entry, build, config, changed), entries):
            asked += findings is not None
            if findings:
                dirty += 1
                print(findings, flush=True)
    print(f"{asked} of {len(entries)} sources, {dirty} with findings")
    return 1 if dirty else 0


if __name__ == "__main__":
    sys.exit(main())
