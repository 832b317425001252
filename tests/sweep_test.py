# SPDX-License-Identifier: BSD-2-Clause
"""scripts/sweep.py and scripts/plot.py: points, manifest, going on, drawing twice the same, bad input. Short runs."""
import json
import math
import os
import pathlib
import pty
import signal
import subprocess
import sys
import time
import unittest

import records
from nmgen_process import NMGEN, ROOT, TIMEOUT_S, NmgenTest, scenario

SCRIPTS = os.path.join(ROOT, "scripts")
sys.path.insert(0, SCRIPTS)
import plot  # noqa: E402  pylint: disable=wrong-import-position
try:
    import matplotlib
except ImportError:
    matplotlib = None

MATRIX = {
    "schema": "nmgen-sweep/1", "name": "small", "scenario": scenario("64b-10g-tx"), "duration_s": 0.05, "warmup_s": 0,
    "repeats": 2, "set": {"clock.method": "duty"},
    "axes": [{"name": "rings", "set": ["senders.0.workers", "ports.sim:left.queues"], "values": [1, 2]},
             {"name": "clock_hz", "set": ["clock.hz"], "values": [50000000, 1300000000]}],
}


ODD_VALUES = (None, True, -1, 0, 1.5, math.inf, math.nan, 10**30, "", "x", [], [1], [None], {}, {"a": 1})


def with_odd_values(document):
    """Copies of a JSON value, in each one part of it (or all) that is something else."""
    yield from ODD_VALUES
    for key in document if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ():
        for changed in with_odd_values(document[key]):
            copy = document.copy()
            copy[key] = changed
            yield copy


class ScriptTest(NmgenTest):
    def script(self, name, *arguments):
        return subprocess.run(["/usr/bin/python3", os.path.join(SCRIPTS, name), *arguments], capture_output=True, text=True,
                              timeout=TIMEOUT_S, stdin=subprocess.DEVNULL, check=False)

    def sweep(self, *arguments):
        return self.script("sweep.py", *arguments, "--nmgen", NMGEN)

    def refusal(self, result):
        self.assertEqual(result.returncode, 2, result.stderr + result.stdout)
        self.assertRegex(result.stderr, r"\A(sweep|plot)\.py: [^\n]+; [^\n]+\n\Z")
        return result.stderr

    def matrix(self, **changes):
        return self.write("matrix.json", json.dumps({**MATRIX, **changes}))

    def manifest(self, directory="out"):
        return records.read(os.path.join(self.path(directory), "manifest.json"))

    def swept(self):
        result = self.sweep(self.matrix(repeats=1), "--out", self.path("out"))
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.path("out")


