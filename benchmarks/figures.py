# SPDX-License-Identifier: BSD-3-Clause
"""Medians, ratios, tables, and the file that keeps every single run."""

import json
import os
import platform
import re
import statistics
import time

from cases import Case, Entry

# -- numbers -------------------------------------------------------------------


def median(runs, key):
    xs = [x[key] for x in runs if key in x]
    return statistics.median(xs) if xs else None


def ratio(case, name, base, key):
    """Median over the turns of a figure through that of another row."""
    xs = [a[key] / b[key]
          for a, b in zip(case.rows.get(name, []), case.rows.get(base, []))
          if key in a and key in b and b[key] > 0]
    return statistics.median(xs) if xs else None


def times(case, entry, system, key):
    """The ratio to another system under the same conditions."""
    return ratio(case, entry.name, system + entry.suffix, key)


def times_first(case, entry, key):
    """The ratio to the first row of the same system."""
    first = next(x for x in case.entries if x.client == entry.client)
    return ratio(case, entry.name, first.name, key)


def count_errors(cases):
    return sum("error" in x for case in cases for runs in case.rows.values()
               for x in runs)


# -- text ----------------------------------------------------------------------


def short(x):
    if x is None:
        return "-"
    for unit, name in ((1e6, " M"), (1e3, " k")):
        if x >= unit:
            return f"{x / unit:.3g}{name}"
    return f"{x:.3g}"


def plain(x, form="{:.2f}"):
    return "-" if x is None else form.format(x)


def spread(runs, key):
    xs = [x[key] for x in runs if key in x]
    return f"{short(min(xs))} .. {short(max(xs))}" if xs else "-"


def cpu_text(runs, side):
    user, system = median(runs, f"{side}_user"), median(runs, f"{side}_sys")
    if user is None:
        return "-"
    return f"{user + system:.2f} ({user:.2f} + {system:.2f})"


def valid(runs):
    return f"{sum('error' not in x for x in runs)}/{len(runs)}"


def batch_of(runs):
    return median(runs, "mean_batch") or median(runs, "server_mean_batch")


# -- tables --------------------------------------------------------------------
# Each kind has its columns: a title, and a function of the case, the entry and
# its runs that gives the text of a cell.

NAME = ("system", lambda c, e, r: e.name)


def ratios(key):
    return [(f"x {x}", lambda c, e, r, x=x: plain(times(c, e, x, key)))
            for x in ("go", "basp", "grpc")]


COST = [
    ("client CPU s/M (usr + sys)", lambda c, e, r: cpu_text(r, "client")),
    ("server CPU s/M (usr + sys)", lambda c, e, r: cpu_text(r, "server")),
    ("CPU x go", lambda c, e, r: plain(times(c, e, "go", "cpu"))),
]

MEMORY = [
    ("client MB", lambda c, e, r: plain(median(r, "client_rss_mb"), "{:.0f}")),
    ("server MB", lambda c, e, r: plain(median(r, "server_rss_mb"), "{:.0f}")),
]

END = [
    ("other CPUs", lambda c, e, r: plain(median(r, "other_cpus"))),
    ("valid", lambda c, e, r: valid(r)),
]

BATCH = ("batch", lambda c, e, r: plain(batch_of(r), "{:.0f}"))

RATE = [
    NAME,
    ("msgs/s", lambda c, e, r: short(median(r, "msgs_per_s"))),
    ("min .. max", lambda c, e, r: spread(r, "msgs_per_s")),
    *ratios("msgs_per_s"), *COST, *MEMORY, BATCH, *END,
]

GROWTH = RATE[:-2] + [
    ("CPU s/M", lambda c, e, r: plain(median(r, "cpu"))),
    ("CPU x first", lambda c, e, r: plain(times_first(c, e, "cpu"))),
] + END

PING_PONG = [
    NAME,
    ("p50 us", lambda c, e, r: short(median(r, "p50_us"))),
    ("min .. max", lambda c, e, r: spread(r, "p50_us")),
    ("p99 us", lambda c, e, r: short(median(r, "p99_us"))),
    *ratios("p50_us"), *COST, *MEMORY, BATCH, *END,
]

