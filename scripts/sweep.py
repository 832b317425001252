#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs a scenario over many values of its parameters, each point in a new nmgen process.

  scripts/sweep.py scenarios/sweeps/clock-rings.json --out sweep
  scripts/sweep.py scenarios/64b-10g-tx.json --vary senders.0.batch=1,2,4,8:64:8 --out sweep

The result is a directory: manifest.json, which has the figures of every run, and the runs' records. A sweep that was
stopped continues when it is started again with the same matrix and directory.
Exit codes: 0 all points are complete, 2 bad use or bad input, 3 stopped before the end.
"""
import argparse
import hashlib
import itertools
import json
import math
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import cpufreq
import icount

ROOT = pathlib.Path(__file__).resolve().parent.parent
MATRIX_SCHEMA = "nmgen-sweep/1"
RESULT_SCHEMA = "nmgen-sweep-result/1"
MAX_POINTS = 10000
# A run whose workers lost their cores for longer tells of the machine's other users.
MOST_OFF_CORE = 0.02
METHODS = ("duty", "cpufreq", "icount")
NUMBER = (int, float)
# What stands behind each key of a matrix.
MATRIX_KEYS = {"$schema": str, "schema": str, "name": str, "description": str, "scenario": str, "duration_s": NUMBER,
               "warmup_s": NUMBER, "repeats": int, "set": dict, "axes": list}
KIND_NAMES = {str: "text", NUMBER: "a number", int: "a whole number", dict: "an object of paths and values", list: "a list"}


class Refused(Exception):
    """One sentence for the user."""


def number_list(text):
    """"1,2,4" or "64:1518:64" (from:to:step, both ends in), or both: values as JSON."""
    values = []
    for part in text.split(","):
        bounds = part.split(":")
        try:
            if len(bounds) == 3:
                first, last, step = (float(bound) for bound in bounds)
                if step <= 0 or last < first or (last - first) / step > MAX_POINTS:
                    raise ValueError
                steps = int(math.floor((last - first) / step + 1e-9))
                values += [whole(first + i * step) for i in range(steps + 1)]
                continue
            if len(bounds) != 1:
                raise ValueError
        except ValueError:
            raise Refused(f"cannot take the values \"{part}\": it is not a range; write FROM:TO:STEP") from None
        try:
            values.append(json.loads(part))
        except ValueError:
            values.append(part)
    return values


def whole(value):
    """Scenarios want whole numbers without a point."""
    return int(value) if float(value).is_integer() else float(value)


def range_values(spec, where):
    """A matrix file's {"from", "to", "steps", "scale"}."""
    try:
        first, last, steps = float(spec["from"]), float(spec["to"]), int(spec["steps"])
        scale = spec.get("scale", "linear")
        if steps < 2 or steps > MAX_POINTS or scale not in ("linear", "log") or not math.isfinite(last - first) or \
                (scale == "log" and min(first, last) <= 0):
            raise ValueError
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Refused(f"{where} is not a range; give from, to, steps (2 or more) and scale \"linear\" or \"log\"") from None
    if scale == "log":
        return [whole(round(first * (last / first) ** (i / (steps - 1)))) for i in range(steps)]
    return [whole(first + (last - first) * i / (steps - 1)) for i in range(steps)]


def read_json(path, what):
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise Refused(f"cannot read {what} {path}: {reason}; give the path of a JSON file") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"cannot read {what} {path}: it is not JSON ({error}); correct it") from None


