# SPDX-License-Identifier: BSD-2-Clause
"""Starts the nmgen under test. Its path is in the environment variable NMGEN."""
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NMGEN = os.environ["NMGEN"]
# For sanitized builds on a busy machine: no test measures time.
TIMEOUT_S = 900


def scenario(name):
    return os.path.join(ROOT, "scenarios", name + ".json")


class NmgenTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="nmgen-e2e-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def nmgen(self, *arguments, text=True):
        """Runs nmgen to its end, with standard output and error apart."""
        return subprocess.run([NMGEN, *arguments], capture_output=True, text=text, timeout=TIMEOUT_S,
                              stdin=subprocess.DEVNULL, check=False)

    def good(self, *arguments):
        """Standard output of a call that must succeed without a word on standard error."""
        result = self.nmgen(*arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        return result.stdout

    def refused(self, *arguments):
        """The sentence of a call that must be refused: one line on standard error, exit code 2."""
        result = self.nmgen(*arguments)
        self.assertEqual(result.returncode, 2, result.stderr + result.stdout)
        self.assertRegex(result.stderr, r"\Anmgen: [^\n]+\n\Z")
        # The remedy comes after the last semicolon.
        self.assertIn("; ", result.stderr)
        self.assertLess(len(result.stderr), 1000)
        return result.stderr[len("nmgen: "):-1]
