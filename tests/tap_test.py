# SPDX-License-Identifier: BSD-2-Clause
"""Runs over tap interfaces, with nothing loaded: two of them on a bridge of the kernel's."""
import json
import unittest

from network import PairTest
from nmgen_process import NMGEN

# Fewer than a queue of an interface holds (txqueuelen, 1000), however late it is emptied.
FRAMES = 400


class Tap(PairTest):
    SETUP = """ip link add br0 type bridge mcast_snooping 0 && ip link set br0 up &&
for tap in ta tb; do ip tuntap add $tap mode tap multi_queue && ip link set $tap master br0 up || exit 99; done"""
    COUNTERS = ("ta/statistics/rx_packets", "tb/statistics/tx_packets", "ta/statistics/rx_bytes", "tb/statistics/tx_dropped")
    PORTS = ("tap:ta", "tap:tb")
    FRAMES = FRAMES

    def test_frames_are_counted_as_the_kernel_counts_them(self):
        for name, stream in self.STREAMS.items():
            with self.subTest(name):
                record, counted = self.run_inside(self.document(streams={name: stream}))
                size = stream.get("size_no_crc", 60)
                self.assertEqual(counted[:2] + counted[3:], [FRAMES, FRAMES, 0])
                # Not the Ethernet header: the bridge has taken it by then.
                self.assertIn(counted[2], (FRAMES * size, FRAMES * (size - 14)))
                self.check_run(record["runs"][0], size)
                self.check_devices(record)

    def test_both_directions_and_several_queues(self):
        self.check_both_directions_and_several_queues()

    def test_as_fast_as_it_goes_the_figures_add_up(self):
        record, counted = self.run_inside(self.document(duration_s=0.5, frames=10**9, senders=[{"port": "tap:ta"}]))
        run = record["runs"][0]
        self.assertEqual(counted[0], run["tx"]["frames"])
        self.assertEqual(counted[1], run["rx"]["frames"])
        self.assertEqual(run["missed"], counted[3])
        self.assertEqual(run["loss"]["frames"], run["missed"])

    def test_shipped_scenarios_run_over_it(self):
        for name in ("vlan", "imix", "low-rate-latency", "ipv6"):
            with self.subTest(name):
                record, counted = self.run_shipped(name, "tap:ta", "tap:tb", 400)
                self.assertEqual(counted[:2], [400, 400])
                self.assertEqual(record["runs"][0]["rx"]["frames"], 400)

    def test_jumbo_frames(self):
        record, _ = self.run_shipped("jumbo", "tap:ta", "tap:tb", 400, before="ip link set tb mtu 9216\nip link set ta mtu 9216")
        self.assertEqual(record["runs"][0]["rx"]["frames"], 400)

    def test_an_interface_is_made_for_the_run_and_taken_away(self):
        document = self.document(senders=[{"port": "tap:new"}], ports={"tap:new": {"queues": 4, "vnet_header": True}})
        del document["receivers"]
        record, _ = self.run_inside(document, after="! ip link show new >/dev/null 2>&1 || exit 50")
        self.assertEqual(record["runs"][0]["tx"]["frames"], FRAMES)

    def test_bad_input(self):
        path = self.write("s.json", json.dumps(self.document()))
        run = f"{NMGEN} run {path} --quiet --force --out {self.path('r.json')}"
        other = f"{NMGEN} run {path} --quiet --set senders.0.port=tap:PORT --out {self.path('r.json')}"
        cases = (
            (f"ip link set ta down\n{run}", "cannot create tap:ta: ta is down; ip link set ta up"),
            (f"mount -t tmpfs none /dev\n{run}", "/dev/net/tun cannot be opened (error 2); modprobe tun, or let the container have it"),
            (f"ip link del ta\nsetpriv --bounding-set=-net_admin {run}", "ta: this needs CAP_NET_ADMIN; run nmgen as root, or setcap CAP_NET_ADMIN+ep its file"),
            (other.replace("PORT", "br0"), "br0 is an interface, and no tap; choose another name"),
            (other.replace("PORT", "a-name-of-16-bytes"), "a-name-of-16-bytes is too long for an interface; use at most 15 characters"),
        )
        for script, words in cases:
            with self.subTest(words):
                self.assertIn(words, self.refused_inside(script))

    def test_what_happens_in_mid_run_is_said(self):
        path = self.write("s.json", json.dumps(self.document(frames=10**9)))
        run = f"{NMGEN} run {path} --quiet --force --out {self.path('r.json')}"
        wait = "pid=$!\nuntil [ $(cat /sys/class/net/ta/statistics/rx_packets) -gt 1000 ]; do :; done"
        for change in ("ip link set ta down", "ip link del ta", "ip link set tb down", "ip link del tb"):
            with self.subTest(change):
                self.assertIn("see with ip link whether its interface is there and up", self.refused_inside(f"{run} & {wait}\n{change}\nwait $pid"))


if __name__ == "__main__":
    unittest.main()
