# SPDX-License-Identifier: BSD-2-Clause
"""Schedules, as a user sees them: the frames of a run to the frame, and their times as `nmgen show` writes them."""
import json
import struct
import unittest

import records
from nmgen_process import NmgenTest

PORTS = {"sim:a": {"cable": "sim:b", "queues": 2}, "sim:b": {"cable": "sim:a", "queues": 2}}
# Of each schedule: the sender's keys, the frames of 0.4 s, and the longest time between two frames in s.
SCHEDULES = {
    "burst": ({"rate": "100 kpps", "schedule": {"burst": {"frames": 50}}}, 40_000, 5e-4),
    "poisson": ({"rate": "100 kpps", "schedule": {"poisson": {"seed": 5}}}, None, None),
    "on_off": ({"schedule": {"on_off": {"rate": "200 kpps", "on_s": "50 ms", "off_s": "50 ms"}}}, 40_000, 0.05),
    "ramp": ({"schedule": {"ramp": {"from": "20 kpps", "to": "180 kpps", "for_s": "400 ms"}}}, 40_000, 5e-5),
    "steps": ({"schedule": {"steps": {"list": [{"rate": "50 kpps", "for_s": "100 ms"}, {"for_s": "200 ms"},
                                               {"rate": "672 Mbit/s", "for_s": "100 ms"}]}}}, 105_000, 0.2),
    "times": ({"schedule": {"times": {"at_s": [0, 0, "1 ms"], "period_s": "4 ms"}}}, 300, 3e-3),
}


def times_of_pcap(path):
    """Seconds, of a file with nanosecond stamps."""
    with open(path, "rb") as file:
        data = file.read()
    times, at = [], 24
    while at < len(data):
        seconds, ns, size, _ = struct.unpack_from("<IIII", data, at)
        times.append(seconds + ns / 1e9)
        at += 16 + size
    return times


