# SPDX-License-Identifier: BSD-3-Clause
"""Runs the two-process benchmarks in turns and prints medians and ratios.

Started by scripts/bench. Each run has a server and a client of its own. One
turn runs every system of every case once; ratios are taken within a turn, since
they move less than the figures themselves when the machine is shared.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field

RUN_LIMIT = 150  # seconds, for one client
SERVER_LIMIT = 20  # seconds, for a server to end after its client

SHARING = ("--scheduler.policy='sharing'",)
LATENCY = ("--work-stealing.moderate-poll-attempts=0",)
INBOUND = ("--caf-remote.inbound-messages=1000000",
           "--caf-remote.inbound-bytes=640MiB")


# -- what is measured ----------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One row: what sends, what receives, and how often."""

    name: str
    count: int
    client: str = "caf_remote"
    server: str = "caf_remote"
    options: tuple = ()


@dataclass
class Case:
    """One table. The unit of `count` is a message or a round trip."""

    name: str
    title: str
    mode: str
    size: int
    width: int
    entries: list
    one_cpu: bool = False
    quick: bool = False
    rows: dict = field(default_factory=dict)


def three(caf_remote, go, basp):
    """The three systems, each with itself."""
    return [
        Entry("caf_remote", caf_remote),
        Entry("go", go, "go", "go"),
        Entry("basp", basp, "basp", "basp"),
    ]


def scheduling(count):
    """The same with other settings of CAF's scheduler, in both processes."""
    return [
        Entry("caf_remote, sharing", count, options=SHARING),
        Entry("caf_remote, no moderate polls", count, options=LATENCY),
    ]


def roomy(count):
    """With ten times the inbound bound, of which one target may hold half."""
    return [Entry("caf_remote, inbound x 10", count, options=INBOUND)]


def across(count):
    """One of our processes and one in Go."""
    return [
        Entry("caf_remote to go", count, "caf_remote", "go"),
        Entry("go to caf_remote", count, "go", "caf_remote"),
    ]


def main_cases():
    return [
        Case("oneway-64", "one-way, 64 bytes", "oneway", 64, 1,
             three(2_500_000, 1_500_000, 300_000) + roomy(2_500_000)
             + scheduling(2_500_000) + across(1_500_000), quick=True),
        Case("oneway-64-8", "one-way, 64 bytes, 8 senders", "oneway", 64, 8,
             three(2_000_000, 1_500_000, 300_000) + scheduling(2_000_000)),
        Case("oneway-64-64", "one-way, 64 bytes, 64 senders", "oneway", 64, 64,
             three(2_000_000, 1_500_000, 300_000)),
        Case("oneway-1024", "one-way, 1 KiB", "oneway", 1024, 1,
             three(800_000, 500_000, 200_000) + roomy(800_000)
             + across(500_000), quick=True),
        Case("window-100", "echo, window of 100, 64 bytes", "window", 64, 100,
             three(250_000, 300_000, 120_000) + scheduling(250_000),
             quick=True),
        Case("window-1000", "echo, window of 1000, 64 bytes", "window", 64,
             1000, three(600_000, 500_000, 150_000) + scheduling(600_000)),
        Case("pingpong", "ping-pong, 64 bytes, all CPUs", "pingpong", 64, 1,
             three(7_000, 12_000, 5_000) + scheduling(7_000), quick=True),
        Case("pingpong-1cpu", "ping-pong, 64 bytes, both on one CPU",
             "pingpong", 64, 1,
             three(7_000, 20_000, 5_000) + scheduling(10_000), one_cpu=True),
    ]


def settings_cases():
    """Throughput per batch size and per mark at which senders pause."""
    entries = []
    for batch in (10, 100, 1000, 3000):
        for pause in (1_000, 10_000, 100_000, 1_000_000):
            entries.append(Entry(
                f"batch {batch}, pause {pause}",
                100_000 if batch == 10 else 1_000_000,
                options=(f"--caf-remote.batch-size={batch}",
                         f"--caf-remote.pause-messages={pause}",
                         "--caf-remote.queue-messages=2000000",
                         "--caf-remote.pause-bytes=1GiB",
                         "--caf-remote.queue-bytes=2GiB")))
    return [Case("settings", "one-way, 64 bytes, by batch size and pause mark",
                 "oneway", 64, 1, entries)]


# -- one run -------------------------------------------------------------------


class Invalid(Exception):
    """A run that does not count."""


def server_command(system, build, options):
    if system == "go":
        return [f"{build}/go_peer/go_peer", "bench-server"]
    return [f"{build}/benchmarks/{system}_bench", *options, "server"]