class Matrix:
    """What to run: a scenario, fixed changes, and axes of values."""

    def __init__(self, document, path):
        self.path = path
        for key, value in document.items():
            kind = MATRIX_KEYS.get(key)
            if kind is None:
                raise Refused(f"{path}: there is no key \"{key}\" in a sweep; the keys are {', '.join(sorted(MATRIX_KEYS))}")
            if not isinstance(value, kind) or isinstance(value, bool):
                raise Refused(f"{path}: /{key} is not {KIND_NAMES[kind]}; correct it")
        self.name = document.get("name") or pathlib.Path(path).stem
        self.scenario = str((pathlib.Path(path).parent / document.get("scenario", "")).resolve())
        self.duration_s = document.get("duration_s", 2)
        self.warmup_s = document.get("warmup_s", 0.2)
        self.repeats = document.get("repeats", 3)
        self.fixed = dict(document.get("set", {}))
        self.axes = []
        if not document.get("axes"):
            raise Refused(f"{path}: it has no axes; add for example "
                          "\"axes\": [{\"name\": \"batch\", \"set\": [\"senders.0.batch\"], \"values\": [1, 256]}]")
        for i, axis in enumerate(document["axes"]):
            where = f"{path}: /axes/{i}"
            if not isinstance(axis, dict) or "name" not in axis or not axis.get("set"):
                raise Refused(f"{where} has no name or no keys to set; give both")
            values = axis["values"] if "values" in axis else range_values(axis.get("range"), where + "/range")
            if not isinstance(values, list) or not values:
                raise Refused(f"{where} has no values; list them, or give a range")
            paths = [axis["set"]] if isinstance(axis["set"], str) else axis["set"]
            if not isinstance(paths, list) or not all(isinstance(each, str) for each in paths):
                raise Refused(f"{where}/set is neither a path nor a list of them; write for example [\"senders.0.batch\"]")
            self.axes.append((axis["name"], paths, values))

    @classmethod
    def of_options(cls, scenario, varied):
        axes = []
        for text in varied:
            path, separator, values = text.partition("=")
            if not separator or not path or not values:
                raise Refused(f"cannot take --vary {text}: it has no path or no values; write PATH=VALUES, "
                              "for example senders.0.batch=1,16,256")
            axes.append({"name": path, "set": [path], "values": number_list(values)})
        return cls({"schema": MATRIX_SCHEMA, "name": pathlib.Path(scenario).stem,
                    "scenario": os.path.abspath(scenario), "axes": axes}, scenario)

    def overrides(self, values):
        """--set assignments of a point."""
        changes = dict(self.fixed, duration_s=self.duration_s, warmup_s=self.warmup_s, repeat=1)
        for (_, paths, _), value in zip(self.axes, values):
            changes.update({path: value for path in paths})
        return [f"{path}={value if isinstance(value, str) else json.dumps(value)}"
                for path, value in changes.items()]

    def points(self):
        count = math.prod(len(values) for _, _, values in self.axes)
        if count * self.repeats > MAX_POINTS:
            raise Refused(f"{self.path}: {count} points {self.repeats} times are too many; at most {MAX_POINTS} runs are allowed")
        return list(itertools.product(*(values for _, _, values in self.axes)))

    def describe(self):
        return {"name": self.name, "scenario": os.path.basename(self.scenario), "duration_s": self.duration_s,
                "warmup_s": self.warmup_s, "repeats": self.repeats, "set": self.fixed,
                "axes": [{"name": name, "set": paths, "values": values} for name, paths, values in self.axes]}

    def digest(self):
        text = json.dumps(self.describe(), sort_keys=True) + pathlib.Path(self.scenario).read_text(encoding="utf-8")
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def figures(record):
    """What a plot needs of a record."""
    run = record["runs"][0]
    senders = [worker for worker in run["workers"] if worker["role"] == "sender"]
    latency = run["latency_ns"]
    return {
        "verdict": record["verdict"],
        "clock_method": record["clock_method"],
        "clock_hz": record["clock_hz"],
        "core_hz": sum(worker["core_hz"] for worker in senders) / len(senders) if senders else 0,
        "tx_pps": run["tx"]["pps"],
        "rx_pps": run["rx"]["pps"],
        "tx_line_rate_percent": run["tx"]["line_rate_percent"],
        "rx_line_rate_percent": run["rx"]["line_rate_percent"],
        "tx_busy_tsc_ticks": run["tx"]["busy_tsc_ticks_per_frame"],
        "tx_quiet_tsc_ticks": run["tx"]["quiet_tsc_ticks_per_frame"],
        "tx_model_tsc_ticks": run["tx"]["model_tsc_ticks_per_frame"],
        "rx_busy_tsc_ticks": run["rx"]["busy_tsc_ticks_per_frame"],
        "rx_quiet_tsc_ticks": run["rx"]["quiet_tsc_ticks_per_frame"],
        "loss_ppm": run["loss"]["ppm"],
        "p50_ns": latency["p50"], "p99_ns": latency["p99"], "p999_ns": latency["p999"],
        "off_core_ms": sum(worker["off_core_ms"] for worker in run["workers"]),
    }


