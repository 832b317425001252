# SPDX-License-Identifier: BSD-2-Clause
"""The parts that tests are run in, and the tiers made of them. tests/README.md has the same table for people; a test compares them."""
from dataclasses import dataclass
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FUZZ_SECONDS = 30


@dataclass(frozen=True)
class Part:
    """Configure `preset`, build `targets` of it, run the tests that ctest's arguments `select` choose."""
    name: str
    holds: str
    preset: str
    targets: tuple
    select: tuple
    limit_s: int  # its tests are ended then, and named: only a hang takes so long
    cost_s: int  # what it takes on 2 cores with nothing in the cache, to see whether it still fits into CI's time
    guest: bool = False  # keeps one core busy, so it runs beside the others


def _label(*labels):
    return ("-L", f"^({'|'.join(labels)})$")


def _guest(kernel):
    return Part(f"guest.{kernel}", f"netmap.ko in a guest of Linux {kernel}: conformance, isolation, switch, emulated, native, robust, nmgen, in one boot", "release",
                ("netmap_guest_programs", "nmgen"), _label(rf"guest\.{kernel.replace('.', '[.]')}"), 2400, 420, guest=True)


def debian_kernel():
    """The kernel of this Debian: its packages need no other archive. 6.1 where that cannot be told."""
    release = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    return "6.12" if 'VERSION_ID="13"' in release else "6.1"


GUESTS = {kernel: _guest(kernel) for kernel in ("6.1", "6.12", "7.3")}
OWN_GUEST = GUESTS[debian_kernel()]
OTHER_GUESTS = [part for part in GUESTS.values() if part is not OWN_GUEST]

STYLE = Part("style", "clang-format, SPDX lines, words, shellcheck, each header compiled alone", "style", ("nmgen_generated",),
             _label("style"), 600, 60)
UNIT = Part("unit", "unit tests, release", "release", ("nmgen_unit_tests",), _label("unit"), 900, 180)
E2E = Part("e2e", "end-to-end tests on the released program; benchmarks and examples compile", "release", (), _label("e2e"), 1800, 240)
ASAN = Part("asan", "unit tests under AddressSanitizer and UndefinedBehaviorSanitizer", "asan", ("nmgen_unit_tests",), _label("unit"), 1800, 360)
ASAN_E2E = Part("asan.e2e", "end-to-end tests under the same", "asan", (), _label("e2e"), 2400, 300)
TSAN = Part("tsan", "unit and end-to-end tests with threads under ThreadSanitizer", "tsan", (), _label("unit", "e2e"), 2400, 480)
FUZZ = Part("fuzz", f"each fuzz target for {FUZZ_SECONDS} s", "fuzz", ("nmgen_fuzzers",), _label("fuzz"), 1800, 300)
TIDY = Part("tidy", "clang-tidy", "style", ("nmgen_generated",), _label("tidy"), 2400, 480)
KERNEL_STYLE = Part("kernel-style", "checkpatch and sparse", "style", ("nmgen_generated",), _label("kernel-style"), 900, 60)
PACKAGE = Part("package", "the Debian package, installed into a clean Debian", "release", (), _label("package"), 2400, 420, guest=True)

QUICK = [STYLE, UNIT]
DEFAULT = [*QUICK, E2E, ASAN, OWN_GUEST]
# In the order in which CI takes them while there is time.
DEEP = [TSAN, FUZZ, KERNEL_STYLE, TIDY, ASAN_E2E, *OTHER_GUESTS, PACKAGE]
ALL = [*DEFAULT, *DEEP]
TIERS = {"quick": QUICK, "default": DEFAULT, "all": ALL}
PARTS = {part.name: part for part in ALL}