class Schedules(NmgenTest):
    def scenario_of(self, name, **more):
        return self.write(name + ".json", json.dumps({
            "schema": "nmgen-scenario/1", "duration_s": 0.4, "warmup_s": 0, "ports": PORTS,
            "limits": {"off_core_percent": 100, "late_percent": 100},
            "senders": [{"port": "sim:a", **SCHEDULES[name][0], **more}], "receivers": [{"port": "sim:b"}]}))

    def run_of(self, path):
        out = self.path("r.json")
        result = self.nmgen("run", path, "--out", out, "--force")
        self.assertEqual(result.stderr, "")
        record = records.read(out)
        records.check(self, record, result.returncode)
        return result.stdout, record

    def test_a_run_sends_what_is_due(self):
        """Exactly, with one worker and with two that take turns, where nothing held them up."""
        for name, (_, frames, _) in SCHEDULES.items():
            for workers in 1, 2:
                with self.subTest(name, workers=workers):
                    text, record = self.run_of(self.scenario_of(name, workers=workers))
                    run = record["runs"][0]
                    senders = [worker for worker in run["workers"] if worker["role"] == "sender"]
                    shares = [sum(worker["departures_" + limit] for worker in senders)
                              for limit in ("64ns", "128ns", "256ns", "512ns", "1us")]
                    self.assertEqual(shares, sorted(shares))
                    self.assertEqual(sum(worker["departures"] for worker in senders), run["tx"]["frames"])
                    self.assertLessEqual(shares[-1], run["tx"]["frames"])
                    self.assertIn("departures within 64, 128, 256, 512 ns, 1 us", text)
                    if record["verdict"] == "pass" and frames is not None:
                        self.assertEqual(run["tx"]["frames"], frames)
                        self.assertLess(abs(senders[0]["frames"] - run["tx"]["frames"] / workers), workers)

    def test_frames_is_exact(self):
        for name in SCHEDULES:
            for workers in 1, 2:
                path = self.scenario_of(name, workers=workers)
                self.nmgen("run", path, "--out", self.path("r.json"), "--force", "--set", "frames=251")
                run = records.read(self.path("r.json"))["runs"][0]
                self.assertEqual((run["tx"]["frames"], run["rx"]["frames"]), (251, 251), name)

    def test_show_writes_the_times(self):
        """What `show` writes as a capture is when frames are due: all of them, at no time but theirs."""
        for name, (_, frames, longest) in SCHEDULES.items():
            self.nmgen("show", self.scenario_of(name), "--pcap", self.path("s.pcap"), "--force",
                       "--count", str(frames or 40_000))
            times = times_of_pcap(self.path("s.pcap"))
            self.assertEqual(len(times), frames or 40_000)
            self.assertEqual(times, sorted(times), name)
            self.assertLess(times[-1], 0.42, name)
            if longest is not None:
                gaps = [later - sooner for sooner, later in zip(times, times[1:])]
                self.assertAlmostEqual(max(gaps), longest, delta=longest * 0.01 + 2e-5, msg=name)

    def test_a_capture_is_sent_as_it_was_recorded(self):
        """A run of what `show` wrote has its times and its frames; the file is beside the scenario, wherever nmgen is started."""
        self.nmgen("show", self.scenario_of("poisson"), "--pcap", self.path("in.pcap"), "--force", "--count", "4000")
        recorded = times_of_pcap(self.path("in.pcap"))
        for speed in 1, 10:
            path = self.write("recorded.json", json.dumps({
                "schema": "nmgen-scenario/1", "duration_s": 0.4, "warmup_s": 0, "ports": PORTS, "frames": 8000,
                "limits": {"off_core_percent": 100, "late_percent": 100},
                "senders": [{"port": "sim:a", "schedule": {"recorded": {"file": "in.pcap", "speed": speed}}}],
                "receivers": [{"port": "sim:b"}]}))
            self.nmgen("show", path, "--pcap", self.path("out.pcap"), "--force", "--count", "8000")
            shown = times_of_pcap(self.path("out.pcap"))
            mean = (recorded[-1] - recorded[0]) / (len(recorded) - 1)
            for i, time in enumerate(shown):
                due = recorded[i % 4000] - recorded[0] + i // 4000 * 4000 * mean
                self.assertAlmostEqual(time - shown[0], due / speed, delta=1e-7)
            _, record = self.run_of(path)
            if record["verdict"] == "pass":
                self.assertEqual(record["runs"][0]["tx"]["frames"], 8000)

    def test_captures_that_cannot_be(self):
        scenario = json.dumps({
            "schema": "nmgen-scenario/1", "ports": PORTS, "duration_s": 0.4,
            "senders": [{"port": "sim:a", "schedule": {"recorded": {"file": "x.pcap"}}}]})
        path = self.write("bad.json", scenario)

        def check(*parts):
            for command in (["validate", path], ["run", path, "--out", self.path("r.json")]):
                sentence = self.refused(*command)
                for part in ("/senders/0/schedule/recorded", *parts):
                    self.assertIn(part, sentence)

        def write(*times, size=60, magic=0xA1B23C4D, link=1):
            with open(self.path("x.pcap"), "wb") as file:
                file.write(struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 65535, link))
                for time in times:
                    file.write(struct.pack("<IIII", time // 10**9, time % 10**9, 60, 60) + bytes(size))

        check("x.pcap", "No such file")
        write()
        check("no frame", "at least two")
        write(10**9)
        check("one frame")
        write(10**9, 10**9 - 1)
        check("frame 2 is 1 ns before", "reordercap")
        write(10**9, 10**9 + 1, size=59)
        check("x.pcap", "truncated")
        write(10**9, 10**9 + 1, link=105)
        check("Ethernet")
        write(10**9, 2 * 10**9)
        check("the run takes 0.4 s", "duration_s")

    def test_what_cannot_be_is_a_sentence(self):
        for schedule, rate, place, remedy in (
                ({"ramp": {"for_s": 0.1}}, "max", "/senders/0/schedule/ramp", "give a part a rate"),
                ({"ramp": {"to": "10 %", "for_s": "1 s"}}, "max", "/senders/0/schedule/ramp", "duration_s"),
                ({"on_off": {"on_s": 0.1, "off_s": 0.1}}, "1 kpps", "/senders/0/schedule/on_off", "remove"),
                ({"on_off": {"on_s": "0 s", "off_s": 0.1}}, "max", "/senders/0/schedule/on_off/on_s", "use a number"),
                ({"poisson": {}}, "max", "/senders/0/schedule/poisson", "set the sender's rate"),
                ({"poisson": {"frames": 1}}, "1 kpps", "/senders/0/schedule/poisson/frames", "use a whole number"),
                ({"times": {"at_s": [1, 0], "period_s": 2}}, "max", "/senders/0/schedule/times", "sort the list"),
                ({"times": {"at_s": [], "period_s": 2}}, "max", "/senders/0/schedule/times/at_s", "give it at least 1"),
                ({"steps": {"list": [{"rate": "20 Mpps", "for_s": 0.1}]}}, "max", "/senders/0/schedule/steps", "or less"),
                ({"wobble": {}}, "max", "/senders/0/schedule/wobble", "")):
            path = self.write("bad.json", json.dumps({
                "schema": "nmgen-scenario/1", "ports": PORTS, "duration_s": 0.4,
                "senders": [{"port": "sim:a", "rate": rate, "schedule": schedule}]}))
            sentence = self.refused("validate", path)
            self.assertIn(place, sentence)
            self.assertIn(remedy, sentence)


if __name__ == "__main__":
    unittest.main()
