# SPDX-License-Identifier: BSD-3-Clause
"""Runs pairs of processes and reads what they print."""

import json
import os
import subprocess
import sys
import threading
import time

START_LIMIT = 20  # seconds, for a server to listen
SERVER_LIMIT = 20  # seconds, for a server to end after its client
# Seconds for a client, and for each of its messages.
CLIENT_LIMIT = 150
MESSAGE_LIMIT = 2e-5


class Invalid(Exception):
    """A run that does not count."""


def server_command(entry, build):
    if entry.server == "go":
        return [f"{build}/go_peer/go_peer", "bench-server", "--life", "30m"]
    return [f"{build}/benchmarks/{entry.server}_bench",
            *own_options(entry.server, entry), *entry.server_options, "server"]


def client_command(entry, build, address, work, limit):
    if entry.client == "go":
        return [f"{build}/go_peer/go_peer", "bench-client", "--timeout",
                f"{limit:.0f}s", address, *work]
    return [f"{build}/benchmarks/{entry.client}_bench",
            *own_options(entry.client, entry), "client", address, *work]


def own_options(system, entry):
    """gRPC alone has no settings."""
    return () if system == "grpc" else entry.options


def work_of(case, entry, count):
    if case.mode == "openloop":
        return [case.mode, str(count), str(case.seconds), str(case.size)]
    width = entry.width or case.width
    return [case.mode, str(count), str(case.size), str(width)]


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


def read_address(server):
    """What the server prints first; it is ended if that takes too long."""
    timer = threading.Timer(START_LIMIT, server.kill)
    timer.start()
    try:
        first = server.stdout.readline()
    finally:
        timer.cancel()
    if not first.startswith("listening on "):
        raise Invalid("the server does not start")
    return first.split()[-1]


def run_pair(server_cmd, make_client_cmd, pin, limit):
    """Runs a server and a client and returns what both printed."""
    place = (lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
             ) if pin else None
    with subprocess.Popen(server_cmd, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, preexec_fn=place) as server:
        try:
            address = read_address(server)
            client = subprocess.run(make_client_cmd(address), text=True,
                                    capture_output=True, timeout=limit + 20,
                                    check=False, preexec_fn=place)
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


def run_entry(case, entry, build, count):
    """One run as a dictionary of figures."""
    messages = count * (case.seconds or 1)
    limit = CLIENT_LIMIT + MESSAGE_LIMIT * messages
    work = work_of(case, entry, count)
    busy, own, start = busy_seconds(), children_seconds(), time.monotonic()
    try:
        client, server = run_pair(
            server_command(entry, build),
            lambda address: client_command(entry, build, address, work, limit),
            case.one_cpu, limit)
        check_losses(case, client, server)
    except Invalid as err:
        return {"error": str(err)}
    wall = time.monotonic() - start
    others = busy_seconds() - busy - (children_seconds() - own)
    result = {"count": messages, "other_cpus": max(0.0, others / wall)}
    if case.mode in ("idle", "queue"):
        add_memory(result, client, server)
    else:
        add_rates(result, client, server)
    for key in ("p50_us", "p90_us", "p99_us", "p999_us", "max_us", "rate",
                "mean_batch", "batches", "pauses", "scheduler", "workers",
                "moderate_polls"):
        if key in client:
            result[key] = client[key]
    if server.get("batches"):
        result["server_mean_batch"] = server["received"] / server["batches"]
    return result


def check_losses(case, client, server):
    """Only a flood may lose anything."""
    if case.mode == "flood":
        return
    dead = client.get("dead_letters", 0) + server.get("dead_letters", 0)
    lost = client.get("lost", 0)
    if dead or lost:
        raise Invalid(f"{lost} messages lost, {dead} dead letters")


def add_memory(result, client, server):
    for key in ("bytes_per_endpoint", "charged_bytes", "held_bytes"):
        if key in client:
            result[key] = client[key]
    grown = (server["max_rss_kb"] - server["start_rss_kb"]) * 1024
    result["server_bytes"] = max(0, grown) / result["count"]


def add_rates(result, client, server):
    arrived = result["count"] - client.get("lost", 0)
    million = max(arrived, 1) / 1e6
    result.update({
        "msgs_per_s": client["msgs_per_s"],
        "lost": client.get("lost", 0),
        "client_user": client["cpu_user"] / million,
        "client_sys": client["cpu_sys"] / million,
        "server_user": server["cpu_user"] / million,
        "server_sys": server["cpu_sys"] / million,
        "client_rss_mb": client["max_rss_kb"] / 1024,
        "server_rss_mb": server["max_rss_kb"] / 1024,
    })
    result["cpu"] = sum(result[x] for x in ("client_user", "client_sys",
                                            "server_user", "server_sys"))


def count_of(case, entry, scale, sustained):
    """How much one run sends: for the open loop a rate, else messages."""
    if entry.load:
        if entry.name not in sustained:
            return None
        return max(1, round(entry.load * sustained[entry.name]))
    if case.mode == "openloop" or entry.fixed:
        return entry.count
    return max((entry.width or case.width) * 10, int(entry.count * scale))


def rotate(cases, build, runs, scale):
    """Every system of every case once per turn, and next to each other."""
    for turn in range(runs):
        sustained = {}
        for case in cases:
            for entry in case.entries:
                show(f"turn {turn + 1} of {runs}: {case.name}, {entry.name}")
                count = count_of(case, entry, scale, sustained)
                run = ({"error": "what it sustains is not known"}
                       if count is None
                       else run_entry(case, entry, build, count))
                case.rows[entry.name].append(run)
                if case.sustained and "msgs_per_s" in run:
                    sustained[entry.name] = run["msgs_per_s"]
    show("")


def show(text):
    """One line on a terminal that the next one replaces."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
