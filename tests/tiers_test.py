# SPDX-License-Identifier: BSD-2-Clause
"""scripts/test itself: which parts a change asks for, and what it says when a test or a build hangs. Nothing of nmgen is started."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import types
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts/tiers"))
# pylint: disable=wrong-import-position
import changed  # noqa: E402
import parts  # noqa: E402
import run  # noqa: E402


def fuzz_targets():
    """Every fuzz target of the tree."""
    files = subprocess.run(["git", "-C", str(ROOT), "ls-files", "*CMakeLists.txt"], capture_output=True, text=True, check=True).stdout.split()
    texts = (pathlib.Path(ROOT, file).read_text(encoding="utf-8") for file in files)
    return {name for text in texts for name in re.findall(r"^\s*nmgen_fuzz\((\w+)", text, re.M)}


class Paths(unittest.TestCase):
    """paths.txt"""

    def setUp(self):
        self.table = changed.read_rules()

    def asked(self, *paths):
        return changed.breakable(paths, self.table)

    def test_every_path_fits_a_line(self):
        files = subprocess.run(["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertGreater(len(files), 400)
        self.assertEqual([file for file in files if changed.rule_of(file, self.table) is None], [])

    def test_fuzz_targets_are_those_of_the_tree(self):
        named = {target for _, wanted in self.table for _, only in wanted for target in only or []}
        self.assertEqual(named, fuzz_targets())

    def test_what_a_change_asks_for(self):
        self.assertEqual(self.asked("docs/performance.md", "README.md", "results/pipe.json"), {})
        self.assertLessEqual({f"guest.{kernel}" for kernel in parts.GUESTS}, set(self.asked("kernel/core/bind.c")))
        scenario = self.asked("pktgen/scenario/parse.cc")
        self.assertEqual(scenario["fuzz"], ["pktgen/scenario/parse.cc", ["port_name_fuzz", "scenario_fuzz"]])
        self.assertIn("tsan", scenario)
        self.assertNotIn("guest.6.12", scenario)

    def test_fuzz_targets_of_several_paths_add_up(self):
        both = self.asked("pktgen/compare/rank.cc", "reporters/html/html.cc")
        self.assertEqual(both["fuzz"][1], ["baseline_fuzz", "record_fuzz"])
        self.assertIsNone(self.asked("pktgen/compare/rank.cc", "CMakeLists.txt")["fuzz"][1])

    def test_an_unknown_path_asks_for_everything(self):
        self.assertEqual(set(self.asked("new/room.c")), {part.name for part in parts.DEEP})

    def test_a_wrong_line_is_named(self):
        with self.assertRaisesRegex(ValueError, "line 2: 'tsam' is no part"):
            changed.rules("# paths\nkernel/* tsam\n")


class Readme(unittest.TestCase):
    """tests/README.md"""

    def test_its_table_has_the_tiers(self):
        text = (ROOT / "tests/README.md").read_text(encoding="utf-8")
        rows = {row[0]: row[1] for row in re.findall(r"^\| `([\w.-]+)` \| ([^|]+) \|", text, re.M)}
        for part in parts.ALL:
            # As on Debian 12: on Debian 13 another guest is the default tier's.
            is_default = part.name == "guest.6.1" if part.guest else part in parts.DEFAULT
            tier = "quick" if part in parts.QUICK else "default" if is_default else "all"
            self.assertEqual(rows[part.name].strip(), tier, part.name)


class Packages(unittest.TestCase):
    """lib.sh, in shells with every option that callers set"""

    def test_one_of_several_names_is_enough(self):
        with tempfile.TemporaryDirectory() as directory:
            (pathlib.Path(directory) / "scripts").mkdir()
            (pathlib.Path(directory) / "scripts/packages.txt").write_text(
                "bash|no-such-a run it is there\nno-such-b|dpkg run so is this\nno-such-c|no-such-d run not this\nno-such-e test asked for?\n",
                encoding="utf-8")
            script = f"root='{directory}'; . '{ROOT}/scripts/lib.sh'; missing_packages run"
            said = subprocess.run(["bash", "-u", "-o", "pipefail", "-c", script], capture_output=True, text=True, check=True).stdout
        self.assertEqual(said, "no-such-c|no-such-d\n")


class Lack(unittest.TestCase):
    """A machine that is too small"""

    def test_disk(self):
        with mock.patch.object(shutil, "disk_usage", return_value=types.SimpleNamespace(free=3 * 2**30)):
            self.assertRegex(run.lack(), r"^3\.0 GiB of disk are free at .*: make room there\.$")

    def test_memory(self):
        with mock.patch.object(run, "LEAST_MEMORY_GIB", 2**20):
            self.assertRegex(run.lack(), r"GiB of memory are available, .*: end other programs, or give the machine more\.$")


TREE = """
cmake_minimum_required(VERSION 3.25)
project(tree NONE)
enable_testing()
add_custom_target(nmgen_unit_tests)
add_custom_target(sleeps sleep 1000)
add_test(NAME good COMMAND true)
add_test(NAME bad COMMAND sh -c "echo error: the reason; exit 1")
add_test(NAME hangs COMMAND sleep 1000)
add_test(NAME lacks COMMAND sh -c "echo SKIPPED: no such device; exit 77")
set_tests_properties(good bad hangs lacks PROPERTIES LABELS unit TIMEOUT 60 SKIP_RETURN_CODE 77)
set_tests_properties(hangs PROPERTIES TIMEOUT 1)
"""


class Run(unittest.TestCase):
    """A tree whose tests pass, fail, hang and are skipped"""

    def setUp(self):
        self.tree = pathlib.Path(tempfile.mkdtemp(prefix="tiers-"))
        self.addCleanup(shutil.rmtree, self.tree)
        shutil.copytree(ROOT / "scripts/tiers", self.tree / "scripts/tiers", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "scripts/lib.sh", self.tree / "scripts/lib.sh")
        shutil.copy(ROOT / "CMakePresets.json", self.tree)
        (self.tree / "CMakeLists.txt").write_text(TREE, encoding="utf-8")

    def test_each_test_is_told(self):
        result = subprocess.run([self.tree / "scripts/tiers/main.py", "unit"], capture_output=True, text=True, check=False, timeout=300)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("failed: unit: bad, unit: hangs\n", result.stdout)
        self.assertRegex(result.stdout, r"FAILED unit: bad\n  \| error: the reason\n")
        self.assertRegex(result.stdout, r"FAILED unit: hangs\n  \| it was ended at its limit, \d+ s\n")
        self.assertIn("SKIPPED unit: lacks: no such device\n", result.stdout)
        self.assertTrue(result.stdout.endswith("50% tests passed, 2 tests failed out of 4\n"), result.stdout)
        kept = json.loads((self.tree / "build/logs/durations.json").read_text(encoding="utf-8"))
        self.assertEqual(set(kept["runs"][0]["parts"]["unit"]["tests"]), {"good", "bad", "hangs", "lacks"})

    def test_a_build_that_hangs_is_ended_with_all_it_started(self):
        part = parts.Part("unit", "", "release", ("sleeps",), (), 5, 1)
        with mock.patch.object(run, "ROOT", self.tree), mock.patch.object(run, "LOGS", self.tree / "build/logs"), \
                mock.patch.object(sys, "stderr", open(os.devnull, "w", encoding="utf-8")):  # noqa: SIM115
            run.LOGS.mkdir(parents=True)
            start = time.monotonic()
            outcome = run.run_part(part, 1)
        self.assertFalse(outcome.built)
        self.assertLess(time.monotonic() - start, 300)
        left = subprocess.run(["pgrep", "-f", str(self.tree)], capture_output=True, text=True, check=False).stdout.split()
        self.assertEqual(left, [])

    def test_what_would_not_end_in_time_is_left_out(self):
        command = [self.tree / "scripts/tiers/main.py", "unit", "--within", "0.1"]
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        self.assertIn("left out: after 0 min its 3 would not end within 0\n", result.stdout)
        self.assertEqual(result.returncode, 0)


if __name__ == "__main__":
    unittest.main()
