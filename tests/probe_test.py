# SPDX-License-Identifier: BSD-2-Clause
"""nmgen probe on interfaces of a network namespace, and the remedies that it names."""
import json
import shutil
import unittest

from network import NetworkTest
from nmgen_process import NMGEN


class Probe(NetworkTest):
    SETUP = "ip link add va type veth peer name vb && ip link set va up && ip link set vb up"

    def test_the_remedies_leave_nothing_lacking(self):
        if not shutil.which("ethtool"):
            self.skipTest("there is no ethtool: apt-get install ethtool")
        remedies = f"{NMGEN} probe packet:va --json | /usr/bin/python3 -c '{REMEDIES}' >{self.path('mend')}"
        result = self.inside(f"ulimit -l unlimited\n{NMGEN} probe va; echo $?\n{remedies}\nsh {self.path('mend')} >/dev/null\n{NMGEN} probe va; echo $?")
        codes = [line for line in result.stdout.splitlines() if line in ("0", "1")]
        self.assertEqual(codes, ["1", "0"], result.stdout + result.stderr)

    def test_json(self):
        result = self.inside(f"{NMGEN} probe va --json")
        document = json.loads(result.stdout)
        self.assertEqual(document["schema"], "nmgen-probe/1")
        findings = {finding["name"]: finding for finding in document["findings"]}
        self.assertEqual(findings["link"], {"name": "link", "state": "ok", "value": "up"})
        for finding in document["findings"]:
            self.assertIn(finding["state"], ("ok", "lack", "fact"))
            self.assertEqual("remedy" in finding, finding["state"] == "lack", finding)
        self.assertEqual(result.returncode, int(any(finding["state"] == "lack" for finding in document["findings"])))

    def test_bad_input(self):
        self.assertEqual(self.refused_inside(f"{NMGEN} probe nowhere"), "nmgen: cannot probe nowhere: there is no such interface; see ip link")
        self.assertIn("INTERFACE", self.refused_inside(f"{NMGEN} probe"))


# Prints the remedies of a probe, each a command.
REMEDIES = """import json, sys
for finding in json.load(sys.stdin)["findings"]:
    if "remedy" in finding: print(finding["remedy"].split(";")[0])"""


if __name__ == "__main__":
    unittest.main()
