# SPDX-License-Identifier: BSD-2-Clause
"""case.py FILE --list: the tests of FILE.py, Class.test a line. case.py FILE Class.test: runs one.

Exit code 0: passed, 1: failed, 77: skipped, after saying why.
"""
import importlib
import os
import sys
import unittest


def list_tests(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            list_tests(test)
        else:
            print(".".join(test.id().split(".")[-2:]))


def main():
    name, what = sys.argv[1:]
    if what == "--list":
        # Only to read the names; nothing is started.
        os.environ.setdefault("NMGEN", "nmgen")
    module = importlib.import_module(name)
    loader = unittest.defaultTestLoader
    if what == "--list":
        list_tests(loader.loadTestsFromModule(module))
        return 0
    result = unittest.TextTestRunner(verbosity=2).run(loader.loadTestsFromName(what, module))
    for _, reason in result.skipped:
        print("SKIPPED:", reason)
    if not result.wasSuccessful() or result.testsRun != 1:
        return 1
    return 77 if result.skipped else 0


if __name__ == "__main__":
    sys.exit(main())
