# SPDX-License-Identifier: BSD-2-Clause
"""Runs parts, guests beside the others, and keeps what each printed in build/logs/."""
from dataclasses import dataclass, field, replace
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time

from parts import FUZZ, FUZZ_SECONDS, ROOT

LOGS = ROOT / "build/logs"
LEAST_MEMORY_GIB = 4
LEAST_DISK_GIB = 5


@dataclass
class Outcome:
    """How a part went. `left_out`: why it was not run, or empty."""
    part: object
    left_out: str = ""
    build_s: float = 0
    test_s: float = 0
    built: bool = False
    junit: object = None


@dataclass
class Plan:
    """Parts in their order, and what of the fuzz targets is run (all without a list)."""
    parts: list
    fuzz_targets: list = field(default_factory=list)
    within_s: float = 0  # a part that would end later is left out; 0: none is
    since: str = ""  # the commit that the change stands on; clang-tidy looks at what came then. Empty: at all


def lack():
    """A sentence about what this machine lacks, or nothing."""
    with open("/proc/meminfo", encoding="ascii") as file:
        kib = {line.split(":")[0]: int(line.split()[1]) for line in file}
    memory = kib["MemAvailable"] / 2**20
    if memory < LEAST_MEMORY_GIB:
        return (f"{memory:.1f} GiB of memory are available, and the build and the guests want {LEAST_MEMORY_GIB}: end other programs, or give "
                "the machine more.")
    disk = shutil.disk_usage(ROOT).free / 2**30
    if disk < LEAST_DISK_GIB:
        return f"{disk:.1f} GiB of disk are free at {ROOT}, and the builds and kernels want {LEAST_DISK_GIB}: make room there."
    return ""


def shell(lines, limit_s):
    """Lines of bash with the functions of lib.sh; at the limit all that they started is ended. Returns the exit code."""
    text = f". {shlex.quote(str(ROOT / 'scripts/lib.sh'))}\n{lines}"
    process = subprocess.Popen(["bash", "-u", "-c", f"root={shlex.quote(str(ROOT))}\n{text}", "scripts/test"], stdin=subprocess.DEVNULL,
                               stdout=sys.stderr)
    try:
        return process.wait(limit_s)
    except subprocess.TimeoutExpired:
        end_tree(process.pid)
        process.wait()
        return 124


def end_tree(pid):
    """Ends a process and all that it started, which may be in groups of their own."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=False).stdout.split()
    children = {}
    for child, parent in zip(map(int, listed[::2]), map(int, listed[1::2])):
        children.setdefault(parent, []).append(child)
    tree = [pid]
    for process in tree:
        tree += children.get(process, [])
    for process in reversed(tree):
        try:
            os.kill(process, 9)
        except ProcessLookupError:
            pass


def with_fuzz_targets(part, targets):
    """The part for these fuzz targets alone."""
    if part is not FUZZ or not targets:
        return part
    return replace(part, targets=tuple(targets), select=("-R", f"^({'|'.join(targets)})$"), cost_s=60 + part.cost_s * len(targets) // 10)


def run_part(part, fuzz_seconds):
    outcome = Outcome(part)
    junit, log = LOGS / f"test-{part.name}.xml", LOGS / f"test-{part.name}.log"
    junit.unlink(missing_ok=True)
    log.unlink(missing_ok=True)
    start = time.monotonic()
    options = f" -DNMGEN_FUZZ_SECONDS={fuzz_seconds}" if part.preset == "fuzz" else ""
    outcome.built = shell(f"configure {part.preset}{options} && build {part.preset} {shlex.join(part.targets)}", part.limit_s) == 0
    outcome.build_s = time.monotonic() - start
    if not outcome.built:
        return outcome
    # ThreadSanitizer of GCC 12 cannot map its shadow where the kernel randomises more than 28 bits.
    launcher = "setarch -R " if part.preset == "tsan" and subprocess.run(["setarch", "-R", "true"], check=False).returncode == 0 else ""
    # Whoever hangs is ended by its own limit in CMake; at the part's limit ctest ends the rest, and still says how each went.
    stop = time.strftime("%H:%M:%S", time.localtime(time.time() + part.limit_s))
    ctest = shlex.join(["ctest", "--preset", part.preset, "-j", str(os.cpu_count()), *part.select, "--stop-time", stop, "--output-junit", str(junit)])
    start = time.monotonic()
    shell(f"cd {shlex.quote(str(ROOT))} && step_quiet=1 && step 'test {part.name}' {shlex.quote(str(log))} {launcher}{ctest}", part.limit_s + 120)
    outcome.test_s = time.monotonic() - start
    outcome.junit = junit if junit.exists() else None
    return outcome


def run_lane(parts, plan, begun, outcomes, fuzz_seconds):
    for part in parts:
        part = with_fuzz_targets(part, plan.fuzz_targets)
        gone = time.monotonic() - begun
        if plan.within_s and gone + part.cost_s > plan.within_s:
            outcomes.append(Outcome(part, left_out=f"after {gone / 60:.0f} min its {part.cost_s / 60:.0f} would not end within {plan.within_s / 60:.0f}"))
        else:
            outcomes.append(run_part(part, fuzz_seconds))


def run(plan):
    """Every part's outcome, in the plan's order. Guests begin when the unit tests have passed their build, beside what comes then."""
    os.environ["NMGEN_CHANGED_SINCE"] = plan.since
    fuzz_seconds = int(os.environ.get("NMGEN_FUZZ_SECONDS", FUZZ_SECONDS))
    LOGS.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    outcomes = []
    guests = [part for part in plan.parts if part.guest]
    others = [part for part in plan.parts if not part.guest]
    first = [part for part in others if part.name in ("style", "unit")]
    run_lane(first, plan, begun, outcomes, fuzz_seconds)
    lane = threading.Thread(target=run_lane, args=(guests, plan, begun, outcomes, fuzz_seconds))
    lane.start()
    run_lane(others[len(first):], plan, begun, outcomes, fuzz_seconds)
    lane.join()
    order = [part.name for part in plan.parts]
    return sorted(outcomes, key=lambda outcome: order.index(outcome.part.name)), time.monotonic() - begun