def client_command(system, build, options, address, case, count):
    work = [case.mode, str(count), str(case.size), str(case.width)]
    if system == "go":
        return [f"{build}/go_peer/go_peer", "bench-client", address, *work]
    program = f"{build}/benchmarks/{system}_bench"
    return [program, *options, "client", address, *work]


def last_json(text):
    lines = [x for x in text.splitlines() if x.startswith("{")]
    if not lines:
        raise Invalid("no figures")
    return json.loads(lines[-1])


def busy_seconds():
    """CPU seconds of the whole machine, stolen ones included."""
    with open("/proc/stat", encoding="ascii") as f:
        xs = [int(x) for x in f.readline().split()[1:9]]
    return (sum(xs) - xs[3] - xs[4]) / os.sysconf("SC_CLK_TCK")


def children_seconds():
    x = os.times()
    return x.children_user + x.children_system


def run_pair(server_cmd, make_client_cmd, pin):
    """Runs a server and a client and returns what both printed."""
    limit = (lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
             ) if pin else None
    with subprocess.Popen(server_cmd, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, preexec_fn=limit) as server:
        try:
            first = server.stdout.readline()
            if not first.startswith("listening on "):
                raise Invalid("the server does not start")
            address = first.split()[-1]
            client = subprocess.run(make_client_cmd(address), text=True,
                                    capture_output=True, timeout=RUN_LIMIT,
                                    check=False, preexec_fn=limit)
            if client.returncode != 0:
                why = client.stderr.strip().splitlines()
                raise Invalid(why[-1] if why else "the client failed")
            rest, _ = server.communicate(timeout=SERVER_LIMIT)
        except subprocess.TimeoutExpired as err:
            raise Invalid("not finished in time") from err
        finally:
            if server.poll() is None:
                server.kill()
    return last_json(client.stdout), last_json(rest)


def run_entry(case, entry, build, scale):
    """One run as a dictionary of figures."""
    count = max(case.width * 10, int(entry.count * scale))
    busy, own, start = busy_seconds(), children_seconds(), time.monotonic()
    try:
        client, server = run_pair(
            server_command(entry.server, build, entry.options),
            lambda address: client_command(entry.client, build, entry.options,
                                           address, case, count),
            case.one_cpu)
        dead = client.get("dead_letters", 0) + server.get("dead_letters", 0)
        if dead or client.get("lost", 0):
            raise Invalid(f"{dead} dead letters")
    except Invalid as err:
        return {"error": str(err)}
    wall = time.monotonic() - start
    others = busy_seconds() - busy - (children_seconds() - own)
    million = count / 1e6
    result = {
        "count": count,
        "msgs_per_s": client["msgs_per_s"],
        "client_user": client["cpu_user"] / million,
        "client_sys": client["cpu_sys"] / million,
        "server_user": server["cpu_user"] / million,
        "server_sys": server["cpu_sys"] / million,
        "client_rss_mb": client["max_rss_kb"] / 1024,
        "server_rss_mb": server["max_rss_kb"] / 1024,
        "other_cpus": max(0.0, others / wall),
    }
    result["cpu"] = sum(result[x] for x in ("client_user", "client_sys",
                                            "server_user", "server_sys"))
    for key in ("p50_us", "p99_us", "mean_batch", "batches", "pauses",
                "scheduler", "workers", "moderate_polls"):
        if key in client:
            result[key] = client[key]
    if server.get("batches"):
        result["server_mean_batch"] = server["received"] / server["batches"]
    return result


# -- figures -------------------------------------------------------------------


def median(runs, key):
    xs = [x[key] for x in runs if key in x]
    return statistics.median(xs) if xs else None


def ratio(case, name, base, key):
    """Median over the turns of a figure through that of another system."""
    xs = [a[key] / b[key]
          for a, b in zip(case.rows.get(name, []), case.rows.get(base, []))
          if key in a and key in b and b[key] > 0]
    return statistics.median(xs) if xs else None


def short(x):
    if x is None:
        return "-"
    for unit, name in ((1e6, " M"), (1e3, " k")):
        if x >= unit:
            return f"{x / unit:.3g}{name}"
    return f"{x:.3g}"


def plain(x, form="{:.2f}"):
    return "-" if x is None else form.format(x)


def cpu_text(runs, side):
    user, system = median(runs, f"{side}_user"), median(runs, f"{side}_sys")
    if user is None:
        return "-"
    return f"{user + system:.2f} ({user:.2f} + {system:.2f})"


