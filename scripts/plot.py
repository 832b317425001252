#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Draws results of nmgen for a paper: PDF, SVG and PNG, one column wide, readable in grey.

  scripts/plot.py clock SWEEP --out clock.pdf --out clock.png
  scripts/plot.py latency RECORD... --out latency.svg

KIND is clock, size, batch or rings (of a sweep's directory or manifest), latency or percentiles (of records), or history
(of records and baselines, one point each). The same input gives the same bytes.
Exit codes: 0 drawn, 2 bad use or bad input.
"""
import argparse
import json
import math
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PUBLISHED = ROOT / "results" / "published"
FORMATS = ("pdf", "svg", "png")
# A column of a two-column paper (ACM, USENIX): 3.33 inches.
WIDTH_IN, HEIGHT_IN = 3.33, 2.3
WIRE_OVERHEAD = 20  # preamble and gap, bytes
CRC = 4
MARKERS = "os^Dvp"
LINES = ("-", "--", "-.", ":")
GREYS = ("#000000", "#555555", "#888888", "#aaaaaa")


class Refused(Exception):
    """One sentence for the user."""


def libraries():
    """matplotlib's pyplot, set up so that nothing of the time or the machine is in a file."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    try:
        import matplotlib
    except ImportError as error:
        # It has packages of its own that may be missing, numpy for one.
        name = error.name if error.name in ("numpy",) else "matplotlib"
        raise Refused(f"the package {name} is missing; apt-get install python3-{name}") from None
    matplotlib.use("Agg")
    # Not what a user's own matplotlibrc says.
    matplotlib.rcdefaults()
    matplotlib.rcParams.update({
        "svg.hashsalt": "nmgen", "svg.fonttype": "path", "pdf.fonttype": 42, "pdf.compression": 6,
        "font.family": "DejaVu Sans", "font.size": 7, "axes.labelsize": 7, "legend.fontsize": 6, "xtick.labelsize": 6,
        "ytick.labelsize": 6, "lines.linewidth": 0.9, "lines.markersize": 3, "axes.linewidth": 0.5, "grid.linewidth": 0.3,
        "axes.grid": True, "grid.color": "#cccccc", "figure.figsize": (WIDTH_IN, HEIGHT_IN), "figure.dpi": 100,
        "savefig.dpi": 300, "legend.frameon": False, "figure.constrained_layout.use": True,
    })
    import matplotlib.pyplot as pyplot
    return pyplot


def read_json(path):
    try:
        return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused(f"cannot read {path}: {error.strerror}; give a result that nmgen or sweep.py wrote") from None
    except (ValueError, RecursionError):
        raise Refused(f"cannot read {path}: it is not JSON, or is truncated; copy it again") from None


def read_sweep(inputs):
    if len(inputs) > 1:
        raise Refused(f"cannot draw {inputs[1]} besides {inputs[0]}: this kind of plot shows one sweep; make a plot of each")
    path = inputs[0]
    file = pathlib.Path(path)
    manifest = read_json(file / "manifest.json" if file.is_dir() else file)
    if not isinstance(manifest, dict) or manifest.get("schema") != "nmgen-sweep-result/1":
        raise Refused(f"cannot draw {path}: it is not a manifest of nmgen-sweep-result/1; give a directory of sweep.py")
    if not manifest.get("points"):
        raise Refused(f"cannot draw {path}: there are no points in it; run the sweep")
    return manifest


def read_record(path):
    record = read_json(path)
    if not isinstance(record, dict) or record.get("schema") != "nmgen-result/1" or not record.get("runs"):
        raise Refused(f"cannot draw {path}: it is not a record of nmgen-result/1 with a run; give a file of nmgen run --out")
    return record


def read_published(axis):
    found = []
    for path in sorted(PUBLISHED.glob("*.json")):
        document = read_json(path)
        found += [dict(point, label=document["label"]) for point in document["points"] if axis in point]
    return found


def median(values):
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


class Series:
    """Points of a sweep over one axis, the repeats of each together. `curves` has the valid runs; of a value that has none, `invalid` has the
    others. An axis is called by its name, or by the key that it varies: senders.0.batch is a batch."""

    def __init__(self, manifest, axis, figure, scale=1.0):
        names = [entry["name"].rsplit(".", 1)[-1] for entry in manifest["sweep"]["axes"]]
        if axis not in names:
            raise Refused(f"the sweep \"{manifest['sweep']['name']}\" has no axis \"{axis}\", it has {', '.join(names)}; "
                          "choose another kind of plot")
        column = names.index(axis)
        self.curves, self.invalid = {}, {}
        for point in manifest["points"]:
            others = tuple(value for i, value in enumerate(point["values"]) if i != column)
            runs = self.invalid if point["verdict"] == "invalid" else self.curves
            runs.setdefault(others, {}).setdefault(point["values"][column], []).append(point[figure] * scale)
        for others, curve in self.invalid.items():
            for value in self.curves.setdefault(others, {}):
                curve.pop(value, None)

    def over(self, change):
        """The same with other values on the axis."""
        for runs in (self.curves, self.invalid):
            for others in runs:
                runs[others] = {change(value): figures for value, figures in runs[others].items()}
        return self

    def draw(self, axes, label):
        """Median of the valid runs, with bars from the lowest to the highest; crosses alone where no run was valid. Returns the values."""
        for i, (others, curve) in enumerate(sorted(self.curves.items(), key=lambda item: str(item[0]))):
            x = sorted(curve)
            y = [median(curve[value]) for value in x]
            low = [middle - min(curve[value]) for value, middle in zip(x, y)]
            high = [max(curve[value]) - middle for value, middle in zip(x, y)]
            axes.errorbar(x, y, yerr=[low, high], label=label(others), color=GREYS[i % len(GREYS)],
                          marker=MARKERS[i % len(MARKERS)], linestyle=LINES[i % len(LINES)], markerfacecolor="white",
                          capsize=1.5, elinewidth=0.5)
        alone = [(value, median(figures)) for curve in self.invalid.values() for value, figures in curve.items()]
        if alone:
            axes.plot(*zip(*alone), linestyle="none", marker="x", color="#888888", label="invalid runs only")
        return sorted({value for runs in (self.curves, self.invalid) for curve in runs.values() for value in curve})


def source_of(manifest):
    device = manifest.get("device") or {}
    return "a model of the device" if device.get("simulated") else device.get("driver", "")


def clock(pyplot, inputs):
    manifest = read_sweep(inputs)
    series = Series(manifest, "clock_hz", "tx_pps", 1e-6).over(lambda hz: hz / 1e6)
    figure, axes = pyplot.subplots()
    ticks = series.draw(axes, lambda others: f"{others[0]} ring{'' if others[0] == 1 else 's'}" if others else "nmgen")
    published = read_published("clock_hz")
    for marker, label in zip("*PX", sorted({point["label"] for point in published})):
        mine = [point for point in published if point["label"] == label]
        axes.plot([point["clock_hz"] / 1e6 for point in mine], [point["tx_pps"] / 1e6 for point in mine], linestyle="none",
                  marker=marker, markersize=5, color="black", zorder=4, label=f"published: {label}")
    axes.axhline(14.88, color="#888888", linewidth=0.5, linestyle=":")
    axes.set_xscale("log")
    axes.set_xticks([tick for tick in (10, 20, 50, 100, 200, 500, 1000, 2000) if ticks[0] <= tick <= ticks[-1] * 1.01])
    axes.get_xaxis().set_major_formatter("{x:.0f}")
    axes.minorticks_off()
    axes.set_ylim(0, 16)
    methods = sorted({point["clock_method"] for point in manifest["points"]})
    axes.set_xlabel(f"Clock of a sender's core (MHz; by {', '.join(methods)})")
    axes.set_ylabel(f"Mpps sent, 64-byte frames\n({source_of(manifest)})")
    # Above: the curves fill the whole field.
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=3, columnspacing=1, handletextpad=0.5)
    return figure