OPEN_LOOP = [
    NAME,
    ("msgs/s", lambda c, e, r: short(median(r, "rate"))),
    *((f"{title} us", lambda c, e, r, key=key: short(median(r, key)))
      for title, key in (("p50", "p50_us"), ("p90", "p90_us"),
                         ("p99", "p99_us"), ("p99.9", "p999_us"),
                         ("max", "max_us"))),
    ("p50 x go", lambda c, e, r: plain(times(c, e, "go", "p50_us"))),
    ("p99 x go", lambda c, e, r: plain(times(c, e, "go", "p99_us"))),
    ("p99 x grpc", lambda c, e, r: plain(times(c, e, "grpc", "p99_us"))),
    *COST, BATCH, *END,
]


def lost_text(runs):
    xs = [x["lost"] / x["count"] for x in runs if "lost" in x]
    return f"{100 * statistics.median(xs):.0f} %" if xs else "-"


FLOOD = [
    NAME,
    ("arrived/s", lambda c, e, r: short(median(r, "msgs_per_s"))),
    ("min .. max", lambda c, e, r: spread(r, "msgs_per_s")),
    *ratios("msgs_per_s")[:2],
    ("sent", lambda c, e, r: short(median(r, "count"))),
    ("dead letters", lambda c, e, r: lost_text(r)),
    *MEMORY, *COST, *END,
]

IDLE = [
    NAME,
    ("client KiB", lambda c, e, r: kib(median(r, "bytes_per_endpoint"))),
    ("server KiB", lambda c, e, r: kib(median(r, "server_bytes"))),
    ("x grpc", lambda c, e, r: plain(times(c, e, "grpc",
                                           "bytes_per_endpoint"))),
    ("valid", lambda c, e, r: valid(r)),
]

QUEUE = [
    NAME,
    ("bytes counted", lambda c, e, r: plain(median(r, "charged_bytes"),
                                            "{:.0f}")),
    ("bytes of memory", lambda c, e, r: plain(median(r, "held_bytes"),
                                              "{:.0f}")),
    ("valid", lambda c, e, r: valid(r)),
]


def kib(x):
    return plain(x and x / 1024, "{:.1f}")


def columns_of(case):
    if case.growing:
        return GROWTH
    return {"pingpong": PING_PONG, "openloop": OPEN_LOOP, "flood": FLOOD,
            "idle": IDLE, "queue": QUEUE}.get(case.mode, RATE)


def print_case(case):
    columns = columns_of(case)
    print(f"\n### {case.title}\n")
    print("| " + " | ".join(title for title, _ in columns) + " |")
    print("|" + "---|" * len(columns))
    for entry in case.entries:
        runs = case.rows[entry.name]
        print("| " + " | ".join(f(case, entry, runs) for _, f in columns)
              + " |")
    errors = sorted({f"{name}: {x['error']}" for name, runs
                     in case.rows.items() for x in runs if "error" in x})
    if errors:
        print("\nNot counted:")
    for text in errors:
        print(f"- {text}")


# -- the file ------------------------------------------------------------------


def cpu_model():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            return re.search(r"model name\s*: (.*)", f.read()).group(1)
    except (OSError, AttributeError):
        return platform.machine()


def machine():
    return {
        "cpu": cpu_model(),
        "cpus": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load": os.getloadavg()[0],
        "date": time.strftime("%Y-%m-%d"),
    }


CASE_FIELDS = ("name", "title", "mode", "size", "width", "growing")
ENTRY_FIELDS = ("name", "count", "client", "server", "suffix", "width", "load")


def save(path, about, cases, more):
    """`about` is the machine and how it was run, `more` further figures."""
    content = {**about, **more, "cases": [
        {**{x: getattr(case, x) for x in CASE_FIELDS},
         "rows": [{**{x: getattr(entry, x) for x in ENTRY_FIELDS},
                   "runs": case.rows[entry.name]} for entry in case.entries]}
        for case in cases]}
    with open(path, "w", encoding="utf-8") as f:
        json.dump(content, f, indent=1)


def load(path):
    """The whole content, and the cases in it."""
    with open(path, encoding="utf-8") as f:
        content = json.load(f)
    cases = []
    for x in content["cases"]:
        entries = [Entry(**{key: row[key] for key in ENTRY_FIELDS})
                   for row in x["rows"]]
        cases.append(Case(**{key: x[key] for key in CASE_FIELDS},
                          entries=entries,
                          rows={row["name"]: row["runs"]
                                for row in x["rows"]}))
    return content, cases
