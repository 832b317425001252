# SPDX-License-Identifier: BSD-2-Clause
"""Runs over XDP, with nothing loaded: a veth pair in a network namespace that goes with its test."""
import json
import os
import subprocess
import unittest

import records
from network import PairTest
from nmgen_process import NMGEN, ROOT, TIMEOUT_S, scenario

# Fewer than a receive ring has slots: none is lost, however late the receiver is.
FRAMES = 800


class Xdp(PairTest):
    SETUP = "ip link add va type veth peer name vb && ip link set va up && ip link set vb up"
    COUNTERS = ("va/statistics/tx_packets", "vb/statistics/rx_packets", "va/statistics/tx_bytes", "vb/statistics/tx_packets")
    PORTS = ("xdp:va", "xdp:vb")
    FRAMES = FRAMES

    def test_frames_are_counted_as_the_kernel_counts_them(self):
        for name, stream in self.STREAMS.items():
            for rate in ("10 kpps", "max"):
                with self.subTest(name, rate=rate):
                    document = self.document(streams={name: stream}, senders=[{"port": "xdp:va", "rate": rate}])
                    record, counted = self.run_inside(document)
                    size = stream.get("size_no_crc", 60)
                    self.assertEqual(counted, [FRAMES, FRAMES, FRAMES * size, 0])
                    self.check_run(record["runs"][0], size)
                    self.check_devices(record)

    def test_both_directions(self):
        document = self.document(senders=[{"port": port, "rate": "5 kpps"} for port in ("xdp:va", "xdp:vb")],
                                 receivers=[{"port": port} for port in ("xdp:va", "xdp:vb")])
        record, counted = self.run_inside(document)
        self.check_run(record["runs"][0], 60)
        self.assertEqual(counted[0] + counted[3], FRAMES)
        self.assertEqual(counted[0], FRAMES // 2)

    def test_several_queues(self):
        document = self.document(ports={"xdp:va": {"queues": 3}, "xdp:vb": {"queues": os.cpu_count()}})
        document["senders"] = [{"port": "xdp:va", "rate": "10 kpps", "workers": 3}]
        document["receivers"] = [{"port": "xdp:vb", "workers": os.cpu_count()}]
        script = f"ip link del va; ip link add va numrxqueues 3 type veth peer name vb numrxqueues {os.cpu_count()} && ip link set va up && ip link set vb up"
        record, counted = self.run_inside(document, before=script)
        self.check_run(record["runs"][0], 60)
        self.assertEqual(counted[:2], [FRAMES, FRAMES])

    def test_drivers_understand_each_other(self):
        for sender, receiver, before in (("packet:va", "xdp:vb", ""), ("xdp:va", "packet:vb", "ethtool -K vb gro on >&2")):
            with self.subTest(sender):
                streams = {"tagged": {"vlan": [{"id": 7}], "ipv4": {}, "udp": {}, "size_no_crc": 300}}
                document = self.document(senders=[{"port": sender, "rate": "10 kpps"}], receivers=[{"port": receiver}], streams=streams)
                record, counted = self.run_inside(document, before=before)
                self.check_run(record["runs"][0], 300)
                self.assertEqual(counted[:2], [FRAMES, FRAMES])

    def test_it_says_how_frames_went(self):
        copies = "AF_XDP, copies in the driver (it has no zero copy)"
        cases = (
            ({}, "xdp:vb", "", ("sends XDP live frames", f"receives by {copies}")),
            ({"send": "socket"}, "xdp:vb", "", (f"sends by {copies}", f"receives by {copies}")),
            ({}, "packet:vb", "", (f"sends by {copies}, not live frames: its peer vb has no XDP program and no GRO; ethtool -K vb gro on", "")),
            ({}, "packet:vb", "ethtool -K vb gro on", ("sends XDP live frames", "")),
        )
        for options, receiver, before, modes in cases:
            with self.subTest(modes):
                record, counted = self.run_inside(self.document(ports={"xdp:va": options}, receivers=[{"port": receiver}]), before=f"{before} >&2")
                self.check_run(record["runs"][0], 60)
                self.assertEqual(record["runs"][0]["tx_dropped"], 0)
                self.assertEqual(counted[:2], [FRAMES, FRAMES])
                self.assertEqual(tuple(device["mode"] for device in record["devices"]), modes)

    def test_as_fast_as_it_goes_the_figures_add_up(self):
        record, counted = self.run_inside(self.document(duration_s=0.5, frames=10**9, senders=[{"port": "xdp:va", "rate": "max"}]))
        run = record["runs"][0]
        self.assertEqual(counted[0], run["tx"]["frames"])
        self.assertEqual(counted[1], run["tx"]["frames"])
        self.assertEqual(run["tx"]["frames"], run["rx"]["frames"] + run["loss"]["frames"])
        self.assertEqual(run["missed"], run["loss"]["frames"])
        self.assertEqual((run["duplicates"], run["reordered"]), (0, 0))

    def test_shipped_scenarios_run_over_it(self):
        for name in ("vlan", "imix", "low-rate-latency"):
            with self.subTest(name):
                record, counted = self.run_shipped(name, "xdp:va", "xdp:vb", 500)
                self.assertEqual(counted[:2], [500, 500])
                self.assertEqual(record["runs"][0]["rx"]["frames"], 500)

    def test_scenarios_for_a_veth_run_beside_one(self):
        for name in ("veth-max", "veth-latency"):
            with self.subTest(name):
                out = self.path("r.json")
                command = [os.path.join(ROOT, "scripts/veth"), NMGEN, "run", scenario(name), "--quiet", "--out", out, "--force", "--duration", "300ms"]
                result = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
                self.assertIn(result.returncode, (0, 1, 3), result.stderr)
                record = records.read(out)
                records.check(self, record, result.returncode)
                run = record["runs"][0]
                self.assertGreater(run["rx"]["frames"], 100)
                self.assertEqual((run["duplicates"], run["reordered"]), (0, 0))
                self.assertEqual(record["devices"][0]["mode"], "sends XDP live frames")
                if name == "veth-latency":
                    self.assertEqual(run["latency_ns"]["count"], run["rx"]["frames"])

    def test_its_command_decides_what_scripts_veth_returns(self):
        for command, code, words in ((["sh", "-c", "ip link show va && exit 7"], 7, "va@vb"), ([], 2, "Runs a command beside a veth pair")):
            result = subprocess.run([os.path.join(ROOT, "scripts/veth"), *command], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn(words, result.stdout)

    def test_bridges_two_interfaces(self):
        setup = "ip link add vc type veth peer name vd && ip link set vc up && ip link set vd up"
        path = self.write("s.json", json.dumps(self.document(receivers=[{"port": "packet:vd"}], senders=[{"port": "packet:va", "rate": "10 kpps"}])))
        result = self.inside(f"""{setup}
trap 'kill -9 $pid 2>/dev/null' EXIT
{NMGEN} bridge xdp:vb xdp:vc >&2 & pid=$!
until ip -d link show vb | grep -q prog/xdp && ip -d link show vc | grep -q prog/xdp; do kill -0 $pid || exit 98; sleep 0.1; done
sleep 1
{NMGEN} run {path} --quiet --force --out {self.path("r.json")} >&2
code=$?
kill -TERM $pid
wait $pid
exit $code""")
        self.assertIn(result.returncode, (0, 1, 3), result.stderr)
        self.check_run(records.read(self.path("r.json"))["runs"][0], 60)

    def test_killed_it_leaves_no_program(self):
        path = self.write("s.json", json.dumps(self.document(frames=10**9, senders=[{"port": "xdp:va", "rate": "max"}])))
        result = self.inside(f"""
trap 'kill -9 $pid 2>/dev/null' EXIT
received() {{ cat /sys/class/net/vb/statistics/rx_packets; }}
for i in $(seq 20); do
  before=$(received)
  {NMGEN} run {path} --quiet --force --out {self.path('r.json')} & pid=$!
  until [ $(received) -gt $((before + 1000)) ]; do kill -0 $pid || exit 98; done
  ip -d link show va | grep -q prog/xdp || exit 97
  kill -9 $pid
  wait $pid
  [ $? = 137 ] || exit 96
  # What the descriptors stand for goes a moment after the process.
  for k in $(seq 100); do ip -d link | grep -q -e prog/xdp -e PROMISC || continue 2; sleep 0.05; done
  ip -d link
  exit 95
done""")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_bad_input(self):
        path = self.write("s.json", json.dumps(self.document()))
        run = f"{NMGEN} run {path} --quiet --force --out {self.path('r.json')}"
        live = self.write("live.json", json.dumps(self.document(ports={"xdp:va": {"send": "live"}}, receivers=[{"port": "packet:vb"}])))
        cases = [
            (f"{NMGEN} run {live} --quiet --force --out {self.path('r.json')}",
             "cannot open xdp:va: va: live frames would be lost: its peer vb has no XDP program and no GRO; ethtool -K vb gro on"),
            (f"ulimit -l 64; setpriv --bounding-set=-ipc_lock {run}", "MiB cannot be locked for its socket; give nmgen CAP_IPC_LOCK, or raise ulimit -l"),
            (f"ip link set va down\n{run}", "cannot create xdp:va: va is down; ip link set va up"),
            (f"ip link del va\n{run}", "cannot create xdp:va: there is no interface va; see ip link"),
            (f"ip link set vb mtu 9000\n{run}", "is too large for XDP; ip link set"),
            (f"{NMGEN} run {path} --quiet --force --out {self.path('other.json')} --set duration_s=600 --set frames=1000000000 &\npid=$!\n"
             f"until [ $(cat /sys/class/net/va/statistics/tx_packets) -gt 100 ]; do :; done\n{run}\ncode=$?\nkill -9 $pid\nexit $code",
             "cannot create xdp:va: va: another XDP program is attached to it; end its owner, or ip link set va xdp off"),
        ]
        for capability in ("net_admin", "net_raw", "bpf"):
            # CAP_SYS_ADMIN has CAP_BPF in it.
            without = "-bpf,-sys_admin" if capability == "bpf" else f"-{capability}"
            cases.append((f"setpriv --bounding-set={without} {run}",
                          f"cannot create xdp:va: va: this needs CAP_{capability.upper()}; run nmgen as root, or setcap"))
        for script, words in cases:
            with self.subTest(words):
                self.assertIn(words, self.refused_inside(script))

    def test_what_happens_in_mid_run_is_said(self):
        path = self.write("s.json", json.dumps(self.document(frames=10**9, streams={"u": {"size_no_crc": 1000}})))
        run = f"{NMGEN} run {path} --quiet --force --out {self.path('r.json')}"
        begun = "until [ $(cat /sys/class/net/va/statistics/tx_packets) -gt 1000 ]; do :; done"
        gone = "see with ip link whether its interface is there and up"
        too_long = "tx0 cannot continue with xdp:va: Message too long; send smaller frames, or raise the MTU"
        cases = (
            (f"ip link set va mtu 900\n{run}", too_long),
            (f"{run} & pid=$!\n{begun}\nip link set va mtu 900\nwait $pid", too_long),
            (f"{run} & pid=$!\n{begun}\nip link set va down\nwait $pid", gone),
            (f"{run} & pid=$!\n{begun}\nip link set vb down\nwait $pid", gone),
            (f"{run} & pid=$!\n{begun}\nip link del va\nwait $pid", gone),
        )
        for script, words in cases:
            with self.subTest(script):
                self.assertIn(words, self.refused_inside(script))


if __name__ == "__main__":
    unittest.main()
