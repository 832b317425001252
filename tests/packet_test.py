# SPDX-License-Identifier: BSD-2-Clause
"""Runs over a network interface, with nothing loaded: a veth pair in a network namespace that goes with its test."""
import json
import os
import unittest

from network import PairTest
from nmgen_process import NMGEN

# Fewer than the kernel's queue between the two ends holds (net.core.netdev_max_backlog, 1000), however late it is emptied.
FRAMES = 800


class Packet(PairTest):
    SETUP = "ip link add va type veth peer name vb && ip link set va up && ip link set vb up"
    COUNTERS = ("va/statistics/tx_packets", "vb/statistics/rx_packets", "va/statistics/tx_bytes")
    PORTS = ("packet:va", "packet:vb")
    FRAMES = FRAMES

    def test_frames_are_counted_as_the_kernel_counts_them(self):
        for name, stream in self.STREAMS.items():
            with self.subTest(name):
                record, counted = self.run_inside(self.document(streams={name: stream}))
                size = stream.get("size_no_crc", 60)
                self.assertEqual(counted, [FRAMES, FRAMES, FRAMES * size])
                self.check_run(record["runs"][0], size)
                self.check_devices(record)

    def test_both_directions_and_several_queues(self):
        self.check_both_directions_and_several_queues()

    def test_as_fast_as_it_goes_the_figures_add_up(self):
        record, counted = self.run_inside(self.document(duration_s=0.5, frames=10**9, senders=[{"port": "packet:va"}]))
        run = record["runs"][0]
        # The kernel drops some between the two ends, on a busy machine, and counts them as not sent.
        self.assertLessEqual(counted[0], run["tx"]["frames"])
        self.assertEqual(run["tx"]["frames"], run["rx"]["frames"] + run["loss"]["frames"])
        self.assertLessEqual(run["missed"], run["loss"]["frames"])

    def test_shipped_scenarios_run_over_it(self):
        for name in ("vlan", "imix", "low-rate-latency"):
            with self.subTest(name):
                record, counted = self.run_shipped(name, "packet:va", "packet:vb", 500)
                self.assertEqual(counted[:2], [500, 500])
                self.assertEqual(record["runs"][0]["rx"]["frames"], 500)

    def test_bad_input(self):
        path = self.write("s.json", json.dumps(self.document()))
        run = f"{NMGEN} run {path} --quiet --force --out {self.path('r.json')}"
        cases = (
            (f"ip link set va down\n{run}", "cannot create packet:va: va is down; ip link set va up"),
            (f"ip link del va\n{run}", "cannot create packet:va: there is no interface va; see ip link"),
            (f"setpriv --bounding-set=-net_raw {run}", "va: this needs CAP_NET_RAW; run nmgen as root, or setcap CAP_NET_RAW+ep its file"),
        )
        for script, words in cases:
            with self.subTest(words):
                self.assertIn(words, self.refused_inside(script))

    def test_what_happens_in_mid_run_is_said(self):
        path = self.write("s.json", json.dumps(self.document(frames=10**9, streams={"u": {"size_no_crc": 1000}})))
        run = f"{NMGEN} run {path} --quiet --force --out {self.path('r.json')}"
        cases = (
            (f"ip link set va mtu 900\n{run}", "tx0 cannot continue with packet:va: Message too long; send smaller frames, or raise the MTU"),
            (f"{run} & pid=$!\nuntil [ $(cat /sys/class/net/va/statistics/tx_packets) -gt 1000 ]; do :; done\nip link set va down\nwait $pid",
             "see with ip link whether its interface is there and up"),
            (f"{run} & pid=$!\nuntil [ $(cat /sys/class/net/va/statistics/tx_packets) -gt 1000 ]; do :; done\nip link del va\nwait $pid",
             "see with ip link whether its interface is there and up"),
        )
        for script, words in cases:
            with self.subTest(script):
                self.assertIn(words, self.refused_inside(script))
                self.assertEqual(os.listdir(self.directory), ["s.json"])


if __name__ == "__main__":
    unittest.main()
