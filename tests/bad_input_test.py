# SPDX-License-Identifier: BSD-2-Clause
"""Bad input: one sentence with the place and the remedy, exit code 2, and nothing runs."""
import json
import os
import subprocess
import unittest

from nmgen_process import NMGEN, TIMEOUT_S, NmgenTest, scenario


class BadScenario(NmgenTest):
    def changed(self, change):
        """The sentence for 64b-10g after `change` was made to its document."""
        with open(scenario("64b-10g"), encoding="utf-8") as file:
            document = json.load(file)
        change(document)
        path = self.write("s.json", json.dumps(document))
        sentence = self.refused("run", path, "--out", self.path("r.json"))
        self.assertIn(path, sentence)
        self.assertFalse(os.path.exists(self.path("r.json")))
        return sentence

    def set_to(self, *assignments):
        """The sentence for 64b-10g with these --set."""
        arguments = []
        for assignment in assignments:
            arguments += ["--set", assignment]
        return self.refused("run", scenario("64b-10g"), *arguments)

    def test_unknown_key(self):
        def change(document):
            document["senders"][0]["raet"] = document["senders"][0].pop("rate")
        sentence = self.changed(change)
        self.assertIn("/senders/0/raet", sentence)
        self.assertIn('did you mean "rate"?', sentence)

    def test_wrong_type(self):
        sentence = self.changed(lambda document: document.update(duration_s="ten"))
        self.assertIn('/duration_s: "ten" does not have the right form; use a number from 0.01', sentence)
        self.assertIn('"1 min"', sentence)

    def test_rate_above_the_line(self):
        sentence = self.set_to("senders.0.rate.pps=20000000")
        self.assertIn("/senders/0/rate", sentence)
        self.assertIn("14880952", sentence.replace(",", "").replace(".", ""))
        self.assertIn("/senders/0/rate", self.set_to("senders.0.rate.percent=100.1"))
        self.assertIn("/senders/0/rate", self.set_to("senders.0.rate.bps_l1=10100000000"))

    def test_sizes_out_of_range(self):
        for size in (59, 9217, 0, -1, 60.5):
            self.assertIn("/streams/udp/size_no_crc", self.set_to(f"streams.udp.size_no_crc={size}"))

    def test_no_room_for_a_probe_names_the_smallest_size(self):
        def change(document):
            stream = document["streams"]["udp"]
            stream["ipv6"] = {"source": "2001:db8::1", "destination": "2001:db8::2"}
            del stream["ipv4"]
            stream["size_no_crc"] = 70
        # 14 + 40 + 8 + 18 bytes.
        self.assertIn("use 80 or more", self.changed(change))

    def test_more_workers_than_rings(self):
        sentence = self.set_to("senders.0.workers=2")
        self.assertIn("/senders/0/workers", sentence)
        self.assertIn("/receivers/0/workers", self.set_to("receivers.0.workers=17"))

    def test_port_that_does_not_exist(self):
        self.assertIn('"sim:lift" is not under "ports"; did you mean "sim:left"?', self.set_to("senders.0.port=sim:lift"))
        self.assertIn("netmap:none0", self.refused("run", scenario("64b-10g"), "--set",
                                                   "senders.0.port=netmap:none0"))

    def test_port_that_is_taken(self):
        def change(document):
            document["senders"].append(document["senders"][0])
        self.assertIn("/senders/1", self.changed(change))

    def test_core_that_is_not_there(self):
        sentence = self.set_to("senders.0.cores=[4095]")
        self.assertIn("/senders/0/cores", sentence)
        self.assertIn("4095", sentence)

    def test_stream_that_does_not_exist(self):
        self.assertIn("/senders/0/streams/0", self.set_to('senders.0.streams=["upd"]'))

    def test_counts_that_are_none(self):
        for count in ("0", "-1", "1.5", "many", "10000000000000000"):
            self.assertIn("/frames: ", self.set_to(f"frames={count}"))

    def test_random_values_that_cannot_be(self):
        for options, part in (('{"count": 0}', "/random/count: 0 is too small"), ('{"seed": 1}', 'the key "count" is missing'),
                              ('{"count": 2000000}', "use a whole number from 1 to 1048576"),
                              ('{"count": 9, "from": 5, "to": 4}', "the range from 5 to 4 is empty"),
                              ('{"count": 9, "from": 70000}', "use 65535 or less"), ('{"count": 9, "mask": 0}', "the mask has no bits")):
            sentence = self.set_to('streams.udp.vary=[{"field": "udp.source_port", "random": ' + options + "}]")
            self.assertIn("/streams/udp/vary/0/random", sentence)
            self.assertIn(part, sentence)

    def test_set_of_a_key_that_does_not_exist(self):
        self.assertIn("did you mean", self.set_to("sendres.0.rate=max"))
        self.set_to("senders.7.rate=max")
        self.set_to("nonsense")


