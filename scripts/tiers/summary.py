# SPDX-License-Identifier: BSD-2-Clause
"""What ctest's JUnit files say, in a form for people: failed tests with the lines that say so, skipped ones with their reasons, a table of
the parts, the slowest tests, and last ctest's closing line over all parts."""
from dataclasses import dataclass, field
import json
import re
import time
import xml.etree.ElementTree as ElementTree

SHOWN_FAILURES = 20
SHOWN_COMPLAINTS = 10
SHOWN_LINES = 15
SHOWN_SLOW = 10
KEPT_RUNS = 20
COMPLAINT = re.compile(r"FAILED|Failure|error:|ERROR:|WARNING:|BUG:")


@dataclass
class Counts:
    """Of one part. `seconds`: {test: its time}."""
    passed: int = 0
    failures: list = field(default_factory=list)  # (name, output)
    skips: list = field(default_factory=list)  # (name, reason)
    seconds: dict = field(default_factory=dict)


def skip_reason(output):
    """GoogleTest prints 'FILE:LINE: Skipped' and the reason below it; scripts print 'SKIPPED: reason'."""
    found = re.search(r"^\S+:\d+: Skipped\n(.+)", output, re.M) or re.search(r"SKIPPED:? *(.+)", output)
    return found.group(1).strip() if found else "no reason given"


def excerpt(output):
    """The first lines that say what went wrong, and the last lines."""
    lines = output.splitlines()
    end = max(len(lines) - SHOWN_LINES, 0)
    complaints = [line for line in lines[:end] if COMPLAINT.search(line)]
    return complaints[:SHOWN_COMPLAINTS] + lines[end:]


def ended_at_their_limit(log):
    """JUnit does not tell these from other failures."""
    return set(re.findall(r"Test +#\d+: (\S+) \.*\*\*\*Timeout", log.read_text(encoding="utf-8", errors="replace")))


def read_junit(path, ended, counts):
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name, output = case.get("name"), case.findtext("system-out") or ""
        counts.seconds[name] = float(case.get("time") or 0)
        skipped = case.find("skipped")
        if case.get("status") == "run":
            counts.passed += 1
        elif case.get("status") == "notrun" and skipped is not None and skipped.get("message", "").startswith("SKIP_RE"):
            counts.skips.append((name, skip_reason(output)))
        elif case.get("status") == "disabled":
            counts.skips.append((name, "disabled in its source"))
        else:
            limit = f"it was ended at its limit, {counts.seconds[name]:.0f} s" if name in ended else ""
            counts.failures.append((name, f"{limit}\n{output}".strip()))


def count(outcome, logs):
    counts = Counts()
    if not outcome.built:
        counts.failures.append((f"{outcome.part.name}: not built", f"the build's log: {logs}/build-{outcome.part.preset}.log"))
    elif outcome.junit is None:
        counts.failures.append((f"{outcome.part.name}: ctest ended before it could say how its tests went",
                                f"its log: {logs}/test-{outcome.part.name}.log"))
    else:
        read_junit(outcome.junit, ended_at_their_limit(logs / f"test-{outcome.part.name}.log"), counts)
        if not counts.seconds:
            counts.failures.append((f"{outcome.part.name}: no test ran", ""))
    return counts


def keep_durations(path, tier, wall_s, ran):
    """Adds this run to the file, and drops the oldest."""
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"] if path.exists() else []
    runs.append({"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "tier": tier, "wall_s": round(wall_s, 1),
                 "parts": {outcome.part.name: {"build_s": round(outcome.build_s, 1), "test_s": round(outcome.test_s, 1), "tests": counts.seconds}
                           for outcome, counts in ran}})
    path.write_text(json.dumps({"schema": "nmgen-durations/1", "runs": runs[-KEPT_RUNS:]}, indent=1) + "\n", encoding="utf-8")


def print_table(outcomes, ran):
    print(f"\n{'part':14} {'passed':>7} {'failed':>7} {'skipped':>8} {'build':>9} {'tests':>9}")
    for outcome, counts in ran:
        print(f"{outcome.part.name:14} {counts.passed:7} {len(counts.failures):7} {len(counts.skips):8} {outcome.build_s:7.0f} s {outcome.test_s:7.0f} s")
    for outcome in outcomes:
        if outcome.left_out:
            print(f"{outcome.part.name:14} left out: {outcome.left_out}")


def print_slowest(ran):
    times = sorted(((seconds, outcome.part.name, name) for outcome, counts in ran for name, seconds in counts.seconds.items()), reverse=True)
    if times:
        print("\nslowest tests")
        for seconds, part, name in times[:SHOWN_SLOW]:
            print(f"{seconds:7.1f} s  {part}: {name}")


def summarise(tier, outcomes, wall_s, logs):
    """Prints it all, and keeps the durations. True where nothing failed."""
    ran = [(outcome, count(outcome, logs)) for outcome in outcomes if not outcome.left_out]
    failures = [(f"{outcome.part.name}: {name}", output) for outcome, counts in ran for name, output in counts.failures]
    if len(failures) > 1:
        print("\nfailed: " + ", ".join(name for name, _ in failures[:SHOWN_FAILURES]))
    for name, output in failures[:SHOWN_FAILURES]:
        print(f"\nFAILED {name}")
        for line in excerpt(output):
            print(f"  | {line}")
    if len(failures) > SHOWN_FAILURES:
        print(f"\nand {len(failures) - SHOWN_FAILURES} more failed tests: see the logs in {logs}")
    print()
    for outcome, counts in ran:
        for name, reason in counts.skips:
            print(f"SKIPPED {outcome.part.name}: {name}: {reason}")
    print_slowest(ran)
    print_table(outcomes, ran)
    keep_durations(logs / "durations.json", tier, wall_s, ran)
    total = len(failures) + sum(counts.passed + len(counts.skips) for _, counts in ran)
    print(f"\ntier {tier}: {wall_s / 60:.1f} min; durations of all tests: {logs}/durations.json")
    # As ctest counts: a skipped test has not failed.
    print(f"\n{100 * (total - len(failures)) // max(total, 1)}% tests passed, {len(failures)} tests failed out of {total}")
    return not failures
