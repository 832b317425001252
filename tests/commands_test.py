# SPDX-License-Identifier: BSD-2-Clause
"""The commands that send nothing, and the command line itself."""
import glob
import json
import os
import re
import shutil
import subprocess
import unittest

from nmgen_process import NMGEN, ROOT, TIMEOUT_S, NmgenTest, scenario

COMMANDS = ("run", "validate", "show", "ports", "machine")


class CommandLine(NmgenTest):
    def test_help_suffices(self):
        text = self.good("--help")
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {command} +\w")
            page = self.good(command, "--help")
            self.assertIn("Example", page)
            self.assertIn(f"  nmgen {command}", page)

    def test_every_folder_is_a_command_and_its_page_is_the_help(self):
        folders = os.path.join(ROOT, "pktgen/cli/commands")
        commands = [name for name in os.listdir(folders) if os.path.isdir(os.path.join(folders, name))]
        listed = self.good("--help").split("\nCommands:\n")[1].split("\n\n")[0]
        self.assertEqual(sorted(re.findall(r"(?m)^  (\w+) ", listed)), sorted(commands))
        for command in commands:
            with open(os.path.join(folders, command, command + ".md"), encoding="utf-8") as file:
                title, summary, page = file.read().split("\n\n", 2)
            text = self.good(command, "--help")
            self.assertTrue(text.startswith(f"Usage: nmgen {command} [OPTIONS]"), text)
            self.assertTrue(title.startswith(f"# nmgen {command}"), title)
            self.assertIn(f"\n{summary}\n", text)
            # A command of a command has its own part of the page.
            own = page.split(f"\n## nmgen {command} ")[0]
            options = re.findall(r"(?m)^- `(?:-\w`, `)?(--[a-z-]+)", own)
            self.assertEqual(re.findall(r"(?m)^  (?:-\w, )?(--[a-z-]+)", text), options + ["--help"])

    def test_help_of_a_command(self):
        self.assertEqual(self.good("help", "run"), self.good("run", "--help"))
        self.assertEqual(self.good("help"), self.good("--help"))
        self.assertIn('no command "rnu"; did you mean run?', self.refused("help", "rnu"))

    def test_a_scenario_from_standard_input(self):
        with open(scenario("64b-10g"), encoding="utf-8") as file:
            text = file.read()
        for arguments in (("validate", "-"), ("show", "-", "--count", "1")):
            result = subprocess.run([NMGEN, *arguments], input=text, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
            self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        result = subprocess.run([NMGEN, "validate", "-"], input="{}", capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        self.assertIn("scenario (standard input)", result.stderr)
        self.assertEqual(result.returncode, 2)

    def test_version(self):
        self.assertRegex(self.good("--version"), r"\Anmgen \d+\.\d+\.\d+ \(commit \w+(, with changes)?\)\n\Z")

    def test_unknown_things_are_named_with_what_was_meant(self):
        self.assertIn('no command "rnu"; did you mean run?', self.refused("rnu", "x.json"))
        for word in ("frobnicate", "measure"):
            self.assertIn(f'no command "{word}"; see nmgen --help', self.refused(word))
        self.assertIn('run has no option "--duraton"; did you mean --duration?',
                      self.refused("run", "--duraton", "3", scenario("64b-10g")))
        self.assertIn('run has no option "--quite"; did you mean --quiet?',
                      self.refused("run", "--quite=yes", scenario("64b-10g")))
        self.assertIn('nmgen has no option "--verbose"', self.refused("--verbose", "machine"))
        self.assertIn("no further argument", self.refused("machine", "x"))
        self.assertIn("no command is given", self.refused())
        for command in ("run", "validate", "show"):
            self.assertIn("no scenario is given", self.refused(command))
        self.assertIn("--out", self.refused("run", scenario("64b-10g"), "--out"))

    def test_values_out_of_range(self):
        file = scenario("64b-10g")
        for text in ("long", "", "1e400 s", "5 s s", "10 Mpps", "-1 s"):
            self.assertIn(f'/duration_s: "{text}" does not have the right form; use a number from 0.01 to 604800 or a string '
                          'like "1 min"', self.refused("run", file, "--duration", text))
        self.assertIn("/duration_s", self.refused("run", file, "--duration", "-1"))
        self.assertIn("/duration_s", self.refused("run", file, "--duration=0"))
        self.assertIn("not a number of frames", self.refused("show", file, "--count", "0"))
        self.assertIn("not a number of frames", self.refused("show", file, "--count", "1e99"))
        self.assertIn("excludes", self.refused("show", file, "--hex", "--pcap", "x.pcap"))

    def test_a_reader_that_leaves_is_no_crash(self):
        with subprocess.Popen([NMGEN, "show", scenario("64b-10g"), "--count", "100000"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
            self.assertEqual(process.wait(TIMEOUT_S), 0)


class Manual(NmgenTest):
    def sources(self):
        """What lowdown makes the manual pages of: the build has written it."""
        manual = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(NMGEN))), "manual")
        return sorted(glob.glob(os.path.join(manual, "nmgen*.md")))

    def test_a_page_for_each_command_with_all_that_help_says(self):
        listed = re.findall(r"(?m)^  (\w+) ", self.good("--help").split("\nCommands:\n")[1].split("\n\n")[0])
        names = [os.path.basename(source)[:-len(".md")] for source in self.sources()]
        self.assertEqual(sorted(names), sorted(["nmgen"] + ["nmgen-" + command for command in listed]))
        for source, name in zip(self.sources(), names):
            with open(source, encoding="utf-8") as file:
                page = file.read()
            self.assertRegex(page, rf"\A# NAME\n\n{name} \\- \w[^\n]+[^.\n]\n\n# SYNOPSIS\n\n\*\*{name.replace('-', ' ')}\*\* \[OPTIONS\]")
            self.assertNotIn("](", page)
            for option in re.findall(r"(?m)^  (?:-\w, )?(--[a-z-]+)", self.good(*name.split("-")[1:], "--help")):
                if option != "--help":
                    self.assertRegex(page, rf"(?m)^(`-\w`, )?`{option}[` ][^\n]*\n: \w", name)
            for command in listed if name == "nmgen" else ():
                self.assertIn(f"\n`{command}`\n: ", page)

    def test_they_are_manual_pages(self):
        if shutil.which("lowdown") is None or shutil.which("man") is None:
            self.skipTest("lowdown or man is not installed: scripts/test installs the first")
        for source in self.sources():
            page = self.path("page.1")
            subprocess.run(["lowdown", "-s", "-t", "man", "--out-no-smarty", "-M", "title=x", "-M", "section=1", "-o", page, source],
                           timeout=TIMEOUT_S, check=True)
            result = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
                                    env=dict(os.environ, MANPAGER="cat", MANWIDTH="80", LC_ALL="C.UTF-8"))
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            for heading in ("NAME", "SYNOPSIS", "EXAMPLES"):
                self.assertRegex(result.stdout, rf"(?m)^{heading}$")
            self.assertNotIn("`", result.stdout)