class BadFile(NmgenTest):
    def test_not_there(self):
        self.assertIn("No such file", self.refused("run", self.path("none.json")))
        self.assertIn(self.directory, self.refused("run", self.directory))

    def test_truncated(self):
        with open(scenario("64b-10g"), encoding="utf-8") as file:
            text = file.read()
        for length in (0, 1, len(text) // 2, len(text) - 3):
            path = self.write("cut.json", text[:length])
            self.assertIn("cut.json", self.refused("run", path))

    def test_hundred_megabytes_of_brackets(self):
        path = self.path("brackets.json")
        with open(path, "wb") as file:
            for _ in range(100):
                file.write(b"[" * (1 << 20))
        self.assertIn("brackets.json", self.refused("run", path))
        # Small enough to be read, and still too deep.
        self.assertIn("deep", self.refused("run", self.write("deep.json", "[" * 100000)))

    def test_bytes_that_are_no_text(self):
        path = self.path("bytes.json")
        with open(path, "wb") as file:
            file.write(bytes(range(256)) * 16)
        self.refused("run", path)

    def test_a_scenario_without_an_end(self):
        self.refused("run", "/dev/zero")

    def test_no_memory_for_the_flows(self):
        with open(NMGEN, "rb") as program:
            if b"__asan_init" in program.read():
                self.skipTest("a sanitizer itself takes more memory than the test's limit")
        limit = ["prlimit", "--data=20000000"]
        result = subprocess.run([*limit, NMGEN, "run", scenario("64b-10g"), "--duration", "0.1", "--set",
                                 'streams.udp.vary=[{"field": "ipv4.source", "count": 1000000}]'],
                                capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("there is not enough memory", result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1)


class BadOutput(NmgenTest):
    def test_unwritable(self):
        for out, words in ((self.path("none/r.json"), "no such directory"), (self.directory, "is a directory")):
            sentence = self.refused("run", scenario("64b-10g"), "--duration", "100", "--out=" + out)
            self.assertIn(words, sentence)

    def test_a_disk_that_fills_up_is_told_after_the_run(self):
        result = self.nmgen("run", scenario("64b-10g"), "--duration", "0.1", "--set", "warmup_s=0",
                            "--out", "/dev/full")
        self.assertEqual(result.returncode, 2, result.stdout)
        self.assertIn("No space left", result.stderr)
        self.assertIn("TSC ticks/frame", result.stdout)

    def test_a_full_disk_behind_standard_output_is_told(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            for arguments in (("run", scenario("64b-10g"), "--duration", "0.1", "--set", "warmup_s=0"), ("machine",), ("--help",)):
                result = subprocess.run([NMGEN, *arguments], stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, text=True,
                                        timeout=TIMEOUT_S, check=False)
                self.assertIn("standard output could not be written", result.stderr)
                self.assertNotEqual(result.returncode, 0)

    def test_a_scenario_is_never_overwritten(self):
        with open(scenario("64b-10g"), encoding="utf-8") as file:
            text = file.read()
        path = self.write("s.json", text)
        for arguments in (("run", path, "--out", path), ("run", path, "--report", "json=" + path), ("run", path, "--out", path, "--force"),
                          ("show", path, "--pcap", path), ("show", path, "--pcap", path, "--force")):
            self.assertIn("it is what this command reads", self.refused(*arguments))
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), text)

    def test_somebody_elses_file_is_kept(self):
        path = self.write("notes.txt", "my notes")
        for arguments in (("run", scenario("64b-10g"), "--report", "html=" + path), ("show", scenario("64b-10g"), "--pcap", path)):
            self.assertIn("--force", self.refused(*arguments))
        self.good("show", scenario("64b-10g"), "--count", "1", "--pcap", path, "--force")

    def test_an_empty_duration(self):
        self.assertIn('/duration_s: "" does not have the right form',
                      self.refused("run", scenario("64b-10g"), "--duration", ""))

    def test_names_that_are_directories(self):
        for name in ("..", ".", ".hidden"):
            self.assertIn("/name", self.refused("run", scenario("64b-10g"), "--set", f'name="{name}"'))


if __name__ == "__main__":
    unittest.main()
