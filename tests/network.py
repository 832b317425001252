# SPDX-License-Identifier: BSD-2-Clause
"""End-to-end tests in a network namespace of their own, which goes with its test."""
import json
import os
import subprocess

import records
from nmgen_process import NMGEN, TIMEOUT_S, NmgenTest, scenario


class NetworkTest(NmgenTest):
    # A shell script that makes the interfaces; it exits with 99 where it cannot.
    SETUP = "exit 99"
    # The kernel's counters that run_inside() gives, below /sys/class/net.
    COUNTERS = ()

    def setUp(self):
        super().setUp()
        made = self.shell(self.SETUP)
        if made.returncode != 0:
            self.skipTest(f"no network namespace with the test's interfaces can be made, run the tests as root: {made.stderr.strip()}")

    def shell(self, script):
        # No frames of the kernel's own.
        script = "mount -t sysfs sysfs /sys && echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 || exit 99\n" + script
        return subprocess.run(["unshare", "-n", "--mount", "sh", "-c", script], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)

    def inside(self, script):
        """A shell script where the interfaces are."""
        result = self.shell(f"({self.SETUP}) || exit 99\n{script}")
        self.assertNotEqual(result.returncode, 99, result.stderr)
        return result

    def run_inside(self, document, *arguments, before="", after=""):
        """Record of a run, and what the kernel has counted by then."""
        path = self.write("s.json", json.dumps(document))
        out = self.path("r.json")
        command = " ".join([NMGEN, "run", path, "--quiet", "--force", "--out", out, *arguments])
        counters = f"cd /sys/class/net && cat {' '.join(self.COUNTERS)}\n" if self.COUNTERS else ""
        result = self.inside(f"{before}\n{command} >&2\ncode=$?\n{after}\n{counters}exit $code\n")
        self.assertIn(result.returncode, (0, 1, 3), result.stderr)
        record = records.read(out)
        records.check(self, record, result.returncode)
        return record, [int(word) for word in result.stdout.split()]

    def run_shipped(self, name, sender, receiver, frames, *arguments, before=""):
        """The same of a scenario that is shipped, between two ports."""
        with open(scenario(name), encoding="utf-8") as file:
            document = json.load(file)
        del document["ports"]
        document.pop("$schema", None)
        for entry in document["senders"]:
            entry.update(port=sender, rate={"pps": 2000})
        for entry in document["receivers"]:
            entry["port"] = receiver
        document.update(frames=frames, duration_s=600, warmup_s=0)
        return self.run_inside(document, *arguments, before=before)

    def refused_inside(self, script):
        """The sentence with which nmgen, called by the script, refuses or ends."""
        result = self.inside(script)
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 1, result.stderr)
        self.assertNotIn("r.json", os.listdir(self.directory))
        return lines[0]


class PairTest(NetworkTest):
    """Runs from one port to another, over interfaces of the kernel's."""
    # The sender's and the receiver's, and how many frames a run has.
    PORTS = ()
    FRAMES = 0
    STREAMS = {"least": {}, "large": {"size_no_crc": 1514}, "tagged": {"vlan": [{"id": 7}], "ipv4": {}, "udp": {}, "size_no_crc": 68}}

    def document(self, **more):
        sender, receiver = self.PORTS
        return {"schema": "nmgen-scenario/1", "frames": self.FRAMES, "duration_s": 600, "warmup_s": 0,
                "senders": [{"port": sender, "rate": "10 kpps"}], "receivers": [{"port": receiver}], **more}

    def check_run(self, run, size):
        self.assertEqual((run["tx"]["frames"], run["rx"]["frames"], run["loss"]["frames"]), (self.FRAMES, self.FRAMES, 0))
        self.assertEqual(run["rx"]["bytes"], self.FRAMES * (size + 4))
        self.assertEqual((run["missed"], run["duplicates"], run["reordered"]), (0, 0, 0))

    def check_devices(self, record):
        driver = self.PORTS[0].split(":")[0]
        self.assertEqual([(device["driver"], device["simulated"]) for device in record["devices"]], [(driver, False)] * 2)

    def check_both_directions_and_several_queues(self):
        document = self.document(ports={port: {"queues": 2} for port in self.PORTS},
                                 streams={"u": {"udp": {}, "vary": [{"field": "udp.source_port", "count": 100}]}})
        document["senders"] = [{"port": port, "rate": "5 kpps", "workers": 2} for port in self.PORTS]
        document["receivers"] = [{"port": port, "workers": 2} for port in self.PORTS]
        record, _ = self.run_inside(document)
        run = record["runs"][0]
        self.assertEqual((run["tx"]["frames"], run["rx"]["frames"], run["loss"]["frames"], run["duplicates"]), (self.FRAMES, self.FRAMES, 0, 0))
