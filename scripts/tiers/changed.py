# SPDX-License-Identifier: BSD-2-Clause
"""What a change can break: paths.txt, read and asked."""
import fnmatch
import subprocess

from parts import DEEP, GUESTS, PARTS, ROOT

# A session's work, and that of one before it that did not land. With NMGEN_CI_BASE it is said exactly.
SESSION_HOURS = 9


def rules(text):
    """[(pattern, [(part, fuzz targets or None)])]"""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        parts = []
        for word in words[1:]:
            name, _, only = word.partition(":")
            if name == "-":
                continue
            if name == "guests":
                parts += [(part.name, None) for part in GUESTS.values()]
            elif name in PARTS and (not only or name == "fuzz"):
                parts.append((name, only.split(",") if only else None))
            else:
                raise ValueError(f"paths.txt, line {number}: '{word}' is no part; parts are {', '.join(PARTS)} and guests")
        found.append((words[0], parts))
    return found


def read_rules():
    return rules((ROOT / "scripts/tiers/paths.txt").read_text(encoding="utf-8"))


def rule_of(path, table):
    """The parts of the first line that fits; None where none does."""
    return next((parts for pattern, parts in table if fnmatch.fnmatchcase(path, pattern)), None)


def breakable(paths, table):
    """{part: [the first path that can break it, fuzz targets or None for all]}, for parts beyond the default tier. What no line fits
    can break everything."""
    found = {}
    for path in paths:
        parts = rule_of(path, table)
        for name, only in [(part.name, None) for part in DEEP] if parts is None else parts:
            why = found.setdefault(name, [path, []])
            why[1] = None if only is None or why[1] is None else sorted({*why[1], *only})
    return found


def _git(*words):
    result = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else ""


def base_commit(given):
    """The commit that the change stands on. LookupError, with a sentence, where there is none."""
    if given:
        base = _git("rev-parse", "--verify", "--quiet", f"{given}^{{commit}}")
        if not base:
            raise LookupError(f"'{given}' is no commit of this repository: give one that `git log` shows.")
        return base
    at = _git("log", "-1", "--format=%ct")
    if not at:
        raise LookupError("this is no git checkout, so nobody knows what changed: run scripts/test --all.")
    return _git("rev-list", "-1", f"--before={int(at) - SESSION_HOURS * 3600}", "HEAD") or _git("rev-list", "--max-parents=0", "HEAD").split()[0]


def changed_paths(base):
    """Since `base`, committed or not."""
    tracked = _git("diff", "--name-only", "--no-renames", base).splitlines()
    return sorted({*tracked, *_git("ls-files", "--others", "--exclude-standard").splitlines()})