class Validate(NmgenTest):
    def test_every_scenario_of_the_project_is_good(self):
        files = sorted(glob.glob(os.path.join(ROOT, "scenarios", "*.json")))
        self.assertGreaterEqual(len(files), 16)
        lines = self.good("validate", *files).splitlines()
        self.assertEqual(len(lines), len(files))
        for line, file in zip(lines, files):
            self.assertTrue(line.startswith(file + ": valid: "), line)

    def test_the_worked_examples_are_the_scenarios(self):
        with open(os.path.join(ROOT, "docs", "worked-examples.md"), encoding="utf-8") as file:
            examples = re.findall(r"\(\.\./scenarios/([\w-]+)\.json\).*?```json\n(.*?)```", file.read(), re.DOTALL)
        self.assertEqual(len(examples), 5)
        for name, lines in examples:
            with open(scenario(name), encoding="utf-8") as file:
                document = json.load(file)
            for key, value in json.loads("{" + lines + "}").items():
                self.assertEqual(value, document[key], name)

    def test_a_bad_one_among_good_ones_counts(self):
        bad = self.write("bad.json", "{}")
        result = self.nmgen("validate", scenario("vlan"), bad, scenario("ipv6"))
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stdout.count(": valid: "), 2)
        self.assertIn('the key "schema" is missing', result.stderr)

    def test_set_is_checked_too(self):
        self.assertIn("valid", self.good("validate", scenario("64b-10g"), "--set",
                                        "senders.0.rate.pps=1000"))
        self.assertIn("did you mean", self.refused("validate", scenario("64b-10g"), "--set",
                                                   "senders.0.rat.pps=1000"))


