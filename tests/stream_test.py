# SPDX-License-Identifier: BSD-2-Clause
"""Figures by stream, as a user sees them: each stream has its own, and together they are the run's."""
import json
import unittest

import records
from nmgen_process import NmgenTest

PORTS = {"sim:a": {"cable": "sim:b", "queues": 4, "rx_slots": 4096}, "sim:b": {"cable": "sim:a", "rx_slots": 4096}}
STREAMS = {
    "small": {"weight": 7, "udp": {}, "vary": [{"field": "udp.source_port", "count": 50}]},
    "middle": {"weight": 4, "size_no_crc": 590, "udp": {}},
    "large": {"weight": 1, "size_no_crc": 1514, "tcp": {}},
}


class Streams(NmgenTest):
    def run_of(self, *senders, **more):
        path = self.write("s.json", json.dumps({
            "schema": "nmgen-scenario/1", "duration_s": 0.3, "warmup_s": 0.1, "ports": PORTS, "streams": STREAMS,
            "limits": {"off_core_percent": 100, "late_percent": 100},
            "senders": [{"port": "sim:a", **sender} for sender in senders], "receivers": [{"port": "sim:b"}], **more}))
        out = self.path("r.json")
        result = self.nmgen("run", path, "--out", out, "--force")
        self.assertEqual(result.stderr, "")
        record = records.read(out)
        records.check(self, record, result.returncode)
        return result.stdout, record["runs"][0]

    def check_sums(self, run, sent, received):
        streams = run["streams"]
        self.assertEqual(sum(stream["sent"] for stream in streams), sent)
        self.assertEqual(sum(stream["received"] for stream in streams), received)
        self.assertEqual(sum(stream["loss"]["frames"] for stream in streams), run["loss"]["frames"] + run["late"])
        self.assertEqual(sum(stream["duplicates"] for stream in streams), run["duplicates"])
        self.assertEqual([stream["latency_ns"]["count"] for stream in streams],
                         [stream["received"] for stream in streams])
        for latency in "latency_ns", "latency_intended_ns":
            whole = {}
            for stream in streams:
                for bucket, count in stream[latency]["histogram"]:
                    whole[bucket] = whole.get(bucket, 0) + count
            self.assertEqual(sorted(whole.items()), [tuple(bucket) for bucket in run[latency]["histogram"]])

    def test_streams_of_one_sender(self):
        """By their weights, to the frame, with one worker and with several that take turns."""
        for workers in 1, 3:
            text, run = self.run_of({"rate": "240 kpps", "workers": workers})
            self.check_sums(run, run["tx"]["frames"], run["rx"]["frames"])
            by_name = {stream["name"]: stream for stream in run["streams"]}
            self.assertEqual(list(by_name), ["large", "middle", "small"])
            for name, stream in by_name.items():
                share = run["tx"]["frames"] * STREAMS[name]["weight"] / 12
                self.assertLess(abs(stream["sent"] - share), 8 * workers, name)
                self.assertRegex(text, rf"\n  {name} +1 +{stream['sent']:,} ")

    def test_a_sender_each_and_a_shared_stream(self):
        """A stream that two senders send has the frames of both."""
        _, run = self.run_of({"rate": "100 kpps", "streams": ["small"]},
                             {"rate": "20 kpps", "streams": ["large"], "first_ring": 1},
                             {"rate": "50 kpps", "streams": ["small", "large"], "first_ring": 2,
                              "schedule": {"poisson": {}}})
        self.check_sums(run, run["tx"]["frames"], run["rx"]["frames"])
        workers = [worker["frames"] for worker in run["workers"] if worker["role"] == "sender"]
        sent = {stream["name"]: stream["sent"] for stream in run["streams"]}
        self.assertEqual(list(sent), ["large", "small"])
        self.assertLess(abs(sent["small"] - workers[0] - workers[2] * 7 / 8), 8)

    def test_sampled_probes(self):
        """Then the figures are of the frames that have a probe."""
        _, run = self.run_of({"rate": "240 kpps"}, probes={"one_in": 5})
        sent = sum(stream["sent"] for stream in run["streams"])
        self.assertLess(abs(sent - run["tx"]["frames"] / 5), 2)
        self.check_sums(run, sent, run["latency_ns"]["count"])

    def test_one_stream_or_no_probe_has_none(self):
        text, run = self.run_of({"rate": "100 kpps", "streams": ["middle"]})
        self.assertEqual(run["streams"], [])
        self.assertNotIn("middle", text)
        _, run = self.run_of({"rate": "100 kpps"}, probes="off")
        self.assertEqual(run["streams"], [])

    def test_nobody_receives(self):
        _, run = self.run_of({"rate": "100 kpps"}, receivers=[], warmup_s=0)
        self.assertEqual(run["streams"], [])


if __name__ == "__main__":
    unittest.main()
