# SPDX-License-Identifier: BSD-2-Clause
"""Runs whose ports are files of captured frames."""
import json
import os
import shutil
import subprocess
import unittest

import records
from nmgen_process import NMGEN, TIMEOUT_S, NmgenTest

FRAMES = 2000


class Pcap(NmgenTest):
    def scenario(self, **more):
        document = {"schema": "nmgen-scenario/1", "frames": FRAMES, "duration_s": 600, "warmup_s": 0, **more}
        return self.write("s.json", json.dumps(document))

    def record_of(self, *arguments, **more):
        out = self.path("r.json")
        result = self.nmgen("run", self.scenario(**more), "--quiet", "--force", "--out", out, *arguments)
        self.assertIn(result.returncode, (0, 1, 3), result.stderr)
        record = records.read(out)
        records.check(self, record, result.returncode)
        return record["runs"][0]

    def fields(self, path, *names):
        """What tshark says of each frame; None: it is not there."""
        if not shutil.which("tshark"):
            return None
        arguments = ["tshark", "-r", path, "-T", "fields", "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"]
        for name in names:
            arguments += ["-e", name]
        result = subprocess.run(arguments, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
        return [line.split("\t") for line in result.stdout.splitlines()]

    def test_what_is_sent_is_in_the_file(self):
        for name in ("a.pcap", "a.pcapng"):
            with self.subTest(name):
                path = self.path(name)
                run = self.record_of(senders=[{"port": "pcap:" + path}], streams={"u": {"udp": {}, "size_no_crc": 100}})
                self.assertEqual(run["tx"]["frames"], FRAMES)
                fields = self.fields(path, "frame.len", "ip.checksum.status", "udp.checksum.status", "_ws.malformed")
                if fields is None:
                    self.skipTest("tshark is not installed")
                self.assertEqual(fields, [["100", "1", "1", ""]] * FRAMES)
                times = [float(time) for time, in self.fields(path, "frame.time_epoch")]
                self.assertEqual(times, sorted(times))
                self.assertLess(abs(times[-1] - os.stat(path).st_mtime), 3600)

    def test_frames_of_a_file_come_in(self):
        path = self.path("in.pcap")
        self.good("show", self.scenario(senders=[{"port": "null:n"}]), "--count", "500", "--pcap", path)
        for loops in (1, 3):
            with self.subTest(loops):
                run = self.record_of(senders=[{"port": "null:n", "rate": "10 kpps"}], receivers=[{"port": "null:n"}, {"port": "pcap:" + path}],
                                     ports={"pcap:" + path: {"loops": loops}})
                self.assertEqual(run["rx"]["frames"], FRAMES)
                # They are not of this run.
                self.assertEqual(sum(worker.get("foreign_frames", 0) for worker in run["workers"]), 500 * loops)

    def test_bad_input(self):
        with open(self.path("text.pcap"), "w", encoding="utf-8") as file:
            file.write("this is no capture, but a longer text than a header has")
        cases = (
            ({"receivers": [{"port": "pcap:text.pcap"}]}, "cannot create pcap:text.pcap: text.pcap: it does not begin as a capture does; give a pcap or pcapng file"),
            ({"receivers": [{"port": "pcap:typo.pcap"}]}, '"pcap:typo.pcap" has no ring to receive; a file that does not exist is written: correct its name'),
            ({"senders": [{"port": "pcap:text.pcap"}]}, '"pcap:text.pcap" has no ring to send; a file that exists is read: move it away'),
            ({"senders": [{"port": "pcap:no/such.pcap"}]}, "no/such.pcap cannot be written (No such file or directory); choose a file in a writable directory"),
            ({"senders": [{"port": "pcap:x"}], "ports": {"pcap:x": {"write": "text.pcap"}}}, "text.pcap exists; move it away, or choose another name"),
            ({"senders": [{"port": "pcap:x"}], "ports": {"pcap:x": {"timing": "slow"}}}, "slow"),
        )
        before = os.getcwd()
        os.chdir(self.directory)
        self.addCleanup(os.chdir, before)
        for change, words in cases:
            with self.subTest(words):
                document = {"senders": [{"port": "null:n"}], **change}
                self.assertIn(words, self.refused("run", self.scenario(**document), "--quiet", "--out", self.path("r.json")))
                self.assertEqual(sorted(os.listdir(self.directory)), ["s.json", "text.pcap"])

    def test_a_truncated_file_ends_the_run(self):
        path = self.path("cut.pcap")
        self.good("show", self.scenario(senders=[{"port": "null:n"}]), "--count", "500", "--pcap", path)
        os.truncate(path, os.path.getsize(path) - 1)
        words = self.refused("run", self.scenario(senders=[{"port": "null:n"}], receivers=[{"port": "pcap:" + path}]), "--quiet", "--out",
                             self.path("r.json"))
        self.assertIn("Bad message; its file is truncated or damaged after the frames that were read: copy or capture it again", words)

    def test_a_full_disk_ends_the_run_and_leaves_whole_frames(self):
        path = self.path("out.pcap")
        run = f"{NMGEN} run {self.scenario(senders=[{'port': 'pcap:' + path}], frames=10**9)} --quiet --out {self.path('r.json')}"
        # A file may not grow beyond it, and the program is told as of a full disk.
        result = subprocess.run(["sh", "-c", f"trap '' XFSZ; ulimit -f 1000; {run}"], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("File too large; free some space for its file, or send fewer frames", result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1)
        # A header, and records of 16 and 60 bytes.
        self.assertEqual((os.path.getsize(path) - 24) % 76, 0)


if __name__ == "__main__":
    unittest.main()
