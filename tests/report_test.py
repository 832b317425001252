# SPDX-License-Identifier: BSD-2-Clause
"""Reports of one run, each read by a program that is not ours and compared with the record."""
import csv
import os
import re
import subprocess
import time
import unittest
import urllib.error
import urllib.request
import xml.etree.ElementTree

try:
    from prometheus_client.openmetrics import parser as openmetrics
except ImportError:
    openmetrics = None

import records
from nmgen_process import NMGEN, TIMEOUT_S, NmgenTest, scenario

RUN = ("run", scenario("64b-10g"), "--set", "warmup_s=0.1")


class Reports(NmgenTest):
    def families(self, text):
        if openmetrics is None:
            self.skipTest("python3-prometheus-client is not installed: scripts/test installs it")
        return {family.name: family for family in openmetrics.text_string_to_metric_families(text)}

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def reported(self, kinds, *arguments):
        """Output and record of a run of two seconds with these reports, each in the file of its name."""
        lists = ",".join(f"{kind}={self.path(kind)}" for kind in kinds)
        result = self.nmgen(*RUN, "--duration", "2.2", "--out", self.path("record"), "--report",
                            "console," + lists, *arguments)
        self.assertEqual(result.stderr, "")
        record = records.read(self.path("record"))
        records.check(self, record, result.returncode)
        return result.stdout, record

    def assert_measured_digits(self, name, cell, value):
        """A cell says what the record says, and no more digits than its unit has."""
        self.assertRegex(cell, r"\A\d+(\.\d*[1-9])?\Z", name)
        if isinstance(value, int):
            self.assertEqual(int(cell), value, name)
            return
        decimals = len(cell.partition(".")[2])
        if name.endswith("_ns"):
            # A bucket of the histogram is 1/1024 wide.
            self.assertEqual(decimals, 0, name)
            self.assertAlmostEqual(float(cell), value, delta=max(0.5, value / 1024), msg=name)
        elif name.endswith("_s") or name == "seconds":
            self.assertLessEqual(decimals, 9, name)
            self.assertAlmostEqual(float(cell), value, delta=1e-9, msg=name)
        elif name.endswith("_ms"):
            self.assertLessEqual(decimals, 6, name)
            self.assertAlmostEqual(float(cell), value, delta=1e-6, msg=name)
        else:
            self.assertLessEqual(len(cell.replace(".", "").lstrip("0")), 10, name)
            self.assertAlmostEqual(float(cell), value, delta=1e-9 * value, msg=name)

    def test_csv(self):
        text, record = self.reported(["csv"], "--set", "repeat=2")
        self.assertIn("TSC ticks/frame", text)
        rows = list(csv.DictReader(self.read("csv").splitlines()))
        intervals = [(number, interval) for number, run in enumerate(record["runs"], 1)
                     for interval in run["intervals"]]
        self.assertGreaterEqual(len(intervals), 2)
        self.assertEqual(len(rows), len(intervals))
        for row, (number, interval) in zip(rows, intervals):
            self.assertEqual(int(row.pop("run")), number)
            self.assertEqual(list(row), list(interval))
            for name, value in interval.items():
                self.assert_measured_digits(name, row[name], value)

    def test_openmetrics(self):
        _, record = self.reported(["openmetrics"])
        families = self.families(self.read("openmetrics"))
        run = record["runs"][0]

        def value(family, **labels):
            found = [sample.value for sample in families[family].samples
                     if all(sample.labels.get(key) == want for key, want in labels.items())]
            self.assertEqual(len(found), 1, (family, labels))
            return found[0]

        self.assertEqual(value("nmgen_frames", direction="tx"), run["tx"]["frames"])
        self.assertEqual(value("nmgen_frames", direction="rx"), run["rx"]["frames"])
        self.assertEqual(value("nmgen_mean_frame_rate", direction="tx"), record["summary"]["tx_mean_pps"])
        self.assertEqual(value("nmgen_median_frame_rate", direction="tx"), record["summary"]["tx_pps"]["median"])
        self.assertEqual(value("nmgen_lost_frames"), run["loss"]["frames"])
        self.assertEqual(value("nmgen_latency_seconds", le="+Inf"), run["latency_ns"]["count"])
        for worker in run["workers"]:
            for counter in ("frames", "bytes", "syncs", "idle_tsc_ticks", "late_departures"):
                self.assertEqual(value("nmgen_worker_" + counter, worker=worker["name"], role=worker["role"]), worker[counter])
        states = {sample.labels["nmgen_verdict"]: sample.value for sample in families["nmgen_verdict"].samples}
        self.assertEqual([state for state, on in states.items() if on], [record["verdict"]])

    def test_junit(self):
        _, record = self.reported(["junit"])
        suites = xml.etree.ElementTree.fromstring(self.read("junit"))
        self.assertEqual(suites.tag, "testsuites")
        case = suites.find("./testsuite/testcase")
        self.assertEqual(case.get("name"), record["scenario"]["name"])
        outcome = {"pass": None, "fail": "failure", "invalid": "error"}[record["verdict"]]
        for tag in ("failure", "error"):
            self.assertEqual(case.find(tag) is not None, tag == outcome, tag)
        if outcome:
            for reason in record["verdict_reasons"]:
                self.assertIn(reason, case.find(outcome).text)
            self.assertEqual(suites.get(outcome + "s"), "1")

    @staticmethod
    def shown_rate(pps):
        """A rate as the console and the page round it: five digits and a unit."""
        for unit, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
            if pps >= factor * 0.9999995:
                return f"{pps / factor:.3f}{unit}"
        return f"{pps:.1f}"

    def test_all_reports_of_a_run_say_the_same(self):
        console, record = self.reported(["csv", "openmetrics", "html", "junit", "markdown"], "--set", "repeat=2")
        families = self.families(self.read("openmetrics"))
        properties = {entry.get("name"): entry.get("value") for entry in
                      xml.etree.ElementTree.fromstring(self.read("junit")).iter("property")}
        rows = list(csv.DictReader(self.read("csv").splitlines()))
        html = self.read("html")
        # Cells of the Markdown's tables, by the first of each row.
        markdown = {cells[0]: cells[1:] for cells in
                    ([cell.strip() for cell in line.strip("|").split("|")]
                     for line in self.read("markdown").splitlines() if line.startswith("|"))}

        def metric(family, way):
            return next(sample.value for sample in families[family].samples if sample.labels["direction"] == way)

        def row_of(label):
            return re.search(rf"(?m)^  {label} +(\S+) +(\S+)", console).groups()

        for column, way in enumerate(("tx", "rx")):
            frames = sum(run[way]["frames"] for run in record["runs"])
            self.assertEqual(int(properties[way + "_frames"]), frames)
            self.assertEqual(metric("nmgen_frames", way), frames)
            self.assertEqual(sum(int(row[way + "_frames"]) for row in rows), frames)
            self.assertEqual(row_of("frames")[column], f"{frames:,}")
            mean = record["summary"][way + "_mean_pps"]
            self.assertEqual(float(properties[way + "_pps_mean"]), mean)
            self.assertEqual(metric("nmgen_mean_frame_rate", way), mean)
            self.assertAlmostEqual(frames / sum(float(row["seconds"]) for row in rows), mean, delta=1e-6 * mean)
            median = record["summary"][way + "_pps"]["median"]
            self.assertEqual(float(properties[way + "_pps_median"]), median)
            self.assertEqual(metric("nmgen_median_frame_rate", way), median)
            for label, value in (("frames per second, mean", mean), ("  median", median)):
                self.assertEqual(row_of(label)[column], self.shown_rate(value))
                self.assertIn(f">{self.shown_rate(value)}</td>", html)
            self.assertEqual(markdown["frames/s, mean"][column], self.shown_rate(mean))
            self.assertEqual(markdown["frames/s, median second"][column], self.shown_rate(median))
            for run in record["runs"]:
                self.assertIn(f">{run[way]['frames']:,}</td>", html)
        for run in record["runs"]:
            for worker in run["workers"]:
                for value in (worker["off_core_ms"], worker["longest_gap_us"] / 1e3):
                    self.assertIn(f">{value:,.3f}</td>", html)
        for name in ("tx0", "rx0"):
            off_core_ms = sum(worker["off_core_ms"] for run in record["runs"] for worker in run["workers"]
                              if worker["name"] == name)
            self.assertRegex(console, rf"(?m)^  {name} .* {off_core_ms:,.3f}( |$)")
            self.assertEqual(markdown[name][-2], f"{off_core_ms:,.3f}")
        for counter in ("syncs", "idle_tsc_ticks"):
            self.assertEqual(markdown[counter], [
                f"{sum(worker[counter] for run in record['runs'] for worker in run['workers'] if worker['name'] == name):,}"
                for name in ("tx0", "rx0")])
        lost = sum(run["loss"]["frames"] for run in record["runs"])
        self.assertEqual(next(sample.value for sample in families["nmgen_lost_frames"].samples), lost)
        self.assertIn(f"lost {lost:,} (", console)
        verdict = record["verdict"]
        self.assertTrue(re.search(rf"(?m)^{verdict.upper()}  ", console))
        self.assertIn(f'class="verdict {verdict}"', html)
        self.assertIn(f"\n## 64b-10g: {verdict.upper()}\n", self.read("markdown"))

    def test_html_is_whole_and_alone(self):
        _, record = self.reported(["html"])
        text = self.read("html")
        self.assertIn(f'class="verdict {record["verdict"]}"', text)
        self.assertIn(f'{record["runs"][0]["tx"]["frames"]:,}', text)
        self.assertGreaterEqual(text.count("<svg "), 6)
        self.assertEqual(text.count("<svg "), text.count("</svg>"))
        for word in ("http:", "https:", "<script", "url(", "@import"):
            self.assertNotIn(word, text)
        for svg in re.findall(r"(?s)<svg .*?</svg>", text):
            xml.etree.ElementTree.fromstring(svg)

    def test_without_a_file_the_scenario_names_it(self):
        # The names are relative to where the program runs.
        result = subprocess.run([NMGEN, *RUN, "--duration", "0.3", "--report", "json,csv,openmetrics,html,junit,markdown"],
                                cwd=self.directory, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        self.assertEqual(result.stderr, "")
        self.assertEqual(sorted(os.listdir(self.directory)),
                         sorted("64b-10g" + ending for ending in (".result.json", ".csv", ".prom", ".html", ".xml", ".md")))
        records.check(self, records.read(self.path("64b-10g.result.json")), result.returncode)
        # No console in the list: the verdict only.
        self.assertNotIn("TSC ticks/frame", result.stdout)
        self.assertRegex(result.stdout, r"\A(PASS|FAIL|INVALID)  64b-10g")

    def test_one_report_on_standard_output(self):
        result = self.nmgen(*RUN, "--duration", "0.3", "--report", "console,junit=-")
        self.assertEqual(xml.etree.ElementTree.fromstring(result.stdout).tag, "testsuites")
        self.assertIn("TSC ticks/frame", result.stderr)

    def test_reports_of_a_record_are_those_of_its_run(self):
        kinds = ["csv", "openmetrics", "html", "junit", "json"]
        console, _ = self.reported(kinds[:-1], "--set", "repeat=2")
        lists = ",".join(f"{kind}={self.path(kind)}.later" for kind in kinds)
        self.assertEqual(self.good("report", self.path("record"), "--report", lists), "")
        for kind in kinds:
            self.assertEqual(self.read(kind + ".later"), self.read("record" if kind == "json" else kind), kind)
        figures = self.good("report", self.path("record"))
        self.assertRegex(figures, r"\A(PASS|FAIL|INVALID)  64b-10g")
        self.assertTrue(console.endswith(figures), console)
        result = self.nmgen("report", self.path("record"), "--report", "console,csv=-")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, self.read("csv"), figures))

    def test_report_replaces_neither_its_record_nor_other_files(self):
        self.nmgen(*RUN, "--duration", "0.3", "--quiet", "--out", self.path("record"))
        before = self.read("record")
        for force in ((), ("--force",)):
            self.assertIn("cannot write", self.refused("report", self.path("record"), "--report", "json=" + self.path("record"), *force))
        self.write("notes", "mine")
        self.assertIn("--force", self.refused("report", self.path("record"), "--report", "csv=" + self.path("notes")))
        self.assertEqual((self.read("record"), self.read("notes")), (before, "mine"))
        self.good("report", self.path("record"), "--report", "csv=" + self.path("notes"), "--force")
        self.assertIn("no record is given", self.refused("report"))
        self.assertIn("cannot read record", self.refused("report", self.path("none")))
        self.assertIn("no such report", self.refused("report", self.path("record"), "--report", "yaml"))

    def test_refusals(self):
        for arguments, words in ((("--report", "yaml"), "no such report"),
                                 (("--report", "csv", "--report", "csv=x"), "twice"),
                                 (("--report", "html=" + self.path("none/x.html")), "no such directory"),
                                 (("--report", "csv=" + self.path("x"), "--out", self.path("x")), "once"),
                                 (("--report", "json=" + self.path("x"), "--out", self.path("y")), "once"),
                                 (("--metrics-listen", "0.0.0.0:1"), "only this machine"),
                                 (("--metrics-listen", "127.0.0.1"), "ADDRESS:PORT")):
            with self.subTest(arguments):
                self.assertIn(words, self.refused(*RUN, "--duration", "100", *arguments))
        self.assertEqual(os.listdir(self.directory), [])

    def test_metrics_over_http_while_it_runs(self):
        with subprocess.Popen([NMGEN, *RUN, "--duration", "3600", "--metrics-listen", "127.0.0.1:0"],
                              stdout=subprocess.PIPE, text=True) as process:
            try:
                url = re.fullmatch(r"metrics: (http://127\.0\.0\.1:\d+/metrics)\n",
                                   process.stdout.readline()).group(1)
                text = ""
                until = time.monotonic() + TIMEOUT_S
                while not re.search(r'nmgen_frames_total\{direction="tx"\} [1-9]', text) and time.monotonic() < until:
                    time.sleep(0.1)
                    try:
                        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
                            text = answer.read().decode()
                            self.assertIn("openmetrics-text", answer.headers["Content-Type"])
                    except urllib.error.HTTPError as early:
                        self.assertEqual(early.code, 503)
                        early.close()
                with self.assertRaises(urllib.error.HTTPError) as missing:
                    urllib.request.urlopen(url + "/x", timeout=TIMEOUT_S).close()
                self.assertEqual(missing.exception.code, 404)
                missing.exception.close()
            finally:
                process.terminate()
                process.stdout.read()
                process.wait(TIMEOUT_S)
        self.assertIn("nmgen_running 1\n", text)
        self.assertRegex(text, r'nmgen_frames_total\{direction="tx"\} [1-9]')
        self.assertIn("nmgen_frames", self.families(text))


if __name__ == "__main__":
    unittest.main()
