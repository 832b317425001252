# SPDX-License-Identifier: BSD-2-Clause
"""nmgen baseline, compare, ci and history: files, tables, exit codes, bad input. How well a slowdown is caught is shown by
scripts/regression_power.py, which takes minutes and a quiet machine."""
import json
import os
import re
import shutil
import subprocess

import records
from nmgen_process import NMGEN, ROOT, TIMEOUT_S, NmgenTest, scenario

TX = scenario("64b-10g-tx")
# A short ring: a sanitizer takes seconds to prepare a long one.
QUICK = ("--duration", "0.05", "--patience", "0", "--set", "warmup_s=0", "--set", "ports.sim:left.tx_slots=1024")
FEW = ("--samples", "2", *QUICK)
OUTCOMES = {"pass": 0, "improve": 0, "regress": 1, "invalid": 3}


class Regression(NmgenTest):
    def baseline(self, *arguments, directory="kept"):
        text = self.good("baseline", TX, "--dir", self.path(directory), *FEW, *arguments)
        self.assertRegex(text, r"\A64b-10g-tx: 2 runs, \d valid, \d disturbed; tx cycles/frame [\d.]+, MAD [\d.]+; ")
        return os.path.join(self.path(directory), "64b-10g-tx.json")

    def outcome(self, *arguments):
        """The table of a comparison; its outcome has to fit its exit code."""
        result = self.nmgen(*arguments)
        self.assertEqual(result.stderr, "")
        outcome = re.search(r"(?m)^64b-10g-tx: (\w+)$", result.stdout)
        self.assertTrue(outcome, result.stdout)
        self.assertEqual(result.returncode, OUTCOMES[outcome[1]], result.stdout)
        for line in result.stdout.splitlines():
            if not line.startswith("  - "):
                self.assertLessEqual(len(line), 80)
        return outcome[1], result.stdout

    def edited(self, path, name, change):
        """A copy of a record with other figures."""
        document = records.read(path)
        change(document)
        return self.write(name, json.dumps(document))

    def record(self, name, *arguments):
        out = self.path(name)
        duration = () if "--duration" in arguments else ("--duration", "0.05")
        self.assertIn(self.nmgen("run", TX, *duration, "--set", "warmup_s=0", "--quiet", "--out", out,
                                 *arguments).returncode, (0, 1, 3))
        return out

    def test_a_baseline_is_compared_with_itself(self):
        path = self.baseline()
        outcome, text = self.outcome("compare", path, path)
        # Two samples say nothing.
        self.assertEqual(outcome, "invalid")
        self.assertIn("10 a side are needed", text)

    def test_pairs_tell_what_many_loud_runs_do_not(self):
        """Each run costs another tenth more than the one before, and its pair on the other side 5 % more."""
        record = self.record("one")

        def cost(ticks):
            def change(document):
                document["runs"][0]["tx"]["quiet_tsc_ticks_per_frame"] = ticks
                for worker in document["runs"][0]["workers"]:
                    worker["core_hz"] = document["fingerprint"]["tsc_hz"]
            return change

        for folder, factor in (("without", 1), ("with", 1.05)):
            os.mkdir(self.path(folder))
            for i in range(12):
                self.edited(record, os.path.join(folder, f"{i:02}.json"), cost(10 * 1.1 ** i * factor ** (1 + i / 500)))
        sides = (self.path("without"), self.path("with"))
        outcome, _ = self.outcome("compare", *sides)
        self.assertEqual(outcome, "pass")
        outcome, text = self.outcome("compare", "--pairs", *sides)
        self.assertEqual(outcome, "regress")
        found = re.search(r"tx cycles/frame: \+(\d\.\d\d) %, with a 95 % interval of \+(\d\.\d\d) to \+(\d\.\d\d) %, in 12 pairs", text)
        self.assertTrue(found, text)
        center, low, high = (float(figure) for figure in found.groups())
        self.assertTrue(4.9 < low <= center <= high < 5.5, text)

    def test_ci_with_baselines_of_this_machine(self):
        self.baseline()
        outcome, text = self.outcome("ci", "--baseline", self.path("kept"), *FEW)
        self.assertEqual(outcome, "invalid")
        self.assertNotIn("not comparable", text)

    def test_ci_against_a_program(self):
        outcome, _ = self.outcome("ci", TX, "--against", NMGEN, *FEW)
        self.assertEqual(outcome, "invalid")

    def test_side_by_side_there_is_nothing_but_what_frames_cost(self):
        outcome, text = self.outcome("ci", TX, "--against", NMGEN, "--side-by-side", "--samples", "10", *QUICK)
        if outcome == "invalid":
            self.assertRegex(text, r"(?m)^  - ")
        else:
            self.assertRegex(text, r"(?m)^  tx cycles/frame .* (pass|improve|regress)$")
        self.assertNotIn("pps", text)

    def test_ten_a_side_are_judged(self):
        outcome, text = self.outcome("ci", TX, "--against", NMGEN, "--samples", "10", *QUICK)
        # A busy machine has fewer samples that count, or disturbed ones, and has to say so.
        if outcome == "invalid":
            self.assertRegex(text, r"(?m)^  - ")
        else:
            self.assertRegex(text, r"(?m)^  tx cycles/frame .* (pass|improve|regress)$")

    def twelve(self, directory, factor):
        """Twelve records whose senders' cycles are `factor` times about 5; all else is the same in all."""
        os.makedirs(self.path(directory))
        if not os.path.exists(self.path("first.json")):
            self.record("first.json", "--duration", "0.5")
        first = records.read(self.path("first.json"))
        for i in range(12):
            first["runs"][0]["tx"]["quiet_tsc_ticks_per_frame"] = (5 + i / 100) * factor
            for worker in first["runs"][0]["workers"]:
                worker["core_hz"] = first["fingerprint"]["tsc_hz"]
            first["verdict"] = "pass"
            self.write(f"{directory}/{i}.json", json.dumps(first))
        return self.path(directory)

    def test_five_per_cent_in_records(self):
        base, more = self.twelve("base", 1), self.twelve("more", 1.05)
        outcome, text = self.outcome("compare", base, more)
        self.assertEqual(outcome, "regress")
        self.assertRegex(text, r"tx cycles/frame +5\.055 +5\.308 +\+5\.00 %")
        self.assertEqual(self.outcome("compare", more, base)[0], "improve")
        self.assertEqual(self.outcome("compare", base, base)[0], "pass")
        # Of several the worst.
        self.assertEqual(self.nmgen("compare", base, base, more).returncode, 1)

    def test_history(self):
        base, more = self.twelve("base", 1), self.twelve("more", 1.2)
        result = self.nmgen("history", base)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("12 results, 1 level\n", result.stdout)
        self.assertIn("1 result, 1 level\n", self.nmgen("history", os.path.join(base, sorted(os.listdir(base))[0])).stdout)
        os.makedirs(self.path("both"))
        for name in os.listdir(base):
            shutil.copy(os.path.join(base, name), os.path.join(self.path("both"), "a" + name))

            def later(document):
                document["started_at"] = "9" + document["started_at"][1:]
            self.edited(os.path.join(more, name), "both/b" + name, later)
        result = self.nmgen("history", self.path("both"))
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("24 results, 2 levels\n", result.stdout)
        self.assertIn("+20.", result.stdout)
        self.assertIn("The last jump is for the worse.", result.stdout)
        self.assertEqual(self.nmgen("history", self.path("both"), "--metric", "tx_pps").returncode, 0)

    def test_another_machine_is_invalid(self):
        base = self.twelve("base", 1)
        os.makedirs(self.path("there"))
        for name in os.listdir(base):
            def moved(document):
                document["fingerprint"]["cpu_model"] = "Example"
            self.edited(os.path.join(base, name), "there/" + name, moved)
        outcome, text = self.outcome("compare", base, self.path("there"))
        self.assertEqual(outcome, "invalid")
        self.assertIn("not comparable: processor:", text)

    def test_bad_input(self):
        kept = self.baseline()
        record = self.record("r.json")
        with open(kept, encoding="utf-8") as file:
            text = file.read()
        os.makedirs(self.path("none"))

        def other_version(document):
            document["schema"] = "nmgen-result/9"

        def no_runs(document):
            document["runs"] = []

        def other_scenario(document):
            document["scenario"]["text"] = document["scenario"]["text"].replace("0.05", "0.06")
        cases = (
            (("compare",), "two sets of runs are needed"),
            (("compare", kept), "two sets of runs are needed"),
            (("compare", kept, self.path("x.json")), "No such file"),
            (("compare", self.write("cut.json", text[:200]), kept), "it ends in the middle"),
            (("compare", self.write("edited.json", re.sub(r'"tx_cycles":[\d.]+', '"tx_cycles":1', text)), kept), "it was edited"),
            (("compare", self.write("v2.json", text.replace("nmgen-baseline/1", "nmgen-baseline/2")), kept),
             "it follows schema \"nmgen-baseline/2\""),
            (("compare", self.edited(record, "v9.json", other_version), record), "it follows schema \"nmgen-result/9\""),
            (("compare", self.edited(record, "empty.json", no_runs), record), "there is no run in it"),
            (("compare", self.edited(record, "hash.json", other_scenario), record), "it was edited"),
            (("compare", record, self.record("other.json", "--set", "senders.0.batch=64")), "different scenarios"),
            (("compare", self.path("none"), record), "no record in it"),
            (("ci", "--baseline", self.path("none")), "no baseline in it"),
            (("ci", "--baseline", self.path("none"), "--against", NMGEN), "exclude each other"),
            (("ci", TX, "--against", self.path("missing")), "neither a program nor a git revision"),
            (("ci", TX, "--against", record), "not a program"),
            (("ci", TX, "--against", "/bin/false", *FEW), "it exited with 1"),
            (("ci", TX, "--against", "/bin/false", "--side-by-side", *FEW), "it exited with 1"),
            (("ci", TX, "--side-by-side"), "name it with --against"),
            (("ci", TX, "--samples", "0"), "--samples"),
            (("baseline",), "no scenario is given"),
            (("baseline", self.path("x.json"), "--dir", self.path("d")), "x.json"),
            (("baseline", TX, "--dir", "/proc/none", *FEW), "/proc/none"),
            (("history",), "no results are given"),
            (("history", self.path("none")), "no result in it"),
            (("history", record, "--metric", "colour"), "no metric \"colour\""),
            (("history", record, "--metric", "p99_ns"), "it has no latency p99"),
        )
        for arguments, words in cases:
            with self.subTest(arguments=arguments):
                self.assertIn(words, self.refused(*arguments))


class Power(NmgenTest):
    def test_the_patch_of_the_slowed_sender_applies(self):
        # What it compiles to and how often it is found is shown each night.
        result = subprocess.run(["patch", "--dry-run", "--force", "--fuzz=0", "-p1", "-d", ROOT, "-i",
                                 os.path.join(ROOT, "scripts/regression_power.patch")],
                                capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("checking file pktgen/worker/sender.cc", result.stdout)


del NmgenTest