class ResultSet:
    """A directory with manifest.json and records/. The manifest appears whole or not at all."""

    def __init__(self, directory, matrix, keep_records):
        self.directory = pathlib.Path(directory)
        self.file = self.directory / "manifest.json"
        self.keep_records = keep_records
        if self.file.exists():
            self.manifest = read_json(self.file, "the manifest")
            if not isinstance(self.manifest, dict) or self.manifest.get("schema") != RESULT_SCHEMA or \
                    "points" not in self.manifest:
                raise Refused(f"cannot continue in {directory}: its manifest is not one of {RESULT_SCHEMA}; "
                              "give --out another directory")
            if self.manifest.get("digest") != matrix.digest():
                raise Refused(f"cannot continue in {directory}: it has another sweep (other values, or another scenario); "
                              "give --out another directory")
            if not self.is_whole():
                raise Refused(f"cannot continue in {directory}: its manifest was edited, or is of another version; "
                              "give --out another directory")
            return
        if self.directory.exists() and any(self.directory.iterdir()):
            raise Refused(f"cannot write to {directory}: it has other files in it; give --out an empty directory")
        self.manifest = {"schema": RESULT_SCHEMA, "digest": matrix.digest(), "sweep": matrix.describe(),
                         "fingerprint": None, "device": None, "points": []}
        try:
            (self.directory / "records").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(f"cannot create {directory}: {error.strerror}; give --out another directory") from None
        self.save()

    def is_whole(self):
        """Whether the manifest has what going on needs of it."""
        points = self.manifest["points"]
        return {"sweep", "fingerprint", "device"} <= set(self.manifest) and isinstance(points, list) and \
            all(isinstance(point, dict) and {"values", "repeat"} <= set(point) for point in points)

    def save(self):
        lines = {key: json.dumps(value) for key, value in self.manifest.items() if key != "points"}
        text = "{\n" + "".join(f"\"{key}\": {value},\n" for key, value in lines.items())
        text += "\"points\": [" + ",".join("\n  " + json.dumps(point) for point in self.manifest["points"]) + "\n]}\n"
        temporary = self.file.with_suffix(".tmp")
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.file)

    def has(self, values, repeat):
        return any(point["values"] == list(values) and point["repeat"] == repeat for point in self.manifest["points"])

    def add(self, values, repeat, tries, record, path):
        point = {"values": list(values), "repeat": repeat, "tries": tries, **figures(record)}
        if self.keep_records:
            point["record"] = f"records/{len(self.manifest['points']):04d}.json"
            os.replace(path, self.directory / point["record"])
        else:
            os.unlink(path)
        if self.manifest["fingerprint"] is None:
            self.manifest["fingerprint"] = record["fingerprint"]
            self.manifest["device"] = {**record["devices"][0],
                                       "simulated": any(device["simulated"] for device in record["devices"])}
        self.manifest["points"].append(point)
        self.save()


class Stopper:
    """Notes that somebody wants this to end, and ends the program that runs then, in order."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self):
        self.asked, self.child, self.former = False, None, {}

    def __enter__(self):
        for number in self.SIGNALS:
            self.former[number] = signal.signal(number, self.ask)
        return self

    def __exit__(self, *_):
        for number, handler in self.former.items():
            signal.signal(number, handler)

    def ask(self, *_):
        self.asked = True
        self.end_child()

    def end_child(self):
        # Its whole group: a guest's script has QEMU below it.
        if self.child is not None and self.child.returncode is None:
            os.killpg(self.child.pid, signal.SIGTERM)

    def run(self, command):
        """(exit code, output, errors) of a program. It has a group of its own, so that Ctrl-C reaches it once: through us."""
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                              errors="replace", process_group=0) as child:
            self.child = child
            if self.asked:
                self.end_child()
            output, errors = child.communicate()
        self.child = None
        return child.returncode, output, errors


class Runner:
    """Runs points with one nmgen, each where its clock method wants it."""

    def __init__(self, nmgen, scenario, stopper):
        self.nmgen, self.scenario, self.stopper = nmgen, scenario, stopper

    def run(self, overrides, out):
        """The record of one run, which is left in the file `out`; None where it was interrupted."""
        method, hz = clock_of(overrides)
        record = self.in_guest(overrides, float(hz), out) if method == "icount" else self.here(overrides, out)
        if self.stopper.asked or record is None:
            return None
        if not record["runs"] or any("interrupted" in reason for reason in record["verdict_reasons"]):
            return None
        return record

    def here(self, overrides, out):
        command = [self.nmgen, "run", self.scenario, "--quiet", "--out", str(out)]
        for override in overrides:
            command += ["--set", override]
        code, _, errors = self.stopper.run(command)
        # Before it was ready to end in order, it dies of the signal.
        if code in (-signal.SIGINT, -signal.SIGTERM):
            return None
        if code not in (0, 1, 3):
            said = errors.strip().removeprefix("nmgen: ") or f"it exited with {code}"
            raise Refused(f"nmgen refused a point ({' '.join(overrides)}): {said}")
        return read_json(out, "the record")

    def in_guest(self, overrides, hz, out):
        script = out.with_name("guest.sh")
        command = icount.guest_command(icount.find_guest(ROOT), self.nmgen, self.scenario, overrides, hz, script)
        try:
            code, output, errors = self.stopper.run(command)
        finally:
            script.unlink(missing_ok=True)
        if self.stopper.asked:
            return None
        if code == 77:
            raise Refused(errors.strip().splitlines()[-1] + " Use --clock duty, or install it; it is needed for icount")
        record = icount.record_of(code, output)
        out.write_text(json.dumps(record), encoding="utf-8")
        return record


def off_core_share(record):
    """Of the measured time, the largest that a worker's core was taken away for."""
    run = record["runs"][0]
    return max((worker["off_core_ms"] / 1e3 / run["seconds"] for worker in run["workers"]), default=0) if run["seconds"] else 1