class Show(NmgenTest):
    def test_text_and_bytes(self):
        text = self.good("show", scenario("64b-10g"), "--count", "2", "--hex")
        frame = ("Ethernet 02:00:00:00:00:01>02:00:00:00:00:02 / IPv4 198.18.0.1>198.19.0.1 ttl 64 / "
                 "UDP 1024>1024 / probe stream 0 sequence {} / 60 B (64 with CRC)\n")
        self.assertIn("sender 0: sim:left, 1 worker, rate max, 14.881Mpps: udp (60 B without CRC, 1 flow)\n", text)
        self.assertIn("0.0 +0.000000000 s  " + frame.format(0), text)
        # 84 bytes at 10 Gbit/s are 67.2 ns.
        self.assertIn("0.1 +0.000000067 s  " + frame.format(1), text)
        self.assertIn("0000  02 00 00 00 00 02 02 00  00 00 00 01 08 00 45 00  ..............E.\n", text)

    def test_one_stream(self):
        self.assertIn("flows (60 B", self.good("show", scenario("udp-flows-64k"), "--stream", "flows"))
        self.assertIn("did you mean flows?",
                      self.refused("show", scenario("udp-flows-64k"), "--stream", "flow"))

    def tshark(self, name, count, *fields):
        if shutil.which("tshark") is None:
            self.skipTest("tshark is not installed: scripts/test installs it")
        pcap = self.path("frames.pcap")
        self.assertIn(f"{count} frames written", self.good("show", scenario(name), "--count", str(count),
                                                           "--pcap", pcap, "--force"))
        arguments = ["tshark", "-r", pcap, "-T", "fields", "-o", "ip.check_checksum:TRUE",
                     "-o", "udp.check_checksum:TRUE"]
        for field in fields:
            arguments += ["-e", field]
        result = subprocess.run(arguments, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
        rows = [line.split("\t") for line in result.stdout.splitlines()]
        self.assertEqual(len(rows), count)
        return rows

    def test_tshark_agrees_on_flows_checksums_and_times(self):
        rows = self.tshark("udp-flows-64k", 600, "frame.len", "frame.time_epoch", "ip.src", "udp.srcport",
                           "ip.checksum.status", "udp.checksum.status")
        for index, row in enumerate(rows):
            time = f"0.{round(index * 67.2):09}"
            source = f"198.18.0.{1 + index // 256}"
            # Status 1 is "good".
            self.assertEqual(row, ["60", time, source, str(1024 + index % 256), "1", "1"])

    def test_tshark_agrees_on_vlan_and_ipv6(self):
        for row in self.tshark("vlan", 3, "vlan.id", "udp.checksum.status", "ip.checksum.status"):
            self.assertTrue(row[0])
            self.assertEqual(row[1:], ["1", "1"])
        for row in self.tshark("ipv6", 3, "ipv6.src", "udp.checksum.status"):
            self.assertIn(":", row[0])
            self.assertEqual(row[1], "1")

    def test_pcap_on_standard_output_is_the_same(self):
        self.good("show", scenario("vlan"), "--pcap", self.path("v.pcap"))
        result = self.nmgen("show", scenario("vlan"), "--pcap", "-", text=False)
        self.assertEqual(result.returncode, 0)
        with open(self.path("v.pcap"), "rb") as file:
            self.assertEqual(result.stdout, file.read())

    def test_an_unwritable_pcap(self):
        self.assertIn("none/x.pcap", self.refused("show", scenario("vlan"), "--pcap", self.path("none/x.pcap")))


class Ports(NmgenTest):
    def test_ports_of_a_scenario(self):
        with open(scenario("64b-10g"), encoding="utf-8") as file:
            left = json.load(file)["ports"]["sim:left"]
        text = self.good("ports", scenario("64b-10g"))
        self.assertRegex(text, r"(?m)^sim:left +sim82599 +hosted +10 up +1/1 +"
                         f"{left['tx_slots']}/{left['rx_slots']}$")
        self.assertIn("sim:left: cable to sim:right", text)
        self.assertIn("into a sink", self.good("ports", scenario("64b-100g")))

    def test_interfaces_of_the_kernel(self):
        text = self.good("ports")
        for interface in os.listdir("/sys/class/net"):
            if os.path.exists(f"/sys/class/net/{interface}/type"):
                self.assertRegex(text, rf"(?m)^netmap:{re.escape(interface)} .* kernel ")

    def test_bad_scenario(self):
        self.assertIn("No such file", self.refused("ports", self.path("none.json")))


class Machine(NmgenTest):
    def test_text_fits_80_columns(self):
        text = self.good("machine")
        for name in ("processor", "cores", "clock", "huge pages", "privileges", "netmap module", "load"):
            self.assertRegex(text, rf"(?m)^  (ok|lack|fact) +{name} ")
        self.assertEqual(len(re.findall(r"(?m)^  lack ", text)), text.count("-> "))

    def test_json_says_the_same(self):
        document = json.loads(self.good("machine", "--json"))
        self.assertEqual(document["schema"], "nmgen-machine/1")
        for finding in document["findings"]:
            self.assertIn(finding["state"], ("ok", "lack", "fact"))
            self.assertTrue(finding["value"])
            self.assertEqual(finding["state"] == "lack", "remedy" in finding)


if __name__ == "__main__":
    unittest.main()