class Sweep(ScriptTest):
    def test_every_point_is_run_as_often_as_asked(self):
        result = self.sweep(self.matrix(), "--out", self.path("out"))
        self.assertEqual(result.returncode, 0, result.stderr)
        manifest = self.manifest()
        got = sorted((tuple(point["values"]), point["repeat"]) for point in manifest["points"])
        self.assertEqual(got, sorted(((rings, hz), repeat) for rings in (1, 2) for hz in (50000000, 1300000000)
                                     for repeat in (0, 1)))
        # There and back.
        order = [point["values"] for point in manifest["points"]]
        self.assertEqual(order[:4], order[:3:-1])
        for point in manifest["points"]:
            self.assertEqual((point["clock_method"], point["clock_hz"]), ("duty", point["values"][1]))
            record = records.read(os.path.join(self.path("out"), point["record"]))
            records.check(self, record, records.EXIT_CODES[record["verdict"]])
            self.assertEqual(record["clock_hz"], point["values"][1])
            self.assertEqual(len(record["runs"][0]["workers"]), point["values"][0])
            self.assertEqual(record["runs"][0]["tx"]["pps"], point["tx_pps"])

    def test_it_goes_on_where_it_was(self):
        matrix = self.matrix()
        directory = self.path("out")
        self.assertEqual(self.sweep(matrix, "--out", directory).returncode, 0)
        manifest = self.manifest()
        kept = manifest["points"][:3]
        manifest["points"] = kept
        self.write("out/manifest.json", json.dumps(manifest))
        result = self.sweep(matrix, "--out", directory)
        self.assertEqual(result.returncode, 0, result.stderr)
        points = self.manifest()["points"]
        self.assertEqual(points[:3], kept)
        self.assertEqual(len(points), 8)
        # Complete: nothing is run again.
        before = os.stat(os.path.join(directory, "manifest.json")).st_mtime_ns
        self.assertIn("8 of 8", self.sweep(matrix, "--out", directory).stdout)
        self.assertEqual(os.stat(os.path.join(directory, "manifest.json")).st_mtime_ns, before)

    def test_stopped_in_the_middle(self):
        matrix = self.matrix(duration_s=600)
        command = ["/usr/bin/python3", os.path.join(SCRIPTS, "sweep.py"), matrix, "--out", self.path("out"), "--nmgen", NMGEN]
        with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              start_new_session=True) as process:
            # As Ctrl-C does it: to the whole group, once a run is under way.
            while not subprocess.run(["pgrep", "-P", str(process.pid), "-f", "--", "--quiet"], capture_output=True,
                                     check=False).stdout:
                self.assertIsNone(process.poll())
            os.killpg(process.pid, signal.SIGINT)
            output, errors = process.communicate(timeout=TIMEOUT_S)
        self.assertEqual(process.returncode, 3, errors)
        self.assertIn("0 of 8 runs", output)
        self.assertEqual(self.manifest()["points"], [])
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["manifest.json", "records"])

    def test_stopped_between_points_it_goes_on_there(self):
        matrix = self.matrix()
        # The first run is nmgen's, the next waits until it is ended.
        first = self.path("first")
        program = self.write("stand_in", f"""#!/bin/sh
if [ "$1" = run ]; then
  [ ! -e '{first}' ] || exec sleep 3600
  touch '{first}'
fi
exec '{NMGEN}' "$@"
""")
        os.chmod(program, 0o755)
        command = ["/usr/bin/python3", os.path.join(SCRIPTS, "sweep.py"), matrix, "--retries", "0", "--out", self.path("out"), "--nmgen", program]
        for number in (signal.SIGTERM, signal.SIGHUP):
            if os.path.exists(first):
                os.unlink(first)
            with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
                # To the script alone, once it has told of a point.
                self.assertRegex(process.stderr.readline(), r"\A\d/8 rings")
                process.send_signal(number)
                output, errors = process.communicate(timeout=TIMEOUT_S)
            self.assertEqual(process.returncode, 3, errors)
            self.assertIn("start it again to continue", output)
        kept = self.manifest()["points"]
        self.assertEqual(len(kept), 2)
        result = self.sweep(matrix, "--out", self.path("out"))
        self.assertEqual(result.returncode, 0, result.stderr)
        points = self.manifest()["points"]
        self.assertEqual(points[:len(kept)], kept)
        self.assertEqual(len({(tuple(point["values"]), point["repeat"]) for point in points}), 8)
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["manifest.json", "records"])

    def test_lists_and_ranges_without_a_matrix(self):
        result = self.sweep(scenario("64b-10g-tx"), "--vary", "senders.0.batch=1,64:192:64", "--duration", "0.05", "--repeats", "1",
                            "--set", "warmup_s=0", "--out", self.path("out"), "--no-records")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([point["values"] for point in self.manifest()["points"]], [[1], [64], [128], [192]])
        self.assertEqual(os.listdir(os.path.join(self.path("out"), "records")), [])

    def module(self):
        """sweep.py itself, for what no program has to be started for."""
        sys.path.insert(0, SCRIPTS)
        self.addCleanup(sys.path.remove, SCRIPTS)
        import sweep
        return sweep

    def test_the_ready_matrices_are_right(self):
        sweep = self.module()
        for path in sorted(pathlib.Path(ROOT, "scenarios", "sweeps").glob("*.json")):
            with self.subTest(path.name):
                matrix = sweep.Matrix(sweep.read_json(path, "the matrix"), str(path))
                for values in matrix.points():
                    arguments = [word for override in matrix.overrides(values) for word in ("--set", override)]
                    self.good("validate", matrix.scenario, *arguments)

    def test_bad_input(self):
        out = ("--out", self.path("out"))
        cases = (
            ([self.path("none.json"), *out], "No such file"),
            ([self.write("cut.json", "{\"schema\": "), *out], "not JSON"),
            ([self.write("other.json", "{\"schema\": \"x\"}"), *out], "follows neither"),
            ([scenario("64b-10g-tx"), *out], "without --vary"),
            ([scenario("64b-10g-tx"), "--vary", "senders.0.batch", *out], "write PATH=VALUES"),
            ([scenario("64b-10g-tx"), "--vary", "senders.0.batch=9:1:1", *out], "not a range"),
            ([scenario("64b-10g-tx"), "--vary", "senders.0.batch=0", *out], "/senders/0/batch"),
            ([scenario("64b-10g-tx"), "--vary", "senders.0.batch=1", "--clock", "duty", *out], "no such axis"),
            ([self.matrix(axes=[]), *out], "no axes"),
            ([self.matrix(colour=1), *out], "no key \"colour\""),
            ([self.matrix(scenario="none.json"), *out], "does not exist"),
            ([self.matrix(repeats=0), *out], "repeats"),
        )
        for arguments, words in cases:
            with self.subTest(words):
                # The matrix is one file for all cases: written anew for those that need it.
                if arguments[0].endswith("matrix.json"):
                    changes = {"no axes": {"axes": []}, "no key \"colour\"": {"colour": 1},
                               "does not exist": {"scenario": "none.json"}, "repeats": {"repeats": 0}}[words]
                    self.matrix(**changes)
                self.assertIn(words, self.refusal(self.sweep(*arguments)))
                if words != "/senders/0/batch":
                    self.assertFalse(os.path.exists(self.path("out")))
                else:
                    for root, _, files in os.walk(self.path("out"), topdown=False):
                        for file in files:
                            os.unlink(os.path.join(root, file))
                        os.rmdir(root)

    def test_odd_values_anywhere_are_refused_or_taken(self):
        sweep = self.module()
        axes = [*MATRIX["axes"], {"name": "batch", "set": "senders.0.batch",
                                  "range": {"from": 1, "to": 256, "steps": 3, "scale": "log"}}]
        described = sweep.Matrix({**MATRIX, "axes": axes}, "matrix.json")
        digest = described.digest()
        manifest = {"schema": sweep.RESULT_SCHEMA, "digest": digest, "sweep": described.describe(), "fingerprint": None,
                    "device": None, "points": [{"values": [1, 50000000, 1], "repeat": 0}]}
        refused = taken = 0
        for document, take in (({**MATRIX, "axes": axes}, self.take_matrix), (manifest, self.take_manifest)):
            for changed in with_odd_values(document):
                try:
                    take(sweep, changed, described)
                    taken += 1
                except sweep.Refused as error:
                    self.assertRegex(str(error), r"\A[^\n]+; [^\n]+\Z|no key|too many")
                    refused += 1
                except Exception as error:
                    raise AssertionError(f"{changed} is not refused") from error
        self.assertGreater(min(refused, taken), 100)

    def take_matrix(self, sweep, document, _):
        matrix = sweep.build_matrix(sweep.parse([self.write("matrix.json", json.dumps(document)), "--out", "out"]))
        for values in matrix.points():
            sweep.clock_of(matrix.overrides(values))
        matrix.digest()

    def take_manifest(self, sweep, document, matrix):
        os.makedirs(self.path("out"), exist_ok=True)
        self.write("out/manifest.json", json.dumps(document))
        results = sweep.ResultSet(self.path("out"), matrix, True)
        results.has((1, 50000000, 1), 0)

    def test_another_sweeps_directory_is_refused(self):
        directory = self.swept()
        self.assertIn("another sweep", self.refusal(self.sweep(self.matrix(duration_s=0.06, repeats=1), "--out", directory)))
        self.write("out/manifest.json", "{}")
        self.assertIn("not one of", self.refusal(self.sweep(self.matrix(repeats=1), "--out", directory)))

    def test_a_machine_without_cpufreq_says_so(self):
        if os.path.isdir("/sys/devices/system/cpu/cpufreq/policy0"):
            self.skipTest("this machine has cpufreq")
        result = self.sweep(self.matrix(), "--clock", "cpufreq", "--out", self.path("out"))
        self.assertIn("unsupported: this machine has no cpufreq", self.refusal(result))

    def cpufreq_tree(self):
        """What sysfs has of two policies, in files; returns a program that sweeps by cpufreq with them."""
        for policy in ("policy0", "policy1"):
            directory = os.path.join(self.directory, "cpufreq", policy)
            os.makedirs(directory)
            for name, khz in (("scaling_min_freq", 800000), ("scaling_max_freq", 3000000), ("cpuinfo_min_freq", 800000),
                              ("cpuinfo_max_freq", 3000000)):
                pathlib.Path(directory, name).write_text(f"{khz}\n", encoding="ascii")
        return self.write("by_cpufreq.py", f"""
import errno
import sys
sys.path.insert(0, {SCRIPTS!r})
import cpufreq
import sweep

Frequency = cpufreq.Frequency

class Kernel(Frequency):
    def __init__(self):
        super().__init__({self.directory!r})

    # As the kernel has it: the lower limit is never above the upper one.
    @staticmethod
    def write(policy, name, khz):
        other = Frequency.read(policy, "scaling_max_freq" if "min" in name else "scaling_min_freq")
        if (khz > other) if "min" in name else (khz < other):
            raise OSError(errno.EINVAL, "Invalid argument")
        Frequency.write(policy, name, khz)
        with open({self.path("written")!r}, "a", encoding="ascii") as file:
            file.write(f"{{khz}}\\n")

sweep.cpufreq.Frequency = Kernel
sys.exit(sweep.main(sys.argv[1:]))
""")

    def limits(self):
        """(lower, upper) of each policy; 0 for a file that is being written."""
        return [tuple(int(pathlib.Path(self.directory, "cpufreq", policy, name).read_text(encoding="ascii") or 0)
                      for name in ("scaling_min_freq", "scaling_max_freq")) for policy in ("policy0", "policy1")]

    def test_cpufreq_is_set_for_each_point_and_put_back(self):
        program = self.cpufreq_tree()
        arguments = ["--clock", "cpufreq", "--nmgen", NMGEN, "--retries", "0"]
        axes = [{"name": "clock_hz", "set": ["clock.hz"], "values": [2400000000, 800000000, 1200000000]}]
        result = subprocess.run(["/usr/bin/python3", program, self.matrix(axes=axes, repeats=1), "--out", self.path("out"), *arguments],
                                capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.limits(), [(800000, 3000000)] * 2)
        written = pathlib.Path(self.path("written")).read_text(encoding="ascii").split()
        for khz in ("2400000", "800000", "1200000"):
            self.assertIn(khz, written)
        self.assertEqual({point["clock_method"] for point in self.manifest()["points"]}, {"cpufreq"})
        # A clock that the cores do not have: nothing is left half set.
        axes[0]["values"] = [2400000000, 5000000000]
        result = subprocess.run(["/usr/bin/python3", program, self.matrix(axes=axes, repeats=1), "--out", self.path("fast"),
                                 *arguments], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        self.assertIn("goes from 800000 to 3000000", result.stderr)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(self.limits(), [(800000, 3000000)] * 2)

    def test_cpufreq_is_put_back_after_a_signal(self):
        program = self.cpufreq_tree()
        axes = [{"name": "clock_hz", "set": ["clock.hz"], "values": [1200000000]}]
        matrix = self.matrix(axes=axes, duration_s=600)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                self.assertEqual(self.limits(), [(800000, 3000000)] * 2)
                with subprocess.Popen(["/usr/bin/python3", program, matrix, "--clock", "cpufreq", "--nmgen", NMGEN, "--out",
                                       self.path("out")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
                    while self.limits() != [(1200000, 1200000)] * 2 and process.poll() is None:
                        time.sleep(0.01)
                    process.send_signal(number)
                    _, errors = process.communicate(timeout=TIMEOUT_S)
                self.assertEqual(process.returncode, 3, errors)
                self.assertEqual(self.limits(), [(800000, 3000000)] * 2)

    def test_a_guests_clock_is_a_gigahertz_or_halves_of_it(self):
        out = ("--out", self.path("out"))
        axes = [{"name": "clock_hz", "set": ["clock.hz"], "values": [500000000, 300000000]}]
        sentence = self.refusal(self.sweep(self.matrix(axes=axes), "--clock", "icount", *out))
        self.assertIn("cannot set a guest's clock to 300000000 Hz: by icount there are 1000000000, 500000000,", sentence)
        self.assertFalse(os.path.exists(self.path("out")))
        sys.path.insert(0, SCRIPTS)
        self.addCleanup(sys.path.remove, SCRIPTS)
        import icount
        self.assertEqual([icount.shift_of(1e9 / 2**n) for n in range(7)], list(range(7)))
        script = self.path("guest.sh")
        command = icount.guest_command("guest", "/a/nmgen", "/b/s.json", ["name=a b"], 2.5e8, script)
        self.assertEqual(command[:4], ["guest", "--no-module", "--icount", "2"])
        self.assertIn("/test/nmgen run /test/s.json --quiet --out - --set 'name=a b'", pathlib.Path(script).read_text(encoding="utf-8"))
        self.assertEqual(icount.record_of(3, "guest: x\n{\"a\": 1}\n"), {"a": 1})
        for code, output, words in ((132, "", "does not know nmgen's instructions"), (2, "nmgen: no", ": no"),
                                    (1, "", "exited with 1"), (0, "{\"a\":", "left no record")):
            with self.assertRaisesRegex(icount.Unsupported, words):
                icount.record_of(code, output)

    def test_without_rich_it_names_the_package(self):
        # A terminal has the bar; elsewhere there are lines.
        self.write("rich.py", "raise ImportError('hidden by the test')\n")
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        result = subprocess.run(["/usr/bin/python3", os.path.join(SCRIPTS, "sweep.py"), self.matrix(), "--out", self.path("out"),
                                 "--nmgen", NMGEN], stdout=subprocess.PIPE, stderr=theirs, stdin=subprocess.DEVNULL, check=False,
                                env={**os.environ, "PYTHONPATH": self.directory}, timeout=TIMEOUT_S)
        os.close(theirs)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(os.read(ours, 4096).decode(),
                         "sweep.py: the package rich is missing; apt-get install python3-rich\r\n")


@unittest.skipIf(matplotlib is None, "python3-matplotlib is not installed")
class Plot(ScriptTest):
    def drawn(self, kind, *inputs):
        """Draws in every format, twice, and compares the bytes."""
        pictures = []
        for name in ("a", "b"):
            files = [self.path(f"{name}.{format}") for format in ("pdf", "svg", "png")]
            result = self.script("plot.py", kind, *inputs, *(word for file in files for word in ("--out", file)))
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            pictures.append([pathlib.Path(file).read_bytes() for file in files])
        self.assertEqual(pictures[0], pictures[1])
        pdf, svg, png = pictures[0]
        self.assertTrue(pdf.startswith(b"%PDF") and svg.startswith(b"<?xml") and png.startswith(b"\x89PNG"))
        self.assertIn(b"/FontFile2", pdf)
        return svg.decode()

    def record(self, name, *arguments):
        out = self.path(name)
        self.assertIn(self.nmgen("run", scenario("64b-10g"), "--duration", "0.5", "--set", "warmup_s=0", "--quiet", "--out", out,
                                 *arguments).returncode, (0, 1, 3))
        return out

    def test_a_clock_curve(self):
        svg = self.drawn("clock", self.swept())
        # Of two rings, two points each, and three published ones.
        self.assertGreater(svg.count("<use"), 7)

    def test_records(self):
        first, second = self.record("1.json"), self.record("2.json")
        self.drawn("latency", first, second)
        self.drawn("percentiles", first)
        self.drawn("history", first, second)

    def test_sizes_batches_and_rings(self):
        for kind, path, values in (("size", "size_no_crc=60,1514", "streams.udp.size_no_crc"),
                                   ("batch", "batch=1,256", "senders.0.batch"), ("rings", "rings=1,2", None)):
            with self.subTest(kind):
                axis, numbers = path.split("=")
                paths = [values] if values else ["senders.0.workers", "ports.sim:left.queues"]
                matrix = self.matrix(set={}, repeats=1,
                                     axes=[{"name": axis, "set": paths, "values": [int(n) for n in numbers.split(",")]}])
                self.assertEqual(self.sweep(matrix, "--out", self.path(kind)).returncode, 0)
                self.drawn(kind, self.path(kind))

    def test_invalid_runs_do_not_count_where_there_are_others(self):
        points = [{"values": [value], "verdict": verdict, "tx_pps": pps}
                  for value, verdict, pps in ((1, "pass", 10), (1, "invalid", 2), (2, "invalid", 3), (4, "fail", 40))]
        series = plot.Series({"sweep": {"name": "s", "axes": [{"name": "senders.0.batch"}]}, "points": points}, "batch", "tx_pps")
        self.assertEqual(series.curves, {(): {1: [10], 4: [40]}})
        self.assertEqual(series.invalid, {(): {2: [3]}})

    def test_a_batch_that_was_varied_by_its_path(self):
        result = self.script("sweep.py", scenario("64b-10g-tx"), "--vary", "senders.0.batch=1,8", "--duration", "0.1", "--repeats", "1",
                             "--retries", "0", "--nmgen", NMGEN, "--out", self.path("varied"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.drawn("batch", self.path("varied"))

    def test_bad_input(self):
        out = ("--out", self.path("x.png"))
        directory = self.swept()
        manifest = self.manifest()
        cases = (
            (["clock", self.path("none"), *out], "No such file"),
            (["clock", self.write("cut.json", "{\"sch"), *out], "truncated"),
            (["clock", self.write("empty.json", json.dumps({**manifest, "points": []})), *out], "no points"),
            (["clock", self.write("v2.json", json.dumps({**manifest, "schema": "nmgen-sweep-result/2"})), *out], "not a manifest"),
            (["clock", self.write("edited.json", json.dumps({**manifest, "points": [{"values": [1]}]})), *out], "it was edited"),
            (["batch", directory, *out], "no axis \"batch\""),
            (["latency", self.record("r.json", "--set", "probes=off"), *out], "no latency was measured"),
            (["latency", os.path.join(directory, "manifest.json"), *out], "not a record"),
            (["clock", self.write("device.json", json.dumps({**manifest, "device": "x"})), *out], "it was edited"),
            (["clock", self.write("deep.json", "[" * 100000), *out], "not JSON"),
            (["clock", directory, directory, *out], "shows one sweep"),
            (["history", self.path("r.json"), self.record("other.json", "--set", "senders.0.batch=64"), *out],
             "their scenarios differ"),
            (["clock", directory, "--out", self.path("x.jpg")], "format is not known"),
            (["clock", directory, "--out", self.path("none/x.png")], "No such file"),
        )
        for arguments, words in cases:
            with self.subTest(words):
                self.assertIn(words, self.refusal(self.script("plot.py", *arguments)))
                self.assertFalse(os.path.exists(self.path("x.png")))

    def test_without_matplotlib_it_names_the_package(self):
        self.write("matplotlib.py", "raise ImportError('hidden by the test')\n")
        result = subprocess.run(["/usr/bin/python3", os.path.join(SCRIPTS, "plot.py"), "latency", self.record("r.json"), "--out",
                                 self.path("x.png")], capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
                                env={**os.environ, "PYTHONPATH": self.directory})
        self.assertIn("apt-get install python3-matplotlib", self.refusal(result))


del NmgenTest, ScriptTest