def row_of(case, name, runs):
    latency = case.mode == "pingpong"
    key = "p50_us" if latency else "msgs_per_s"
    xs = [x[key] for x in runs if key in x]
    spread = f"{short(min(xs))} .. {short(max(xs))}" if xs else "-"
    batch = median(runs, "mean_batch") or median(runs, "server_mean_batch")
    cells = [name, short(median(runs, key)), spread]
    if latency:
        cells.append(short(median(runs, "p99_us")))
    cells += [plain(ratio(case, name, "go", key)),
              plain(ratio(case, name, "basp", key)),
              cpu_text(runs, "client"), cpu_text(runs, "server"),
              plain(ratio(case, name, "go", "cpu")),
              plain(median(runs, "client_rss_mb"), "{:.0f}"),
              plain(median(runs, "server_rss_mb"), "{:.0f}"),
              plain(batch, "{:.0f}"), plain(median(runs, "other_cpus")),
              f"{len(xs)}/{len(runs)}"]
    return cells


def print_case(case):
    latency = case.mode == "pingpong"
    head = ["system", "p50 us" if latency else "msgs/s", "min .. max"]
    if latency:
        head.append("p99 us")
    head += ["x go", "x basp", "client CPU s/M (usr + sys)",
             "server CPU s/M (usr + sys)", "CPU x go", "client MB",
             "server MB", "batch", "other CPUs", "valid"]
    print(f"\n### {case.title}\n")
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for name, runs in case.rows.items():
        print("| " + " | ".join(row_of(case, name, runs)) + " |")
    errors = sorted({f"{name}: {x['error']}" for name, runs
                     in case.rows.items() for x in runs if "error" in x})
    if errors:
        print("\nNot counted:")
    for text in errors:
        print(f"- {text}")


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


# -- command line --------------------------------------------------------------


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--scale", type=float, help="of all message counts")
    parser.add_argument("--set", default="main",
                        choices=("main", "settings", "micro", "all"))
    parser.add_argument("--only", default="", metavar="REGEX")
    parser.add_argument("--json", metavar="FILE")
    result = parser.parse_args()
    result.runs = result.runs or (3 if result.quick else 5)
    result.scale = result.scale or (0.5 if result.quick else 1.0)
    return result


def select(args):
    """The cases to run, without what was not asked for or not built."""
    cases = []
    if args.set in ("main", "all"):
        cases += main_cases()
    if args.set in ("settings", "all"):
        cases += settings_cases()
    has_go = os.access(f"{args.build}/go_peer/go_peer", os.X_OK)
    if not has_go:
        print("No peer in Go was built: its rows are missing.")
    for case in cases:
        case.entries = [
            x for x in case.entries
            if re.search(args.only, f"{case.name}/{x.name}")
            and (has_go or "go" not in (x.client, x.server))
            and (not args.quick or x.name in ("caf_remote", "go", "basp"))]
        case.rows = {x.name: [] for x in case.entries}
    return [x for x in cases if x.entries and (x.quick or not args.quick)]


def rotate(cases, args):
    """Every system of every case once per turn, and next to each other."""
    for turn in range(args.runs):
        for case in cases:
            for entry in case.entries:
                if sys.stderr.isatty():
                    print(f"\r\033[Kturn {turn + 1} of {args.runs}: "
                          f"{case.name}, {entry.name}", end="",
                          file=sys.stderr, flush=True)
                case.rows[entry.name].append(
                    run_entry(case, entry, args.build, args.scale))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)


def run_micro(args):
    program = f"{args.build}/benchmarks/micro_bench"
    if not os.access(program, os.X_OK):
        print("Google Benchmark is missing: no micro benchmarks.")
        return 0
    return subprocess.run([program, "--benchmark_repetitions=3",
                           "--benchmark_report_aggregates_only=true"],
                          check=False).returncode


def main():
    args = parse_arguments()
    cases = select(args)
    about = machine()
    print(f"{about['cpu']}, {about['cpus']} CPUs, Linux {about['kernel']}, "
          f"load {about['load']:.1f} at the start; {args.runs} turns, medians; "
          "ratios within a turn", flush=True)
    rotate(cases, args)
    for case in cases:
        print_case(case)
    if args.json:
        content = {"machine": about, "runs": args.runs, "scale": args.scale,
                   "cases": {x.name: x.rows for x in cases}}
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump(content, f, indent=1)
        print(f"\nAll figures: {args.json}")
    code = run_micro(args) if args.set in ("micro", "all") else 0
    bad = sum("error" in x for case in cases for runs in case.rows.values()
              for x in runs)
    if bad:
        print(f"{bad} runs do not count: messages were lost, or time ran out")
    return 1 if bad or code else 0


if __name__ == "__main__":
    sys.exit(main())
