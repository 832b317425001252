#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_summary.py LOGS PRESET...: what ctest's JUnit files LOGS/test-PRESET.xml say, in a form for people.

Prints the names of the failed tests, each with the lines of its output that say so and the end of it, each skipped one with
its reason, a table of the presets, and last ctest's closing line over all of them. A preset without a file did not get as far
as its tests: that counts as one failed test. Exits 1 if anything failed.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

SHOWN_FAILURES = 20
SHOWN_COMPLAINTS = 10
SHOWN_LINES = 15
COMPLAINT = re.compile(r"FAILED|Failure|error:|ERROR:|WARNING:|BUG:")


def skip_reason(output):
    """GoogleTest prints 'FILE:LINE: Skipped' and the reason below it; scripts/style prints 'SKIPPED: reason'."""
    found = re.search(r"^\S+:\d+: Skipped\n(.+)", output, re.M) or re.search(r"SKIPPED:? *(.+)", output)
    return found.group(1).strip() if found else "no reason given"


def excerpt(output):
    """The first lines that say what went wrong, and the last lines."""
    lines = output.splitlines()
    end = len(lines) - SHOWN_LINES
    complaints = [line for line in lines[:max(end, 0)] if COMPLAINT.search(line)]
    return complaints[:SHOWN_COMPLAINTS] + lines[max(end, 0):]


def main():
    logs = Path(sys.argv[1])
    rows = []
    failures = []
    skips = []
    for preset in sys.argv[2:]:
        path = logs / f"test-{preset}.xml"
        if not path.exists():
            failures.append((f"{preset}: not built or not run", f"see the logs in {logs}"))
            rows.append((preset, 0, 1, 0, 0.0))
            continue
        counts = {"passed": 0, "failed": 0, "skipped": 0}
        seconds = 0.0
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            name = f"{preset}: {case.get('name')}"
            output = case.findtext("system-out") or ""
            seconds += float(case.get("time") or 0)
            if case.get("status") == "run":
                counts["passed"] += 1
            elif case.get("status") == "notrun" and case.find("skipped") is not None and case.find(
                    "skipped").get("message", "").startswith("SKIP_RE"):
                counts["skipped"] += 1
                skips.append((name, skip_reason(output)))
            elif case.get("status") == "disabled":
                counts["skipped"] += 1
                skips.append((name, "disabled in its source"))
            else:
                counts["failed"] += 1
                failures.append((name, output))
        if sum(counts.values()) == 0:
            failures.append((f"{preset}: no test ran", ""))
            counts["failed"] = 1
        rows.append((preset, counts["passed"], counts["failed"], counts["skipped"], seconds))

    if len(failures) > 1:
        print("\nfailed: " + ", ".join(name for name, _ in failures[:SHOWN_FAILURES]))
    for name, output in failures[:SHOWN_FAILURES]:
        print(f"\nFAILED {name}")
        for line in excerpt(output):
            print(f"  | {line}")
    if len(failures) > SHOWN_FAILURES:
        print(f"\nand {len(failures) - SHOWN_FAILURES} more failed tests: see the logs in {logs}")
    if skips:
        print()
    for name, reason in skips:
        print(f"SKIPPED {name}: {reason}")

    print(f"\n{'preset':10} {'passed':>7} {'failed':>7} {'skipped':>8} {'test time':>11}")
    for preset, passed, failed, skipped, seconds in rows:
        print(f"{preset:10} {passed:7} {failed:7} {skipped:8} {seconds:9.1f} s")
    failed = sum(row[2] for row in rows)
    total = sum(sum(row[1:4]) for row in rows)
    # As ctest counts: a skipped test has not failed.
    print(f"\n{100 * (total - failed) // total}% tests passed, {failed} tests failed out of {total}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
