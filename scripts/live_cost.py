#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The cost of the live view in the hot path: runs of a scenario with and without nmgen top, in turns
(ABBA), each a new process; nmgen top has a terminal of its own. Prints the cost of a frame of the sender
and of the receiver, and the ratio with / without: the median of the pairs, its MAD, the lowest and the
highest. `quiet` is the least disturbed fiftieth of a run, in core cycles, which depends on the code and less on the
machine: the verdict about that is nmgen compare's, over the same pairs. The means of whole runs are printed for comparison.
Exit codes: those of nmgen compare.
"""
import argparse
import fcntl
import json
import os
import pty
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time


def take_terminal(terminal):
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def watch(nmgen, pid):
    """nmgen top on a terminal of 120 x 40 whose other end is read and forgotten. Returns how to end it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    # A session of its own makes the terminal its /dev/tty.
    process = subprocess.Popen([nmgen, "top", str(pid)], stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
                               preexec_fn=lambda: take_terminal(theirs))
    os.close(theirs)
    drawn = [0]

    def drain():
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                return
            if not piece:
                return
            drawn[0] += len(piece)

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()

    def end():
        process.wait(30)
        os.close(ours)
        reader.join(5)
        return drawn[0]

    return end


def one_run(nmgen, arguments, watched, out):
    """The figures of a run, whose record is left in `out`."""
    process = subprocess.Popen([nmgen, "run", *arguments, "--quiet", "--out", out], stdout=subprocess.DEVNULL)
    end = None
    if watched:
        # Until the run can be joined.
        while not os.path.exists(f"/dev/shm/nmgen.{process.pid}") and process.poll() is None:
            time.sleep(0.01)
        end = watch(nmgen, process.pid)
    if process.wait() == 2:
        sys.exit(1)
    drawn = end() if end else 0
    if watched and drawn < 1500:
        sys.exit(f"live_cost.py: nmgen top drew only {drawn} bytes; is TERM=xterm known here?")
    with open(out, encoding="utf-8") as file:
        record = json.load(file)
    run, tsc_hz = record["runs"][0], record["fingerprint"]["tsc_hz"]
    figures = {}
    for way in ("tx", "rx"):
        if run[way]["frames"] > 0:
            role = "sender" if way == "tx" else "receiver"
            clocks = [worker["core_hz"] for worker in run["workers"] if worker["role"] == role]
            # Turbo moves the core's clock and not the TSC's.
            scale = statistics.mean(clocks) / tsc_hz if all(clock > 0 for clock in clocks) else 1
            figures[way + " quiet core cycles/frame"] = run[way]["quiet_tsc_ticks_per_frame"] * scale
            figures[way + " busy TSC ticks/frame"] = run[way]["busy_tsc_ticks_per_frame"]
            figures[way + " frames/s"] = run[way]["pps"]
    return figures


def show(pairs):
    """Each figure without and with a watcher, and how they compare within the pairs."""
    print(f"{'':<27}{'without':>12}{'with':>12}{'ratio':>9}{'MAD':>9}{'lowest':>9}{'highest':>9}")
    for name in pairs[0][True]:
        ratios = [pair[True][name] / pair[False][name] for pair in pairs if pair[False].get(name, 0) > 0]
        if not ratios:
            continue
        median = statistics.median(ratios)
        mad = statistics.median(abs(ratio - median) for ratio in ratios)
        means = [statistics.median(pair[watched][name] for pair in pairs) for watched in (False, True)]
        print(f"{name:<27}{means[0]:>12.6g}{means[1]:>12.6g}{median:>9.4f}{mad:>9.4f}{min(ratios):>9.4f}"
              f"{max(ratios):>9.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nmgen", default="build/release/bin/nmgen")
    parser.add_argument("--pairs", type=int, default=40, help="pairs of runs (default 40)")
    parser.add_argument("--duration", type=float, default=0.6, metavar="SECONDS", help="of each run (default 0.6)")
    parser.add_argument("scenario", nargs=argparse.REMAINDER, help="a scenario and options of nmgen run")
    options = parser.parse_args()
    if options.pairs < 1:
        parser.error("--pairs has to be at least 1")
    if not options.scenario:
        parser.error("no scenario is given; name its file")
    # Short, so that both of a pair meet the same machine.
    arguments = [*options.scenario, "--duration", f"{options.duration:g}", "--set", "warmup_s=0.1"]
    with tempfile.TemporaryDirectory(prefix="nmgen-live-cost-") as directory:
        folders = {watched: os.path.join(directory, name) for watched, name in ((False, "without"), (True, "with"))}
        for folder in folders.values():
            os.mkdir(folder)
        pairs = []
        for number in range(options.pairs):
            order = (False, True) if number % 2 == 0 else (True, False)
            pairs.append({watched: one_run(options.nmgen, arguments, watched,
                                           os.path.join(folders[watched], f"{number:05}.json")) for watched in order})
        show(pairs)
        print(flush=True)
        return subprocess.run([options.nmgen, "compare", "--pairs", folders[False], folders[True]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