def run_undisturbed(runner, overrides, out, retries):
    """(record, tries): of up to `retries` more runs a valid one, and of these the least disturbed; the record is None where it was
    interrupted."""
    best, least = None, None
    for tries in range(1, retries + 2):
        record = runner.run(overrides, out.with_suffix(".try"))
        if record is None:
            return None, tries
        trouble = (record["verdict"] == "invalid", off_core_share(record))
        if best is None or trouble < least:
            best, least = record, trouble
            os.replace(out.with_suffix(".try"), out)
        if least <= (False, MOST_OFF_CORE):
            break
    return best, tries


class Progress:
    """A bar on a terminal, a line a point elsewhere."""

    def __init__(self, total, done):
        self.total, self.done, self.bar = total, done, None
        if sys.stderr.isatty():
            try:
                from rich.console import Console
                from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bar, TextColumn, TimeRemainingColumn
            except ImportError:
                raise Refused("the package rich is missing; apt-get install python3-rich") from None
            self.bar = Bar(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                           console=Console(stderr=True))
            self.task = self.bar.add_task("sweep", total=total, completed=done)
            self.bar.start()

    def step(self, text):
        self.done += 1
        if self.bar:
            self.bar.update(self.task, completed=self.done, description=text)
        else:
            print(f"{self.done}/{self.total} {text}", file=sys.stderr)

    def stop(self):
        if self.bar:
            self.bar.stop()


def clock_of(overrides):
    """(method, hz) that a point asks for."""
    settings = dict(override.split("=", 1) for override in overrides)
    return settings.get("clock.method"), settings.get("clock.hz")


def run_sweep(matrix, results, nmgen, retries):
    """Return: whether it came to its end."""
    points = matrix.points()
    order = []
    for repeat in range(matrix.repeats):
        # There and back, so that a machine that gets slower meanwhile does not slow one end of an axis.
        order += [(values, repeat) for values in (points if repeat % 2 == 0 else reversed(points))]
    waiting = [(values, repeat) for values, repeat in order if not results.has(values, repeat)]
    progress = Progress(len(order), len(order) - len(waiting))
    frequency = None
    out = results.directory / "run.tmp"
    with Stopper() as stopper:
        runner = Runner(nmgen, matrix.scenario, stopper)
        try:
            for values, repeat in waiting:
                overrides = matrix.overrides(values)
                method, hz = clock_of(overrides)
                if method == "cpufreq":
                    frequency = frequency or cpufreq.Frequency()
                    frequency.set(float(hz))
                record, tries = (None, 0) if stopper.asked else run_undisturbed(runner, overrides, out, retries)
                out.with_suffix(".try").unlink(missing_ok=True)
                if record is None or stopper.asked:
                    out.unlink(missing_ok=True)
                    return False
                results.add(values, repeat, tries, record, out)
                names = ", ".join(f"{name} {value}" for (name, _, _), value in zip(matrix.axes, values))
                progress.step(f"{names}: {record['runs'][0]['tx']['pps'] / 1e6:.3f} Mpps, {record['verdict']}")
            return True
        finally:
            progress.stop()
            if frequency:
                frequency.restore()


