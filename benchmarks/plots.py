# SPDX-License-Identifier: BSD-3-Clause
"""Draws the plots for the docs as SVG, the same file from the same figures."""

import os

from cases import bytes_text
from figures import median

try:
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot, ticker
except ImportError:
    matplotlib = None

COLOURS = {"caf_remote": "#0b6e99", "caf_remote, no moderate polls": "#5fb3d4",
           "go": "#d17c0f", "basp": "#8a8a8a", "grpc": "#2f8f4e"}
MARKS = {"caf_remote": "o", "caf_remote, no moderate polls": "o", "go": "s",
         "basp": "^", "grpc": "D"}
SIZE = (8.2, 3.8)  # inches


def available():
    return matplotlib is not None


def draw(cases, folder):
    """Draws each plot that has figures; returns the paths."""
    matplotlib.rcParams.update({
        "svg.hashsalt": "caf_remote", "svg.fonttype": "none",
        "font.size": 9, "axes.grid": True, "grid.color": "#dddddd",
        "axes.spines.top": False, "axes.spines.right": False,
        "legend.frameon": False, "lines.linewidth": 1.6,
        "lines.markersize": 4,
    })
    os.makedirs(folder, exist_ok=True)
    by_name = {x.name: x for x in cases}
    plots = {
        "throughput_by_size": by_size(by_name),
        "throughput_by_senders": by_senders(by_name),
        "throughput_by_endpoints": by_endpoints(by_name),
        "latency_by_load": by_load(by_name, "p50_us", "p99_us"),
        "latency_tail_by_load": by_load(by_name, "p999_us", "max_us"),
    }
    paths = []
    for name, plot in plots.items():
        if plot is None:
            continue
        path = os.path.join(folder, f"{name}.svg")
        plot.savefig(path, metadata={"Date": None, "Creator": None})
        pyplot.close(plot)
        strip(path)
        paths.append(path)
    return paths


def strip(path):
    """Matplotlib leaves blanks at the ends of lines."""
    with open(path, encoding="utf-8") as f:
        lines = [x.rstrip() for x in f]
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


def series(points):
    """Sorts (system, x, runs, key) into lines with a spread."""
    lines = {}
    for system, x, runs, key in points:
        xs = [run[key] for run in runs if key in run]
        if xs:
            lines.setdefault(system, []).append(
                (x, median(runs, key), min(xs), max(xs)))
    return {name: sorted(xs) for name, xs in lines.items()}


def line_plot(points, title, xlabel, ylabel, ticks, style="-"):
    """Logarithmic on both axes: systems differ by more than ten times."""
    lines = series(points)
    if not any(len(xs) > 1 for xs in lines.values()):
        return None
    plot, axes = pyplot.subplots(figsize=SIZE, layout="constrained")
    add_lines(axes, lines, style)
    finish(axes, title, xlabel, ylabel, ticks)
    return plot


def add_lines(axes, lines, style, label="{}", band=True):
    for name in COLOURS:
        xs = lines.get(name)
        if not xs:
            continue
        at, mid, low, high = zip(*xs)
        axes.plot(at, mid, style, color=COLOURS[name], marker=MARKS[name],
                  label=label.format(name))
        if band:
            axes.fill_between(at, low, high, color=COLOURS[name], alpha=0.12,
                              linewidth=0)


def finish(axes, title, xlabel, ylabel, ticks):
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title(title, loc="left")
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.minorticks_off()
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda y, _: number_text(y))
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))


def number_text(x):
    for unit, name in ((1e6, " M"), (1e3, " k")):
        if x >= unit:
            return f"{x / unit:g}{name}"
    return f"{x:g}"


def by_size(cases):
    points, ticks = [], {}
    for case in cases.values():
        if case.name == f"oneway-{case.size}":
            ticks[case.size] = bytes_text(case.size).replace(" bytes", " B")
            points += [(x.name, case.size, case.rows[x.name], "msgs_per_s")
                       for x in case.entries]
    return line_plot(points, "One-way throughput by payload, one sender",
                     "payload", "messages per second", ticks)


def by_senders(cases):
    points, ticks = [], {}
    for width, name in ((1, "oneway-64"), (8, "oneway-64-8"),
                        (64, "oneway-64-64")):
        case = cases.get(name)
        if case is None:
            continue
        ticks[width] = str(width)
        points += [(x.name, width, case.rows[x.name], "msgs_per_s")
                   for x in case.entries]
    return line_plot(points, "One-way throughput by senders, 64 bytes",
                     "senders", "messages per second", ticks)


def by_endpoints(cases):
    case = cases.get("endpoints")
    if case is None:
        return None
    points = [(x.client, x.width, case.rows[x.name], "msgs_per_s")
              for x in case.entries]
    ticks = {x: f"{x:,}" for _, x, _, _ in points}
    return line_plot(points, "One-way throughput by endpoints, 64 bytes, "
                     "batches of 50", "endpoints", "messages per second",
                     ticks)


def by_load(cases, low, high):
    """Two percentiles of the open loop, the lower one dashed."""
    found = [x for x in cases.values() if x.mode == "openloop"
             and not any(entry.load for entry in x.entries)]
    lines = {key: series([(entry.name, entry.count, case.rows[entry.name], key)
                          for case in found for entry in case.entries])
             for key in (low, high)}
    if not any(len(xs) > 1 for xs in lines[low].values()):
        return None
    names = {"p50_us": "p50", "p99_us": "p99", "p999_us": "p99.9",
             "max_us": "max"}
    plot, axes = pyplot.subplots(figsize=SIZE, layout="constrained")
    add_lines(axes, lines[high], "-", "{}", band=False)
    add_lines(axes, lines[low], "--", "_{}", band=False)
    rates = sorted({x for xs in lines[low].values() for x, *_ in xs})
    finish(axes, f"Echo, open loop, 64 bytes: {names[high]} (solid), "
           f"{names[low]} (dashed)", "messages per second",
           "us after they were due", {x: number_text(x) for x in rates})
    return plot
