#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Watches the live view for a long time: does its memory grow, does it miss an interval?

  scripts/live_hour.py [--seconds 3600] [--nmgen build/release/bin/nmgen] [SCENARIO [options of nmgen run]]

Runs a scenario with `nmgen run --live` in tmux, and joins it with `nmgen top` in a second window. Meanwhile it turns the pages of
both, looks at their memory, and sees that the clock on each screen goes on. Afterwards it reads the record: an interval is missed
where it is not there, or ended half a second late. A thread on each core that does nothing but sleep tells where the machine itself
stood still: what was late by no more than that, and half a second, is not missed. The run keeps a line for each second of its record, so its
memory may grow by 1 KiB a second; nmgen top keeps no record, and may not grow once its history is full.
Exit codes: 0 nothing grew and nothing was missed; 1 something did; 2 bad use, or it cannot be run here.
"""
import argparse
import json
import math
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The view's history is as long as that; before it is full, a view grows.
HISTORY_S = 600
SLACK_KIB = 512
RECORD_KIB_A_SECOND = 1
LATE_S = 0.5
# A screen's clock, at its best of many looks, tells a run's time so well.
NEAR_S = 0.7
# Each leads somewhere else, and the last one back.
KEYS = ("w", "u", "s", "?", "m")


class Window:
    """A tmux server of its own with one program in it."""

    def __init__(self, directory, name, command, size=(120, 40)):
        self.socket = os.path.join(directory, name)
        environment = {key: value for key, value in os.environ.items() if key not in ("TMUX", "NO_COLOR")}
        environment["LC_ALL"] = "C.UTF-8"
        self.environment = environment
        # First of all, so that what a program says when it ends at once can be read.
        self.tmux("start-server", ";", "set", "-g", "remain-on-exit", "on", ";",
                  "new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), *command)
        self.pid = int(self.tmux("display-message", "-p", "#{pane_pid}") or 0)

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", *arguments], env=self.environment,
                              capture_output=True, text=True, check=False).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def whole_screen(self):
        """With what has left it at the top, and each line in one piece."""
        return self.tmux("capture-pane", "-p", "-J", "-S", "-")

    def key(self, name):
        self.tmux("send-keys", name)

    def ended(self):
        return self.tmux("display-message", "-p", "#{pane_dead}").strip() not in ("", "0") or self.pid == 0

    def close(self):
        self.tmux("kill-server")

    def resident_kib(self):
        """None once it has ended."""
        try:
            text = pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        except OSError:
            return None
        found = re.search(r"VmRSS:\s+(\d+) kB", text)
        return int(found[1]) if found else None

    def shown_s(self):
        """The time that the view shows; None where it shows none."""
        found = re.search(r"measuring ([\d.]+) of", self.screen())
        return float(found[1]) if found else None


class Sleepers:
    """A thread on each core that sleeps, and notes when it was woken late: what the machine does to anybody."""

    NAP_S = 0.05

    def __init__(self):
        self.stop = threading.Event()
        # Of each core: from when to when it was late.
        self.late = {core: [] for core in os.sched_getaffinity(0)}
        self.threads = [threading.Thread(target=self.sleep, args=(core,), daemon=True) for core in self.late]
        for thread in self.threads:
            thread.start()

    def sleep(self, core):
        os.sched_setaffinity(threading.get_native_id(), {core})
        while not self.stop.is_set():
            wanted = time.monotonic() + self.NAP_S
            time.sleep(self.NAP_S)
            woken = time.monotonic()
            if woken - wanted > self.NAP_S:
                self.late[core].append((wanted, woken))

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def late_s(self, start, end):
        """Seconds of that time that a core stood still, on the core where they were most."""
        return max(sum(max(0, min(woken, end) - max(wanted, start)) for wanted, woken in late) for late in self.late.values())


class Memory:
    """What a program had resident, over the time of its run."""

    def __init__(self, name, allowed_kib_a_second):
        self.name, self.allowed_kib_a_second, self.points = name, allowed_kib_a_second, []

    def add(self, seconds, kib):
        if seconds is not None and kib is not None:
            self.points.append((seconds, kib))

    def growth(self, settled_s):
        """(from s, to s, KiB then, KiB at the end, KiB allowed); None where there are fewer than two looks."""
        settled = [point for point in self.points if point[0] >= settled_s]
        if len(settled) < 2:
            return None
        (start, first), (end, last) = settled[0], settled[-1]
        return start, end, first, last, SLACK_KIB + self.allowed_kib_a_second * (end - start)


def watch(directory, nmgen, arguments, look_s):
    """Returns the two programs' memory, how often a screen stood still, the record's path, and when its time began."""
    out = os.path.join(directory, "record.json")
    run = Window(directory, "run", [nmgen, "run", *arguments, "--live", "--quiet", "--out", out])
    windows = [(run, Memory("nmgen run --live", RECORD_KIB_A_SECOND))]
    stood_still, turn, began = 0, 0, math.inf
    shown = {}
    try:
        while not run.ended():
            time.sleep(look_s)
            if len(windows) == 1 and run.shown_s() is not None:
                windows.append((Window(directory, "top", [nmgen, "top", str(run.pid)]), Memory("nmgen top", 0)))
                continue
            for window, memory in windows:
                seconds = window.shown_s()
                if window is run and seconds is not None:
                    # A screen is behind, if anything.
                    began = min(began, time.monotonic() - seconds)
                memory.add(seconds, window.resident_kib())
                if seconds is not None and shown.get(window) == seconds:
                    stood_still += 1
                shown[window] = seconds
                window.key(KEYS[turn % len(KEYS)])
            turn += 1
            if turn % 60 == 0 and memory.points:
                sizes = ", ".join(f"{each.name} {each.points[-1][1]} KiB" for _, each in windows if each.points)
                print(f"{memory.points[-1][0]:.0f} s: {sizes}", file=sys.stderr, flush=True)
        said = run.whole_screen()
    finally:
        for window, _ in windows:
            window.close()
    if not os.path.exists(out):
        lines = [line for line in said.splitlines() if line.strip()] or ["nothing"]
        first = next((line for line in lines if line.startswith("nmgen: ")), lines[0])
        print(f"live_hour.py: the run left no record; its output was: {first}", file=sys.stderr)
        sys.exit(2)
    return [memory for _, memory in windows], stood_still, out, began


def intervals_of(record):
    """(intervals, how late each ended in seconds): interval i should end i + 1 seconds after the first began."""
    intervals = record["runs"][0]["intervals"]
    start = intervals[0]["start_s"] if intervals else 0
    return intervals, [interval["start_s"] + interval["seconds"] - start - (i + 1) for i, interval in enumerate(intervals)]


def main():
    parser = argparse.ArgumentParser(prog="live_hour.py", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--look", type=float, default=5, metavar="SECONDS", help="between two samples [5]")
    parser.add_argument("--nmgen", default=str(ROOT / "build/release/bin/nmgen"))
    parser.add_argument("scenario", nargs=argparse.REMAINDER, help="a scenario, and options of nmgen run")
    options = parser.parse_args()
    if not options.seconds > 0 or not options.look > 0:
        parser.error("--seconds and --look have to be above 0")
    if shutil.which("tmux") is None:
        parser.error("tmux is missing; apt-get install tmux")
    if not os.access(options.nmgen, os.X_OK):
        parser.error(f"{options.nmgen} is no program; build nmgen with scripts/run, or give --nmgen PATH")
    arguments = (options.scenario or [str(ROOT / "scenarios/1518b-10g.json")]) + ["--duration", f"{options.seconds:g}"]
    with tempfile.TemporaryDirectory(prefix="nmgen-live-hour-") as directory:
        sleepers = Sleepers()
        memories, stood_still, out, began = watch(directory, os.path.abspath(options.nmgen), arguments, options.look)
        sleepers.end()
        record = json.loads(pathlib.Path(out).read_text(encoding="utf-8"))
    good = True
    for memory in memories:
        # A short run is judged from its middle on.
        growth = memory.growth(min(HISTORY_S, options.seconds / 2))
        if growth is None:
            print(f"{memory.name}: too few samples of its memory; run it for longer")
            good = False
            continue
        start, end, first, last, allowed = growth
        fits = last - first <= allowed
        good &= fits
        print(f"{memory.name}: {first} KiB after {start:.0f} s, {last} KiB after {end:.0f} s, highest "
              f"{max(kib for _, kib in memory.points)} KiB; {allowed:.0f} KiB more are allowed: {'well' if fits else 'IT GREW'}")
    run = record["runs"][0]
    intervals, late = intervals_of(record)
    behind = [i for i, each in enumerate(late) if each > LATE_S]
    # How long the machine stood still between when each should have ended and when it did.
    still = {}
    for i in behind:
        end = began + intervals[i]["start_s"] + intervals[i]["seconds"]
        still[i] = sleepers.late_s(end - late[i] - NEAR_S, end + NEAR_S)
    missed = [i for i in behind if late[i] - still[i] > LATE_S]
    expected = int(options.seconds - 0.02)
    good &= not missed and len(intervals) == expected
    print(f"intervals: {len(intervals)} of {expected}, {len(missed)} missed, {len(behind) - len(missed)} late because the machine was stopped; the "
          f"latest ended {max(late, default=0):.3f} s late")
    for i in missed[:10]:
        print(f"  - interval {i} ended {late[i]:.3f} s late; the machine was stopped for {still[i]:.3f} s")
    if intervals:
        shares = sorted(interval["tx_line_rate_percent"] for interval in intervals)
        print(f"line rate: median {statistics.median(shares):.2f} %, lowest second {shares[0]:.2f} %, "
              f"{sum(share < 99.9 for share in shares)} seconds below 99.9 %")
    print(f"screens that did not change between two samples: {stood_still}")
    print(f"verdict {record['verdict']}: {run['tx']['frames']:,} frames sent, {run['rx']['frames']:,} received, "
          f"{run['loss']['frames']:,} lost; load at the start {record['fingerprint']['load']:.2f}")
    for reason in record["verdict_reasons"]:
        print(f"  - {reason}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