def find_nmgen():
    """That of this tree, or else the one that is installed."""
    built = ROOT / "build/release/bin/nmgen"
    return str(built) if built.exists() else shutil.which("nmgen") or str(built)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="sweep.py", description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("file", help="a matrix (scenarios/sweeps/) or, with --vary, a scenario")
    parser.add_argument("--vary", action="append", default=[], metavar="PATH=VALUES",
                        help="an axis: a list 1,2,4 or a range FROM:TO:STEP; can be repeated")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="a change for every point")
    parser.add_argument("--out", required=True, metavar="DIR", help="directory of the results; an incomplete sweep in it is continued")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="measured time of each run")
    parser.add_argument("--repeats", type=int, metavar="N", help="runs of each point")
    parser.add_argument("--clock", choices=METHODS, help="how the clock of a clock axis is set [the matrix's]")
    parser.add_argument("--nmgen", metavar="PATH", help=f"[{find_nmgen()}; for icount build/package/bin/nmgen]")
    parser.add_argument("--retries", type=int, default=2, metavar="N", choices=range(0, 101),
                        help="how often a run is repeated if it is invalid, or if its workers were off their cores for 2 %% of its time [2]")
    parser.add_argument("--no-records", action="store_true", help="keep only the figures, not the record of each run")
    return parser.parse_args(arguments)


def build_matrix(options):
    document = read_json(options.file, "the matrix")
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema == "nmgen-scenario/1":
        if not options.vary:
            raise Refused(f"{options.file} is a scenario without --vary; add --vary PATH=VALUES")
        matrix = Matrix.of_options(options.file, options.vary)
    elif schema == MATRIX_SCHEMA:
        if options.vary:
            raise Refused(f"{options.file} is a matrix, which has axes; remove --vary, or give a scenario")
        matrix = Matrix(document, options.file)
    else:
        raise Refused(f"cannot use {options.file}: it follows neither {MATRIX_SCHEMA} nor nmgen-scenario/1; "
                      "give a file of scenarios/sweeps/")
    for assignment in options.set:
        path, separator, value = assignment.partition("=")
        if not separator:
            raise Refused(f"cannot take --set {assignment}: it has no value; write PATH=VALUE")
        matrix.fixed[path] = value
    if options.clock:
        if not any("clock.hz" in paths for _, paths, _ in matrix.axes):
            raise Refused("--clock is for sweeps over clock.hz, and this sweep has no such axis; remove it")
        matrix.fixed["clock.method"] = options.clock
    if options.duration is not None:
        matrix.duration_s = whole(options.duration)
    if options.repeats is not None:
        matrix.repeats = options.repeats
    if not isinstance(matrix.repeats, int) or not 1 <= matrix.repeats <= 1000:
        raise Refused("the repeats are not a whole number from 1 to 1000; correct them")
    if not os.path.isfile(matrix.scenario):
        raise Refused(f"the scenario {matrix.scenario} does not exist; correct \"scenario\" in {options.file}")
    return matrix


def main(arguments):
    options = parse(arguments)
    try:
        matrix = build_matrix(options)
        points = matrix.points()
        method = matrix.fixed.get("clock.method")
        # What a method lacks is said before anything is written.
        if method == "icount":
            icount.find_guest(ROOT)
            for values in points:
                icount.shift_of(float(clock_of(matrix.overrides(values))[1] or 0))
        if method == "cpufreq":
            cpufreq.Frequency().restore()
        nmgen = options.nmgen or (icount.find_nmgen(ROOT) if method == "icount" else find_nmgen())
        if not os.access(nmgen, os.X_OK):
            raise Refused(f"{nmgen} is not a program; build nmgen with scripts/run, or give --nmgen PATH")
        results = ResultSet(options.out, matrix, not options.no_records)
        complete = run_sweep(matrix, results, nmgen, options.retries)
    except (Refused, cpufreq.Unsupported, icount.Unsupported) as error:
        print("sweep.py:", re.sub(r"\s+", " ", str(error)), file=sys.stderr)
        return 2
    done, total = len(results.manifest["points"]), len(matrix.points()) * matrix.repeats
    print(f"{matrix.name}: {done} of {total} runs in {options.out}" +
          ("" if complete else "; stopped: start it again to continue"))
    return 0 if complete else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