def size(pyplot, inputs):
    manifest = read_sweep(inputs)
    received = any(point["rx_pps"] > 0 for point in manifest["points"])
    series = Series(manifest, "size_no_crc", "rx_pps" if received else "tx_pps", 1e-6).over(lambda size: size + CRC)
    figure, axes = pyplot.subplots()
    sizes = series.draw(axes, lambda others: "measured" if not others else str(others))
    speed = (manifest.get("device") or {}).get("speed_gbps") or 10
    steps = [sizes[0] * (sizes[-1] / sizes[0]) ** (i / 200) for i in range(201)]
    axes.plot(steps, [speed * 1e9 / 8 / (step + WIRE_OVERHEAD) / 1e6 for step in steps], color="#888888", linewidth=0.6,
              linestyle=":", label=f"line rate, {speed:g} Gbit/s", zorder=0)
    axes.set_xscale("log", base=2)
    axes.set_xticks([tick for tick in (64, 128, 256, 512, 1024, 1518) if sizes[0] <= tick <= sizes[-1]])
    axes.get_xaxis().set_major_formatter("{x:.0f}")
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_xlabel("Frame size with CRC (bytes)")
    axes.set_ylabel(f"Mpps {'received' if received else 'sent'}\n({source_of(manifest)})")
    axes.legend(loc="upper right")
    return figure


