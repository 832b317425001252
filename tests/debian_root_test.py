# SPDX-License-Identifier: BSD-2-Clause
"""scripts/debian_root.sh: copies of a Debian's directory. What stands for the Debian here is one static program."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "scripts/debian_root.sh"
BUSYBOX = pathlib.Path("/bin/busybox")


def namespaces_can_be_made():
    """Whether this process may make them; only root may."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], check=False, capture_output=True).returncode == 0


@unittest.skipUnless(BUSYBOX.exists(), "install busybox-static")
@unittest.skipUnless(namespaces_can_be_made(), "mount and PID namespaces cannot be made here: run it as root, outside of a container")
class Copies(unittest.TestCase):
    """debian_copy and debian_in"""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="nmgen-test."))
        self.addCleanup(shutil.rmtree, self.directory)
        base = self.directory / "tree/build/debian/13/base"
        for name in ("bin", "usr/bin", "proc", "sys", "dev", "run", "var/cache/apt/archives"):
            (base / name).mkdir(parents=True)
        for name in ("bin/sh", "usr/bin/env"):
            shutil.copy(BUSYBOX, base / name)
        (base / "of").write_text("the base\n", encoding="ascii")

    def shell(self, tree, command):
        """What the command printed, with the tree's functions."""
        return subprocess.run(["bash", "-euc", f"root=$1; . $2; {command}", "test", str(self.directory / tree), str(SCRIPT)],
                              check=True, capture_output=True, text=True, timeout=300).stdout

    def test_a_copy_goes_with_the_tree_that_is_moved(self):
        self.shell("tree", "debian_copy 13 copy; debian_in $debian_dir sh -c 'echo here >/made'")
        (self.directory / "tree").rename(self.directory / "elsewhere")
        said = self.shell("elsewhere", "debian_in $root/build/debian/13/copy sh -c 'read a </of; read b </made; echo $a, $b'")
        self.assertEqual(said, "the base, here\n")

    def test_the_base_stays_as_it_is(self):
        self.shell("tree", "debian_copy 13 copy; debian_in $debian_dir sh -c 'echo changed >/of'")
        self.assertEqual((self.directory / "tree/build/debian/13/base/of").read_text(encoding="ascii"), "the base\n")
