# SPDX-License-Identifier: BSD-2-Clause
"""What must be true of every record, whatever the machine was doing."""
import hashlib
import json
import os

try:
    import jsonschema
except ImportError:
    jsonschema = None

from nmgen_process import ROOT

EXIT_CODES = {"pass": 0, "fail": 1, "invalid": 3}
SCHEMA = os.path.join(ROOT, "reporters", "schema", "nmgen-result-1.json")


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def check_latency(test, latency):
    quantiles = [latency[key] for key in ("min", "p50", "p90", "p99", "p999", "max")]
    test.assertEqual(quantiles, sorted(quantiles))
    histogram = latency["histogram"]
    test.assertEqual(sum(count for _, count in histogram), latency["count"])
    values = [value for value, _ in histogram]
    test.assertEqual(values, sorted(set(values)))


def check_run(test, run, every_frame_is_probed):
    senders = [worker for worker in run["workers"] if worker["role"] == "sender"]
    receivers = [worker for worker in run["workers"] if worker["role"] == "receiver"]
    for workers, direction in ((senders, run["tx"]), (receivers, run["rx"])):
        for key in ("frames", "bytes"):
            test.assertEqual(sum(worker[key] for worker in workers), direction[key])
        # No line is faster than itself; 1 % is for what a device's buffers hold in a short run.
        test.assertLess(direction["line_rate_percent"], 101)
    test.assertEqual(sum(worker["duplicates"] for worker in receivers), run["duplicates"])
    test.assertEqual(sum(worker["reordered"] for worker in receivers), run["reordered"])
    # Intervals follow each other from the first frame to the last, and their sums are the totals.
    end_s = 0
    for interval in run["intervals"]:
        test.assertAlmostEqual(interval["start_s"], end_s, 6)
        end_s = interval["start_s"] + interval["seconds"]
    test.assertAlmostEqual(end_s, run["seconds"], 6)
    for way in ("tx", "rx"):
        test.assertEqual(sum(interval[way + "_frames"] for interval in run["intervals"]), run[way]["frames"])
    if receivers and every_frame_is_probed:
        test.assertEqual(run["tx"]["frames"],
                         run["rx"]["frames"] - run["duplicates"] + run["loss"]["frames"] + run["late"],
                         "sent is not received and lost")
    if run["tx"]["frames"] > 0:
        test.assertGreater(run["tx"]["busy_tsc_ticks_per_frame"], 0)
        test.assertGreater(run["tx"]["frames_per_sync"], 0)
    check_latency(test, run["latency_ns"])
    check_latency(test, run["latency_intended_ns"])


def check(test, record, exit_code):
    """Fails `test` where the record does not fit its schema, its exit code or itself."""
    if jsonschema is not None:
        jsonschema.validate(record, read(SCHEMA))
    test.assertEqual(exit_code, EXIT_CODES[record["verdict"]], record["verdict_reasons"])
    if record["verdict"] != "pass":
        test.assertTrue(record["verdict_reasons"])
    text = record["scenario"]["text"]
    test.assertEqual(record["scenario"]["hash"],
                     "sha256:" + hashlib.sha256(text.encode()).hexdigest())
    scenario = json.loads(text)
    for run in record["runs"]:
        check_run(test, run, scenario.get("probes", "every") == "every")
    seconds = sum(run["seconds"] for run in record["runs"])
    for way in ("tx", "rx"):
        frames = sum(run[way]["frames"] for run in record["runs"])
        test.assertAlmostEqual(record["summary"][way + "_mean_pps"] * seconds, frames, delta=1e-6 * frames + 1e-6)
        spread = record["summary"][way + "_pps"]
        test.assertLessEqual(spread["min"], spread["median"])
        test.assertLessEqual(spread["median"], spread["max"])