def batch(pyplot, inputs):
    manifest = read_sweep(inputs)
    figure, axes = pyplot.subplots()
    ticks = Series(manifest, "batch", "tx_pps", 1e-6).draw(axes, lambda others: str(others) if others else "_")
    axes.set_xscale("log", base=2)
    axes.set_xticks(ticks)
    axes.get_xaxis().set_major_formatter("{x:.0f}")
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_xlabel("Frames a sync, at most")
    axes.set_ylabel(f"Mpps sent, 64-byte frames\n({source_of(manifest)})")
    return figure


def rings(pyplot, inputs):
    manifest = read_sweep(inputs)
    figure, axes = pyplot.subplots()
    ticks = Series(manifest, "rings", "tx_busy_tsc_ticks").draw(axes, lambda others: "busy, mean" if not others else str(others))
    Series(manifest, "rings", "tx_quiet_tsc_ticks").draw(axes, lambda others: "busy, undisturbed" if not others else "_")
    for line, style, marker in zip(axes.lines[:: max(1, len(axes.lines) // 2)], LINES, MARKERS):
        line.set_linestyle(style)
        line.set_marker(marker)
    axes.set_xticks(ticks)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("Rings, a worker each, on one line")
    axes.set_ylabel(f"TSC ticks a frame, sender\n({source_of(manifest)})")
    # Above: either curve may be anywhere.
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=2)
    return figure


def latencies(path):
    """(label, values in us, counts) of a record's histogram."""
    record = read_record(path)
    counts = {}
    for run in record["runs"]:
        for value, count in run["latency_ns"]["histogram"]:
            counts[value] = counts.get(value, 0) + count
    if not counts:
        raise Refused(f"cannot draw {path}: no latency was measured; run a scenario with probes and a receiver")
    values = sorted(counts)
    return record["scenario"]["name"], [value / 1e3 for value in values], [counts[value] for value in values]


def cumulated(counts):
    total, sums = 0, []
    for count in counts:
        total += count
        sums.append(total)
    return [each / total for each in sums]


def latency(pyplot, inputs):
    figure, axes = pyplot.subplots()
    for i, path in enumerate(inputs):
        name, values, counts = latencies(path)
        axes.plot(values, cumulated(counts), label=name, color=GREYS[i % len(GREYS)], linestyle=LINES[i % len(LINES)],
                  drawstyle="steps-post")
    axes.set_xscale("log")
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("Latency (us)")
    axes.set_ylabel("Share of frames at or below")
    axes.legend(loc="lower right")
    return figure


def percentiles(pyplot, inputs):
    figure, axes = pyplot.subplots()
    deepest = 1
    for i, path in enumerate(inputs):
        name, values, counts = latencies(path)
        shares = cumulated(counts)
        # Nines: 0.9 is 1, 0.99 is 2. The last bucket has no frame above it.
        nines = [-math.log10(1 - share) for share in shares[:-1] if share < 1]
        deepest = max([deepest] + nines)
        axes.plot(nines, values[1:len(nines) + 1], label=name, color=GREYS[i % len(GREYS)], linestyle=LINES[i % len(LINES)],
                  drawstyle="steps-pre")
    last = max(1, math.ceil(deepest))
    axes.set_xlim(0, last)
    axes.set_xticks(range(last + 1))
    axes.set_xticklabels(["0"] + [f"{100 * (1 - 10 ** -nine):.{max(0, nine - 2)}f}" for nine in range(1, last + 1)])
    axes.set_yscale("log")
    axes.set_xlabel("Percentile of frames")
    axes.set_ylabel("Latency (us)")
    # Curves rise to the right.
    axes.legend(loc="lower right")
    return figure


def history_point(path):
    """(time, commit, samples, the scenario's hash) of a record or a baseline."""
    document = read_json(path)
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema == "nmgen-baseline/1":
        samples = [sample["tx_cycles"] for sample in document["samples"] if "tx_cycles" in sample]
        first = document["samples"][0]
        return first["started_at"], first["commit"], samples, document["about"]["scenario"]["hash"]
    record = read_record(path)
    ticks = record["fingerprint"]["tsc_hz"]
    samples = []
    for run in record["runs"]:
        clocks = [worker["core_hz"] for worker in run["workers"] if worker["role"] == "sender" and worker["core_hz"] > 0]
        samples.append(run["tx"]["quiet_tsc_ticks_per_frame"] * (sum(clocks) / len(clocks) / ticks if clocks and ticks else 1))
    return record["started_at"], record["fingerprint"]["commit"], samples, record["scenario"]["hash"]


def history(pyplot, inputs):
    points = [history_point(path) for path in inputs]
    for path, point in zip(inputs, points):
        if point[3] != points[0][3]:
            raise Refused(f"cannot draw {path} in one history with {inputs[0]}: their scenarios differ; give results of one scenario")
    points = sorted(point[:3] for point in points if point[2])
    if not points:
        raise Refused("there are no points to draw: none of the results has a cost per frame; give results of senders")
    figure, axes = pyplot.subplots()
    middle = [median(samples) for _, _, samples in points]
    low = [each - min(samples) for each, (_, _, samples) in zip(middle, points)]
    high = [max(samples) - each for each, (_, _, samples) in zip(middle, points)]
    axes.errorbar(range(len(points)), middle, yerr=[low, high], color="black", marker="o", markerfacecolor="white", capsize=1.5,
                  elinewidth=0.5)
    axes.set_xticks(range(len(points)))
    axes.set_xticklabels([commit[:7] for _, commit, _ in points], rotation=60)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("Commit, oldest first")
    axes.set_ylabel("Core cycles a frame, sender,\nundisturbed part of each run")
    return figure


KINDS = {"clock": clock, "size": size, "batch": batch, "rings": rings, "latency": latency, "percentiles": percentiles,
         "history": history}


def save(figure, path):
    kind = path.rsplit(".", 1)[-1]
    metadata = {"pdf": {"CreationDate": None, "ModDate": None, "Creator": "nmgen", "Producer": "nmgen"},
                "svg": {"Date": None, "Creator": "nmgen"}, "png": {"Software": "nmgen"}}[kind]
    temporary = f"{path}.tmp"
    try:
        figure.savefig(temporary, format=kind, metadata=metadata)
        os.replace(temporary, path)
    except OSError as error:
        raise Refused(f"cannot write {path}: {error.strerror}; give --out a writable path") from None


def main(arguments):
    parser = argparse.ArgumentParser(prog="plot.py", description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("inputs", nargs="+", metavar="INPUT")
    parser.add_argument("--out", action="append", required=True, metavar="FILE", help="ends in .pdf, .svg or .png; can be repeated")
    options = parser.parse_args(arguments)
    try:
        for path in options.out:
            if path.rsplit(".", 1)[-1] not in FORMATS:
                raise Refused(f"cannot write {path}: its format is not known; end its name in .pdf, .svg or .png")
        figure = KINDS[options.kind](libraries(), options.inputs)
        for path in options.out:
            save(figure, path)
    except Refused as error:
        print("plot.py:", re.sub(r"\s+", " ", str(error)), file=sys.stderr)
        return 2
    except (AttributeError, KeyError, TypeError, IndexError, ValueError, ArithmeticError) as error:
        print(f"plot.py: cannot draw {options.inputs[0]}: {type(error).__name__} {error}: it was edited, or is of another version; "
              "take the file as it was written", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
