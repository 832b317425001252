#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the netmap core costs a frame, measured and kept in results/core/. Run it on a quiet machine.

  scripts/core_speed.py hosted                 the core in a program: TSC ticks (results/core/hosted.json)
  scripts/core_speed.py uml --kernel 6.12      netmap.ko in user-mode Linux, at native speed: TSC ticks (uml-6.12.json)
  scripts/core_speed.py guest --kernel 6.12    netmap.ko in an emulated PC: instructions (guest-6.12.json)
  scripts/core_speed.py table                  writes the table in results/README.md from these; --check compares only

Exit codes: 0 done, 1 the table is not what the records say, 2 bad use, or something cannot be built or run.
"""
import argparse
import datetime
import itertools
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORDS = ROOT / "results" / "core"
PAGE = ROOT / "results" / "README.md"
SCHEMA = "nmgen-core-speed/1"
MODULE = "tests/kernel/sync_speed"
BEGIN, END = "<!-- core_speed.py table: begin -->\n", "<!-- core_speed.py table: end -->\n"
# The goal is this many times the speed of the floor.
FASTER = 1.5
# shape: (what it is, TSC ticks that another implementation takes on a 2.6 GHz AMD EPYC)
SHAPES = {
    "pipe": ("pipe, 60 B", 6),
    "vale_none": ("VALE, 60 B to no receiver", 22),
    "vale_one": ("VALE, 60 B to one", 45),
    "vale_two": ("VALE, 60 B broadcast to two", 65),
    "vale_one_1500": ("VALE, 1500 B to one", 190),
    "memcpy_1500": ("memcpy() alone, 1500 B from ring to ring", None),
    "empty_call": ("a call with nothing to do", 300),
    "emulated": ("emulated adapter, 60 B from veth to veth", None),
}
# Google Benchmark: program, its benchmarks (arguments follow), and for each the shape and size without CRC.
HOSTED = {
    "kernel/core/core_bench": {"pipe_txsync": ("pipe", 60)},
    "kernel/core/vale/vale_bench": {
        "vale_no_receiver": ("vale_none", 60), "vale_one_receiver": ("vale_one", 60), "vale_broadcast_to_two": ("vale_two", 60),
        "vale_one_receiver_1500": ("vale_one_1500", 1500), "vale_empty_call": ("empty_call", 0),
        "memory_copy": ("memcpy_1500", 1500)},
}
BATCHES = (0, 256, 512)
# Slots of VALE's rings, as they come and so few that long frames stay in a core's own cache.
SLOTS = 1024
FEW_SLOTS = 512
LONG_SHAPES = ("vale_one_1500", "memcpy_1500")
LINE = re.compile(r"shape=(\w+) size=(\d+) batch=(\d+) slots=(\d+) buf=(\d+) calls=\d+ min=(\d+) median=(\d+)")


class Refused(Exception):
    """One sentence for the user."""


def output_of(command, **options):
    try:
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT, **options)
    except OSError as error:
        raise Refused(f"cannot run {command[0]}: {error.strerror}; check that it exists") from None
    if done.returncode:
        sys.stderr.write("".join(done.stdout.splitlines(True)[-10:]))
        raise Refused(f"{command[0]} ended with exit code {done.returncode}; see its output above")
    return done.stdout


def last_core():
    """Everything runs on one core, and interrupts mostly come to the first."""
    return max(os.sched_getaffinity(0))


def machine():
    fields = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    return {
        "cpu_model": f"{fields.get('model name', 'unknown')} (family {fields.get('cpu family', '?')}, "
                     f"model {fields.get('model', '?')})",
        "tsc_mhz": float(fields.get("cpu MHz", 0)),
        "kernel": f"{platform.system()} {platform.release()}",
    }


def commit():
    """What is measured; results are no part of it."""
    changed = output_of(["git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":!results"])
    return {"commit": output_of(["git", "rev-parse", "HEAD"]).strip(), "dirty": bool(changed.strip())}


def benchmark_samples(program, names):
    """(shape, size, batch, slots, buffer's size, minimum, median) of each benchmark of one run."""
    run = output_of([program, "--benchmark_format=json", f"--benchmark_filter=^({'|'.join(names)})(/|$)"],
                    preexec_fn=lambda: os.sched_setaffinity(0, {last_core()}))
    for entry in json.loads(run)["benchmarks"]:
        shape, size = names[entry["name"].split("/")[0]]
        batch, slots, buf = (int(entry.get(name, 0)) for name in ("batch", "slots", "buf_size"))
        if batch in BATCHES and (slots == SLOTS or not batch or (slots == FEW_SLOTS and shape in LONG_SHAPES)):
            yield shape, size, batch, slots, buf, entry["min"], entry["median"]


def measure_hosted(rounds):
    output_of(["bash", "-c", "root=$PWD; . scripts/lib.sh; configure release && build release \"$@\"", "-"] +
              [name.rsplit("/", 1)[1] for name in HOSTED])
    for _ in range(rounds):
        for program, names in HOSTED.items():
            yield from benchmark_samples(ROOT / "build" / "release" / program, names)


def measure_module(command):
    """A line of sync_speed.ko a sample."""
    for line in output_of(command).splitlines():
        found = LINE.fullmatch(line.strip())
        if found:
            shape = found.group(1)
            size, batch, slots, buf, least, median = (int(word) for word in found.groups()[1:])
            yield shape, size, batch, slots, buf, least / 1000, median / 1000


def figures_of(samples):
    """The least of all, and the median of the medians."""
    together = {}
    for shape, size, batch, slots, buf, least, median in samples:
        together.setdefault((list(SHAPES).index(shape), batch, slots, buf, size), []).append((least, median))
    figures = []
    for (shape, batch, slots, buf, size), both in sorted(together.items()):
        name = list(SHAPES)[shape]
        figures.append({"shape": name, "size_no_crc": size, "batch": batch, "slots": slots, "buf_size": buf, "rounds": len(both),
                        "minimum": round(min(least for least, _ in both), 2),
                        "median": round(statistics.median(median for _, median in both), 2)})
    return figures


def hosted_compiler():
    """(compiler, flags that change the code) of the core's hot path."""
    commands = json.loads((ROOT / "build" / "release" / "compile_commands.json").read_text(encoding="utf-8"))
    words = next(each["command"] for each in commands if each["file"].endswith("/kernel/core/vale/forward.c")).split()
    compiler = next(word for word in words if re.search(r"(cc|clang)(-\d+)?$", word) and "ccache" not in word)
    return compiler, " ".join(word for word in words if re.match("-(O|m|f|g|DNDEBUG)", word))


def module_flags():
    """Beside the kernel's own."""
    return re.search(r"^ccflags-y := (-O\d)", (ROOT / "kernel/linux/Kbuild").read_text(encoding="utf-8"), re.M).group(1)


def with_goals(figures):
    for figure in figures:
        floor = SHAPES[figure["shape"]][1]
        if floor:
            figure.update(floor=floor, goal=round(floor / FASTER, 1))
    return figures


def write_record(path, record):
    figures = record.pop("figures")
    text = json.dumps(record, indent=2)[:-2] + ',\n  "figures": [\n'
    text += ",\n".join("    " + json.dumps(figure) for figure in figures) + "\n  ]\n}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def measure(options):
    kernel = options.kernel
    script = f"{MODULE}/sync_speed.sh"
    record = {"schema": SCHEMA, "residence": options.command, "unit": "TSC ticks", **machine(), **commit(),
              "date": datetime.date.today().isoformat()}
    compiler = "gcc-12"
    name = f"{options.command}-{kernel}"
    if options.command == "hosted":
        name = "hosted"
        figures = figures_of(measure_hosted(options.rounds))
        compiler, record["flags"] = hosted_compiler()
    elif options.command == "uml":
        figures = figures_of(measure_module(["scripts/uml", "--kernel", kernel, "--module", MODULE, script, "2000",
                                             options.rounds]))
        record["guest_kernel"] = f"user-mode Linux {kernel} of Debian's source"
        record["flags"] = module_flags()
    else:
        # Always the same: few calls will do.
        figures = figures_of(measure_module(["scripts/guest", "--kernel", kernel, "--icount", "0", "--timeout", "900", "--module", MODULE,
                                             script, "50", options.rounds]))
        record.update(unit="instructions", guest_kernel="Debian's Linux " + (
            ROOT / "build" / "guest" / kernel / "release").read_text(encoding="utf-8").split()[0], flags=module_flags(),
            cpu_model=f"QEMU -cpu max, TCG, on {record['cpu_model']}")
        del record["tsc_mhz"]
        for figure in figures:
            del figure["minimum"]
    if not figures:
        raise Refused("nothing was measured; see the output of the programs")
    record["compiler"] = "GCC " + output_of([compiler, "-dumpfullversion"]).strip()
    record["figures"] = figures if options.command == "guest" else with_goals(figures)
    path = RECORDS / f"{name}.json"
    write_record(path, record)
    print(f"{path.relative_to(ROOT)}: {len(figures)} figures; next: scripts/core_speed.py table")


def read_records():
    records = {}
    for path in sorted(RECORDS.glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record.get("schema") != SCHEMA:
            raise Refused(f"{path} is not a record of {SCHEMA}; measure it again")
        records[path.stem] = record
    if not records:
        raise Refused(f"there are no records in {RECORDS}; measure first")
    return records


def cell(record, shape, batch, few, buf):
    """few: with rings of FEW_SLOTS; else those of any other size."""
    for figure in record["figures"]:
        found = (figure["shape"], figure["batch"], figure["slots"] == FEW_SLOTS)
        if found == (shape, batch, few) and figure["buf_size"] in (0, buf):
            least = f"{figure['minimum']:.4g} / " if "minimum" in figure else ""
            return f"{least}{figure['median']:.4g}"
    return ""


def columns_of(records, unit):
    """Heading: (record, bytes of a buffer)."""
    columns = {}
    for name, record in records.items():
        sizes = sorted({figure["buf_size"] for figure in record["figures"]} - {0})
        columns.update({f"{name}, {buf} B": (record, buf) for buf in sizes if record["unit"] == unit})
    return columns


def table_of(records):
    """Columns: floor, goal, and each record, once for each size of buffers that it has."""
    names = columns_of(records, "TSC ticks")
    lines = ["TSC ticks of a TXSYNC a frame (or of a call), least / median; rings of 1024 slots where no other number stands, and how many bytes a buffer is from the next.",
             "", "| | batch | floor | goal | " + " | ".join(names) + " |", "|---|---|---|---|" + "---|" * len(names)]

    def rows(columns, goals):
        for shape, (text, floor) in SHAPES.items():
            for few, batch in itertools.product((False, True), BATCHES):
                cells = [cell(record, shape, batch, few, buf) for record, buf in columns.values()]
                if any(cells):
                    rings = f", rings of {FEW_SLOTS} slots" if few else ""
                    goal = f" {floor or ''} | {f'{floor / FASTER:.3g}' if floor else ''} |" if goals else ""
                    lines.append(f"| {text}{rings} | {batch or ''} |{goal} " + " | ".join(cells) + " |")

    rows(names, True)
    counted = columns_of(records, "instructions")
    if counted:
        lines += ["", "Instructions of the emulated processor a frame; each turn of a REP MOVS or STOS counts as one.", ""]
        lines.append("| | batch | " + " | ".join(counted) + " |")
        lines.append("|---|---|" + "---|" * len(counted))
        rows(counted, False)
    lines += ["", "| record | machine | kernel | compiler | date | commit |", "|---|---|---|---|---|---|"]
    for name, record in records.items():
        speed = f", TSC {record['tsc_mhz'] / 1000:.2f} GHz" if "tsc_mhz" in record else ""
        kernel = record.get("guest_kernel", record["kernel"])
        lines.append(f"| {name} | {record['cpu_model']}{speed} | {kernel} | {record['compiler']}, `{record['flags']}` | "
                     f"{record['date']} | {record['commit'][:12]}{', changed' if record['dirty'] else ''} |")
    return "\n".join(lines) + "\n"


def table(options):
    page = PAGE.read_text(encoding="utf-8")
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise Refused(f"{PAGE} does not have the lines that enclose the table; insert them again: {BEGIN.strip()} {END.strip()}")
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    wanted = page[:start] + "\n" + table_of(read_records()) + "\n" + page[end:]
    if wanted == page:
        return 0
    if options.check:
        print("core_speed.py: the table in results/README.md does not match results/core/; run scripts/core_speed.py table",
              file=sys.stderr)
        return 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


def whole_positive(text):
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("hosted", "uml", "guest", "table"))
    parser.add_argument("--kernel", default="6.1", choices=("6.1", "6.12"), help="of uml and guest (default 6.1)")
    parser.add_argument("--rounds", type=whole_positive, help="number of rounds (default 7; guest 1)")
    parser.add_argument("--check", action="store_true", help="table: write nothing, exit with 1 if it would change")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.command == "guest" else 7)
    try:
        if options.command == "table":
            return table(options)
        measure(options)
    except Refused as error:
        print(f"core_speed.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
