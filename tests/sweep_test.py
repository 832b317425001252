# SPDX-License-Identifier: BSD-2-Clause
"""scripts/sweep.py and scripts/plot.py: points, manifest, going on, drawing twice the same, bad input. Short runs."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import unittest

import records
from nmgen_process import NMGEN, ROOT, TIMEOUT_S, NmgenTest, scenario

SCRIPTS = os.path.join(ROOT, "scripts")
try:
    import matplotlib
except ImportError:
    matplotlib = None

MATRIX = {
    "schema": "nmgen-sweep/1", "name": "small", "scenario": scenario("64b-10g-tx"), "duration_s": 0.05, "warmup_s": 0,
    "repeats": 2, "set": {"clock.method": "duty"},
    "axes": [{"name": "rings", "set": ["senders.0.workers", "simulated.left.queues"], "values": [1, 2]},
             {"name": "clock_hz", "set": ["clock.hz"], "values": [50000000, 1300000000]}],
}


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
            while not subprocess.run(["pgrep", "-g", str(process.pid), "-f", "--", "--quiet"], capture_output=True,
                                     check=False).stdout:
                self.assertIsNone(process.poll())
            os.killpg(process.pid, signal.SIGINT)
            output, errors = process.communicate(timeout=TIMEOUT_S)
        self.assertEqual(process.returncode, 3, errors)
        self.assertIn("0 of 8 runs", output)
        self.assertEqual(self.manifest()["points"], [])
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["manifest.json", "records"])

    def test_lists_and_ranges_without_a_matrix(self):
        result = self.sweep(scenario("64b-10g-tx"), "--vary", "senders.0.batch=1,64:192:64", "--duration", "0.05", "--repeats", "1",
                            "--set", "warmup_s=0", "--out", self.path("out"), "--no-records")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([point["values"] for point in self.manifest()["points"]], [[1], [64], [128], [192]])
        self.assertEqual(os.listdir(os.path.join(self.path("out"), "records")), [])

    def test_the_ready_matrices_are_right(self):
        sys.path.insert(0, SCRIPTS)
        self.addCleanup(sys.path.remove, SCRIPTS)
        import sweep
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
            ([self.write("cut.json", "{\"schema\": "), *out], "no JSON"),
            ([self.write("other.json", "{\"schema\": \"x\"}"), *out], "follows neither"),
            ([scenario("64b-10g-tx"), *out], "nothing varies"),
            ([scenario("64b-10g-tx"), "--vary", "senders.0.batch", *out], "write PATH=VALUES"),
            ([scenario("64b-10g-tx"), "--vary", "senders.0.batch=9:1:1", *out], "no range"),
            ([scenario("64b-10g-tx"), "--vary", "senders.0.batch=0", *out], "/senders/0/batch"),
            ([scenario("64b-10g-tx"), "--vary", "senders.0.batch=1", "--clock", "duty", *out], "no such axis"),
            ([self.matrix(axes=[]), *out], "no axes"),
            ([self.matrix(colour=1), *out], "no key \"colour\""),
            ([self.matrix(scenario="none.json"), *out], "is not there"),
            ([self.matrix(repeats=0), *out], "repeats"),
        )
        for arguments, words in cases:
            with self.subTest(words):
                # The matrix is one file for all cases: written anew for those that need it.
                if arguments[0].endswith("matrix.json"):
                    changes = {"no axes": {"axes": []}, "no key \"colour\"": {"colour": 1},
                               "is not there": {"scenario": "none.json"}, "repeats": {"repeats": 0}}[words]
                    self.matrix(**changes)
                self.assertIn(words, self.refusal(self.sweep(*arguments)))
                if words != "/senders/0/batch":
                    self.assertFalse(os.path.exists(self.path("out")))
                else:
                    for root, _, files in os.walk(self.path("out"), topdown=False):
                        for file in files:
                            os.unlink(os.path.join(root, file))
                        os.rmdir(root)

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

    def test_cpufreq_is_set_and_restored(self):
        sys.path.insert(0, SCRIPTS)
        self.addCleanup(sys.path.remove, SCRIPTS)
        import cpufreq
        names = {"scaling_min_freq": 800000, "scaling_max_freq": 3000000, "cpuinfo_min_freq": 800000,
                 "cpuinfo_max_freq": 3000000}
        policies = [os.path.join(self.directory, "cpufreq", f"policy{i}") for i in (0, 1)]
        for policy in policies:
            os.makedirs(policy)
            for name, khz in names.items():
                cpufreq.Frequency.write(policy, name, khz)
        frequency = cpufreq.Frequency(self.directory)
        for hz in (1.2e9, 2.4e9, 8e8):
            frequency.set(hz)
            for policy in policies:
                self.assertEqual(cpufreq.Frequency.read(policy, "scaling_min_freq"), hz / 1000)
                self.assertEqual(cpufreq.Frequency.read(policy, "scaling_max_freq"), hz / 1000)
        with self.assertRaisesRegex(cpufreq.Unsupported, "goes from 800000 to 3000000"):
            frequency.set(5e9)
        frequency.restore()
        for policy in policies:
            self.assertEqual(cpufreq.Frequency.read(policy, "scaling_min_freq"), 800000)
            self.assertEqual(cpufreq.Frequency.read(policy, "scaling_max_freq"), 3000000)


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
                paths = [values] if values else ["senders.0.workers", "simulated.left.queues"]
                matrix = self.matrix(set={}, repeats=1,
                                     axes=[{"name": axis, "set": paths, "values": [int(n) for n in numbers.split(",")]}])
                self.assertEqual(self.sweep(matrix, "--out", self.path(kind)).returncode, 0)
                self.drawn(kind, self.path(kind))

    def test_bad_input(self):
        out = ("--out", self.path("x.png"))
        directory = self.swept()
        manifest = self.manifest()
        cases = (
            (["clock", self.path("none"), *out], "No such file"),
            (["clock", self.write("cut.json", "{\"sch"), *out], "cut short"),
            (["clock", self.write("empty.json", json.dumps({**manifest, "points": []})), *out], "no points"),
            (["clock", self.write("v2.json", json.dumps({**manifest, "schema": "nmgen-sweep-result/2"})), *out], "no manifest"),
            (["clock", self.write("edited.json", json.dumps({**manifest, "points": [{"values": [1]}]})), *out], "it was edited"),
            (["batch", directory, *out], "no axis \"batch\""),
            (["latency", self.record("r.json", "--set", "probes=off"), *out], "no latency was measured"),
            (["latency", os.path.join(directory, "manifest.json"), *out], "no record"),
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
