#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Builds and tests nmgen in tiers.

  scripts/test                   the default tier: what a change should pass before it is committed
  scripts/test --quick           format, headers and unit tests
  scripts/test --all             everything but scripts/nightly
  scripts/test --changed [BASE]  the default tier, then those parts of all that a change since BASE can break; what CI runs
  scripts/test PART...           these parts

Results of each test are printed where one fails; logs and durations are kept in build/logs/. Exit code: 0, 1 where a test failed, 2: bad use.
"""
import argparse
import os
import sys

from changed import base_commit, breakable, changed_paths, read_rules
from parts import DEEP, PARTS, TIERS
from run import LOGS, Outcome, Plan, lack, run
from summary import summarise


def die(sentence, code=2):
    print(f"test: {sentence}", file=sys.stderr)
    sys.exit(code)


def parse(words):
    parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="parts:\n" + "\n".join(f"  {part.name:13} {part.holds}" for part in PARTS.values()))
    tier = parser.add_mutually_exclusive_group()
    tier.add_argument("--quick", dest="tier", action="store_const", const="quick", help="this tier")
    tier.add_argument("--all", dest="tier", action="store_const", const="all", help="this tier")
    tier.add_argument("--changed", nargs="?", const="", metavar="BASE", help="a commit [NMGEN_CI_BASE, or the newest that is older than 9 hours]")
    parser.add_argument("--within", type=float, default=0, metavar="MINUTES", help="skip the parts that would end later, and say so [no limit]")
    parser.add_argument("--list", action="store_true", help="print the parts that would be run, and why; run nothing")
    parser.add_argument("parts", nargs="*", metavar="PART")
    options = parser.parse_args(words)
    if options.parts and (options.tier or options.changed is not None):
        parser.error("a tier and parts exclude each other")
    for name in options.parts:
        if name not in PARTS:
            parser.error(f"'{name}' is no part; parts are {', '.join(PARTS)}")
    return options


def planned(options):
    """(tier's name, Plan, outcomes of what the change cannot break, lines that say why)"""
    within_s = 60 * options.within
    if options.parts:
        return "parts", Plan([PARTS[name] for name in options.parts], within_s=within_s), [], []
    if options.changed is None:
        tier = options.tier or "default"
        return tier, Plan(TIERS[tier], within_s=within_s), [], []
    try:
        base = base_commit(options.changed or os.environ.get("NMGEN_CI_BASE", ""))
    except LookupError as reason:
        die(reason)
    paths = changed_paths(base)
    wanted = breakable(paths, read_rules())
    why = [f"{len(paths)} paths have changed since {base[:12]}"]
    why += [f"{name}{': ' + ', '.join(only) if only else ''}, for {path}" for name, (path, only) in wanted.items()]
    left_out = [Outcome(part, left_out="nothing that it tests has changed") for part in DEEP if part.name not in wanted]
    plan = Plan([*TIERS["default"], *(part for part in DEEP if part.name in wanted)], wanted.get("fuzz", ("", []))[1] or [], within_s,
                base)
    return "changed", plan, left_out, why


def main():
    options = parse(sys.argv[1:])
    seconds = os.environ.get("NMGEN_FUZZ_SECONDS", "1")
    if not seconds.isdigit() or int(seconds) == 0:
        die(f"NMGEN_FUZZ_SECONDS is '{seconds}': give a whole number of seconds.")
    tier, plan, left_out, why = planned(options)
    for line in why:
        print(line, flush=True)
    if options.list:
        for part in plan.parts:
            print(f"{part.name:14} {part.holds}")
        for outcome in left_out:
            print(f"{outcome.part.name:14} left out: {outcome.left_out}")
        return 0
    sentence = lack()
    if sentence:
        die(sentence)
    outcomes, wall_s = run(plan)
    return 0 if summarise(tier, outcomes + left_out, wall_s, LOGS) else 1


if __name__ == "__main__":
    sys.exit(main())
