# SPDX-License-Identifier: BSD-2-Clause
"""Runs over the simulated device, short ones: what is counted must add up, at any speed."""
import json
import os
import pty
import re
import select
import signal
import subprocess
import unittest

import records
from nmgen_process import NMGEN, TIMEOUT_S, NmgenTest, scenario

SHORT = ("--duration", "0.3", "--set", "warmup_s=0.1")
MODEL = "a result of the model, not of a NIC"


class Run(NmgenTest):
    def record_of(self, name, *arguments):
        """Output and checked record of a run."""
        out = self.path("r.json")
        result = self.nmgen("run", scenario(name), "--out", out, *arguments)
        self.assertEqual(result.stderr, "")
        record = records.read(out)
        records.check(self, record, result.returncode)
        self.assertEqual(os.listdir(self.directory), ["r.json"])
        return result.stdout, record

    def test_64b_10g(self):
        text, record = self.record_of("64b-10g", "--duration", "2", "--set", "warmup_s=0.2")
        self.assertEqual(record["devices"], [{"port": "sim:" + end, "residence": "hosted", "driver": "sim82599",
                                              "simulated": True, "speed_gbps": 10.0, "mode": ""} for end in ("left", "right")])
        run = record["runs"][0]
        self.assertGreater(run["tx"]["frames"], 0)
        self.assertGreater(run["rx"]["frames"], 0)
        self.assertGreater(run["latency_ns"]["count"], 0)
        self.assertGreater(run["tx"]["model_tsc_ticks_per_frame"], 0)
        self.assertTrue(run["intervals"])
        self.assertEqual([worker["name"] for worker in run["workers"]], ["tx0", "rx0"])
        # The model is named in the first lines, and again with the verdict.
        self.assertIn(MODEL, "\n".join(text.splitlines()[:2]))
        self.assertEqual(text.count(MODEL), 2)
        self.assertNotIn("\x1b", text)
        for line in text.splitlines():
            self.assertLessEqual(len(line), 80, line)
        # Plain lines, one for each interval.
        self.assertEqual(len(re.findall(r"(?m)^ +\d+\.\d( +\S+){10}$", text)), len(run["intervals"]))

    def test_a_port_without_a_device(self):
        """What is sent on null: comes in on the same port, no frame sooner than its delay; used without being configured, too."""
        for ports, least_ns in ({"null:a": {"delay_us": "3 ms"}}, 3e6), ({}, 0):
            path = self.write("null.json", json.dumps({
                "schema": "nmgen-scenario/1", "frames": 500, "duration_s": 600, "warmup_s": 0, "ports": ports,
                "senders": [{"port": "null:a", "rate": "5 kpps"}], "receivers": [{"port": "null:a"}]}))
            result = self.nmgen("run", path, "--out", self.path("r.json"), "--force")
            record = records.read(self.path("r.json"))
            records.check(self, record, result.returncode)
            run = record["runs"][0]
            self.assertEqual((run["tx"]["frames"], run["rx"]["frames"], run["loss"]["frames"], run["missed"]), (500, 500, 0, 0))
            self.assertGreaterEqual(run["latency_ns"]["min"], least_ns * 0.99)
            self.assertEqual(record["devices"], [{"port": "null:a", "residence": "hosted", "driver": "null", "simulated": False,
                                                  "speed_gbps": 0.0, "mode": ""}])

    def test_every_scenario_without_a_cable_or_with(self):
        for name in ("64b-10g-tx", "64b-40g", "64b-100g", "1518b-10g", "4q-4w-10g", "udp-flows-64k", "ipv6",
                     "vlan"):
            with self.subTest(name):
                # A sanitized sender on a busy machine may not have had its core in a short run.
                for duration in ("0.3", "3", "30"):
                    _, record = self.record_of(name, "--duration", duration, "--set", "warmup_s=0.1")
                    os.unlink(self.path("r.json"))
                    if record["runs"][0]["tx"]["frames"] > 0:
                        break
                self.assertGreater(record["runs"][0]["tx"]["frames"], 0)

    def test_a_rate_is_not_exceeded(self):
        _, record = self.record_of("64b-10g", "--set", "senders.0.rate.pps=100000", "--duration", "1")
        # However late: those that were due, as far as its ring has room, and no more.
        self.assertLessEqual(record["runs"][0]["tx"]["frames"], 100000)

    def test_frames_are_counted_out(self):
        for frames, rate in ((1, "max"), (12345, "max"), (500, '{"pps": 5000}')):
            with self.subTest(frames):
                _, record = self.record_of("64b-10g", "--set", f"frames={frames}", "--set", f"senders.0.rate={rate}",
                                           "--duration", "600", "--set", "warmup_s=0.1")
                self.assertEqual(record["runs"][0]["tx"]["frames"], frames)
                self.assertEqual(record["runs"][0]["rx"]["frames"], frames)
                os.unlink(self.path("r.json"))

    def test_low_rates_send_exactly_what_is_due(self):
        for pps, seconds, frames in ((1, "1", 1), (0.001, "0.3", 1), (1000, "1", 1000), (10, "1.05", 11)):
            with self.subTest(pps):
                text, record = self.record_of("64b-10g", "--set", f"senders.0.rate.pps={pps}", "--duration", seconds,
                                              "--set", "warmup_s=0")
                self.assertEqual(record["runs"][0]["tx"]["frames"], frames)
                self.assertNotIn("bug", " ".join(record["verdict_reasons"]))
                os.unlink(self.path("r.json"))

    def test_a_limit_of_the_scenario_decides(self):
        # With no limit at all, and none that a run could keep.
        for percent, wanted in (("100", False), ("0", True)):
            _, record = self.record_of("64b-10g", *SHORT, "--set", "senders.0.rate.pps=1000", "--set", "time=real",
                                       "--set", f"limits.off_core_percent={percent}")
            os.unlink(self.path("r.json"))
            said = any(reason.startswith("Workers lost their cores") for reason in record["verdict_reasons"])
            if any(worker["off_core_ms"] > 0 for worker in record["runs"][0]["workers"]):
                self.assertEqual(said, wanted, record["verdict_reasons"])

    def test_wire_time_says_what_it_left_out(self):
        text, record = self.record_of("64b-10g", *SHORT, "--set", "senders.0.rate.pps=1000")
        run = record["runs"][0]
        self.assertTrue(run["wire_time"])
        self.assertIn(f"wire time: took {run['real_seconds']:.1f} s", " ".join(text.split()))
        self.assertGreaterEqual(run["real_seconds"] + 0.01, run["seconds"])
        for worker in run["workers"]:
            self.assertGreater(worker["gap_from_us"], 49.9)
            self.assertEqual(worker["left_out_times"] > 0, worker["left_out_ms"] > 0)
        self.assertFalse(any("lost their cores" in reason for reason in record["verdict_reasons"]))

    def test_real_time_leaves_nothing_out(self):
        text, record = self.record_of("64b-10g", *SHORT, "--set", "senders.0.rate.pps=1000", "--set", "time=real")
        run = record["runs"][0]
        self.assertFalse(run["wire_time"])
        self.assertEqual(run["real_seconds"], run["seconds"])
        self.assertNotIn("wire time", text)
        self.assertTrue(all(worker["left_out_ms"] == 0 == worker["held_ms"] for worker in run["workers"]))

    def test_wire_time_needs_simulated_ports(self):
        result = self.nmgen("run", scenario("pipe"), "--set", "time=wire")
        self.assertEqual(result.returncode, 2)
        self.assertIn("/time: ", result.stderr)
        self.assertIn("is not simulated, so its wire does not stand still; use \"real\"", " ".join(result.stderr.split()))

    def test_sampled_probes(self):
        _, record = self.record_of("64b-10g", *SHORT, "--set", 'probes={"one_in": 100}')
        run = record["runs"][0]
        self.assertLessEqual(run["latency_ns"]["count"], run["rx"]["frames"] // 100 + 1)

    def test_without_probes_there_is_no_latency(self):
        text, record = self.record_of("64b-10g", *SHORT, "--set", "probes=off")
        self.assertEqual(record["runs"][0]["latency_ns"]["count"], 0)
        self.assertIn("latency: not measured", text)

    def test_repeats(self):
        text, record = self.record_of("64b-10g", *SHORT, "--set", "repeat=2")
        self.assertEqual(len(record["runs"]), 2)
        self.assertIn("run 2 of 2", text)

    def test_set_is_in_the_record(self):
        _, record = self.record_of("64b-10g", *SHORT, "--set", "name=renamed")
        self.assertEqual(record["scenario"]["name"], "renamed")
        self.assertEqual(json.loads(record["scenario"]["text"])["duration_s"], 0.3)

    def test_units_are_plain_numbers_in_the_record(self):
        _, record = self.record_of("64b-10g", "--duration", "200 ms", "--set", "warmup_s=50ms", "--set", "senders.0.rate=1 Mpps",
                                   "--set", "limits.late_ms=2 s")
        text = json.loads(record["scenario"]["text"])
        self.assertEqual((text["duration_s"], text["warmup_s"]), (0.2, 0.05))
        self.assertEqual(text["senders"][0]["rate"], {"pps": 1000000})
        self.assertEqual(text["limits"], {"late_ms": 2000})

    def test_quiet_says_the_verdict_only(self):
        text, record = self.record_of("64b-10g", *SHORT, "--quiet")
        self.assertTrue(text.startswith(record["verdict"].upper()))
        self.assertIn(MODEL, text)
        self.assertNotIn("TSC ticks", text.split("\n  - ")[0])

    def test_record_on_standard_output(self):
        result = self.nmgen("run", scenario("64b-10g"), *SHORT, "--out", "-")
        records.check(self, json.loads(result.stdout), result.returncode)
        self.assertIn(MODEL, result.stderr)

    def test_a_reader_that_leaves_loses_no_record(self):
        out = self.path("r.json")
        with subprocess.Popen([NMGEN, "run", scenario("64b-10g"), *SHORT, "--out", out],
                              stdout=subprocess.PIPE) as process:
            process.stdout.close()
            code = process.wait(TIMEOUT_S)
        records.check(self, records.read(out), code)

    def test_without_standard_streams(self):
        out = self.path("r.json")
        code = subprocess.call(["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", NMGEN, "run", scenario("64b-10g"),
                                *SHORT, "--out", out], timeout=TIMEOUT_S)
        records.check(self, records.read(out), code)


class Interrupt(NmgenTest):
    def interrupted(self, number):
        """A run that would take an hour, stopped by a signal once it is measured."""
        out = self.path("r.json")
        with subprocess.Popen([NMGEN, "run", scenario("64b-10g"), "--duration", "3600", "--set", "warmup_s=0.1",
                               "--set", "repeat=3", "--out", out],
                              stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                if re.match(r" +\d+\.\d ", line):
                    break
            process.send_signal(number)
            text = process.stdout.read()
            code = process.wait(TIMEOUT_S)
        record = records.read(out)
        records.check(self, record, code)
        self.assertEqual(len(record["runs"]), 1)
        self.assertLess(record["runs"][0]["seconds"], 3600)
        self.assertIn("interrupted", " ".join(record["verdict_reasons"]))
        self.assertTrue(record["runs"][0]["interrupted"])
        # It is not what was asked for, however well it went so far.
        self.assertEqual((record["verdict"], code), ("invalid", 3))
        self.assertIn("TSC ticks/frame", text)
        self.assertFalse(os.path.exists(f"/dev/shm/nmgen.{process.pid}"))

    def test_sigint_ends_a_run_with_its_record(self):
        self.interrupted(signal.SIGINT)

    def test_sigterm_too(self):
        self.interrupted(signal.SIGTERM)

    def test_a_closed_terminal_too(self):
        self.interrupted(signal.SIGHUP)

    def test_sigquit_too(self):
        self.interrupted(signal.SIGQUIT)

    def test_the_next_run_removes_what_a_killed_one_left(self):
        with subprocess.Popen([NMGEN, "run", scenario("64b-10g"), "--duration", "3600", "--set", "warmup_s=0.1"],
                              stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                if re.match(r" +\d+\.\d ", line):
                    break
            process.kill()
            process.stdout.read()
        left = f"/dev/shm/nmgen.{process.pid}"
        self.assertTrue(os.path.exists(left))
        self.nmgen("run", scenario("64b-10g"), *SHORT, "--quiet")
        self.assertFalse(os.path.exists(left))

    def test_a_second_signal_ends_the_program_at_once(self):
        out = self.path("r.json")
        with subprocess.Popen([NMGEN, "run", scenario("64b-10g"), "--duration", "3600", "--set", "warmup_s=0.1",
                               "--out", out], stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                if re.match(r" +\d+\.\d ", line):
                    break
            # Both are there when it goes on, so the first cannot end the run before the second comes.
            process.send_signal(signal.SIGSTOP)
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGCONT)
            process.stdout.read()
            self.assertIn(process.wait(TIMEOUT_S), (-signal.SIGINT, -signal.SIGTERM))
        self.assertEqual(os.listdir(self.directory), [])


class Terminal(NmgenTest):
    def shown(self, **environment):
        """What a run writes to a terminal."""
        ours, theirs = pty.openpty()
        variables = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
        variables.update(environment)
        text = b""
        with subprocess.Popen([NMGEN, "run", scenario("64b-10g"), "--duration", "1.2", "--set", "warmup_s=0"],
                              stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=variables) as process:
            os.close(theirs)
            while select.select([ours], [], [], TIMEOUT_S)[0]:
                try:
                    piece = os.read(ours, 65536)
                except OSError:  # the other end is closed
                    break
                if not piece:
                    break
                text += piece
            self.assertIn(process.wait(TIMEOUT_S), (0, 1, 3))
        os.close(ours)
        return text.decode()

    def test_colour_and_progress_in_place(self):
        text = self.shown(TERM="xterm")
        self.assertIn("\r\x1b[K", text)
        self.assertRegex(text, r"\[=+ *\] \d+ of 1.2 s")
        self.assertRegex(text, r"\x1b\[1;3[123]m(PASS|FAIL|INVALID)\x1b\[0m")

    def test_no_color_is_respected(self):
        text = self.shown(TERM="xterm", NO_COLOR="1")
        self.assertIn("\r\x1b[K", text)
        self.assertNotRegex(text, r"\x1b\[[0-9;]*m")

    def test_a_dumb_terminal_gets_plain_lines(self):
        self.assertNotIn("\x1b", self.shown(TERM="dumb"))
        self.assertNotIn("\x1b", self.shown())


if __name__ == "__main__":
    unittest.main()
