# SPDX-License-Identifier: BSD-2-Clause
"""nmgen bridge between ports of drivers of its process: interfaces, taps and files of captured frames."""
import json
import os
import unittest

from network import NetworkTest
from nmgen_process import NMGEN

FRAMES = 700


class Bridge(NetworkTest):
    # Two hosts, a on va's other end and b behind the tap tb, with the bridge between vb and tb.
    SETUP = """ip link add va type veth peer name vb && ip link set va up && ip link set vb up &&
ip tuntap add tb mode tap && ip link set tb up"""
    COUNTERS = ("tb/statistics/rx_packets", "tb/statistics/tx_packets", "va/statistics/rx_packets")

    def capture(self, name, frames=FRAMES, **stream):
        document = {"schema": "nmgen-scenario/1", "senders": [{"port": "null:n", "rate": "100 kpps"}], "streams": {"s": stream}}
        self.good("show", self.write("show.json", json.dumps(document)), "--count", str(frames), "--pcap", self.path(name))
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def frames(self, name):
        """The bytes of each frame of a pcap file of ours."""
        data, at, frames = self.read(name), 24, []
        while at < len(data):
            length = int.from_bytes(data[at + 8:at + 12], "little")
            frames.append(data[at + 16:at + 16 + length])
            at += 16 + length
        return frames

    def run_bridge(self, arguments, around="", after=""):
        counters = f"cd /sys/class/net && cat {' '.join(self.COUNTERS)}"
        result = self.inside(f"{around}\n{NMGEN} bridge {arguments} >&2\ncode=$?\n{after}\n{counters}\nexit $code")
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stderr, [int(word) for word in result.stdout.split()]

    def test_a_file_is_replayed_into_an_interface_and_captured_on_the_other_end(self):
        source = self.capture("in.pcap", size_no_crc=200, vlan=[{"id": 7}], udp={})
        copy = self.path("copy.pcap")
        listen = f"{NMGEN} bridge packet:vb/R pcap:{copy} --idle 5s --quiet & pid=$!\nuntil [ -e {copy} ]; do sleep 0.1; done; sleep 0.5"
        _, counted = self.run_bridge(f"pcap:{source} packet:va --idle 0.5s --quiet", around=listen, after="wait $pid")
        self.assertEqual(counted[0], 0)
        self.assertEqual(self.frames("copy.pcap"), self.frames("in.pcap"))

    def test_ports_of_two_drivers_swap_buffers(self):
        source = self.capture("in.pcap", size_no_crc=100)
        for copy, words in (("", "zero copy"), ("--copy", "copying")):
            with self.subTest(words):
                start = f"{NMGEN} bridge packet:vb tap:tb {copy} --idle 5s & pid=$!\nuntil grep -q 1 /sys/class/net/tb/carrier; do sleep 0.1; done; sleep 0.5"
                result = self.inside(f"{start}\n{NMGEN} bridge pcap:{source} packet:va --idle 0.5s --quiet\nwait $pid\ncat /sys/class/net/tb/statistics/rx_packets")
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn(words, result.stdout)
                self.assertEqual(int(result.stdout.split()[-1]), FRAMES)
                self.assertIn(f"> {FRAMES} frames, {FRAMES * 100:,} bytes", result.stdout)

    def test_hosts_on_both_sides_talk_through_it(self):
        """UDP and TCP over a tap, the bridge and a veth pair, whose other end is in a namespace of its own."""
        server = self.write("server.py", """
import socket
listener = socket.create_server(("10.9.0.1", 7))
peer, _ = listener.accept()
data = b""
while len(data) < 100000:
    data += peer.recv(65536)
peer.sendall(data)
peer.recv(1)
""")
        client = self.write("client.py", """
import os, socket, time
for attempt in range(600):
    try:
        peer = socket.create_connection(("10.9.0.1", 7), timeout=60)
        break
    except OSError:
        time.sleep(0.1)
sent = os.urandom(100000)
peer.sendall(sent)
got = b""
while len(got) < len(sent):
    got += peer.recv(65536)
assert got == sent
""")
        # No frames longer than the MTU; their checksums are finished by the port.
        offloads = "\n".join(f"ethtool -K {name} tso off gso off gro off >/dev/null || exit 98" for name in ("va", "vb"))
        result = self.inside(f"""{offloads}
unshare -n sleep 600 & peer=$!
sleep 0.5; ip link set va netns $peer || exit 98
inside="nsenter -t $peer -n"
$inside ip addr add 10.9.0.1/24 dev va && $inside ip link set va up && ip addr add 10.9.0.2/24 dev tb || exit 98
$inside /usr/bin/python3 {server} & server=$!
{NMGEN} bridge tap:tb packet:vb --quiet & bridge=$!
/usr/bin/python3 {client}; code=$?
kill $bridge $server $peer; wait $bridge; exit $code""")
        if result.returncode == 98:
            self.skipTest("the offloads cannot be turned off (apt-get install ethtool), or the interface cannot move: " + result.stderr.strip())
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_file_comes_at_recorded_times_and_in_loops(self):
        source = self.capture("in.pcap", frames=50)
        self.run_bridge(f"pcap:{source} pcap:{self.path('out.pcap')} --a timing=recorded --a loops=3 --idle 1s --quiet")
        self.assertEqual(self.frames("out.pcap"), self.frames("in.pcap") * 3)

    def test_jumbo_frames_fit(self):
        source = self.capture("in.pcap", frames=20, size_no_crc=9000)
        _, counted = self.run_bridge(f"pcap:{source} tap:tb --idle 0.5s --quiet", around="ip link set tb mtu 9000")
        self.assertEqual(counted[0], 20)

    def refused_bridge(self, arguments, before="", code=2):
        result = self.inside(f"{before}\n{NMGEN} bridge {arguments} --quiet")
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        return result.stderr

    def test_bad_input(self):
        cases = (
            ("packet:va", "cannot bridge packet:va alone: a port of this process has no host stack of its own; name a second port"),
            ("packet:va packet:va", "cannot bridge packet:va to itself: it is one port; name another port"),
            ("packet:no tap:tb", "there is no interface no; see ip link"),
            ("packet:va tap:tb --a queues", 'cannot set "queues" of packet:va: it is no KEY=VALUE; write it like queues=2'),
            ("packet:va tap:tb --a speed=2", 'there is no option "speed"'),
            ("packet:va tap:tb --b queues=99", "99 queues are not possible; use 1 to 16"),
            ("packet:va tap:tb --b queues=x", '"queues" is no whole number'),
            ("packet:va vale0:1 --b queues=2", "cannot set options of vale0:1: only ports of drivers of this process have any; leave them out"),
        )
        for arguments, words in cases:
            with self.subTest(arguments):
                self.assertIn(words, self.refused_bridge(arguments))

    def test_what_happens_meanwhile_is_said(self):
        source = self.capture("in.pcap", frames=20)
        os.truncate(source, os.path.getsize(source) - 1)
        words = self.refused_bridge(f"pcap:{source} packet:va", code=1)
        self.assertIn("as pcap:" + source + " cannot continue: Bad message; its file is truncated or damaged", words)
        words = self.refused_bridge("tap:tb packet:va", before="(sleep 2; ip link del tb) &", code=1)
        self.assertIn("as tap:tb cannot continue: No such device; see with ip link whether its interface is there and up", words)


if __name__ == "__main__":
    unittest.main()
