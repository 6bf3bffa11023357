# SPDX-License-Identifier: BSD-3-Clause
"""What is measured: systems, works and sets of them."""

from dataclasses import dataclass, field

SHARING = ("--scheduler.policy='sharing'",)
LATENCY = ("--work-stealing.moderate-poll-attempts=0",)
SCHEDULER_ONLY = ("--caf-remote.scheduler-only",)
INBOUND = ("--caf-remote.inbound-messages=1000000",
           "--caf-remote.inbound-bytes=640MiB")
BOUNDED = ("--caf-remote.queue-bytes=32MiB",)
# Dialled as 127.0.0.1, 127.0.0.2 and so on.
EVERYWHERE = ("--caf-remote.host=0.0.0.0",
              "--caf-remote.advertised-host=127.0.0.1")

SYSTEMS = ("caf_remote", "go", "basp", "grpc")


@dataclass(frozen=True)
class Entry:
    """One row: what sends, what receives, and how often.

    Ratios are taken to the row of another system with the same `suffix`.
    """

    name: str
    count: int
    client: str = "caf_remote"
    server: str = "caf_remote"
    options: tuple = ()
    server_options: tuple = ()
    suffix: str = ""
    width: int = 0  # instead of the case's
    load: float = 0.0  # of what the system sustains, for the open loop
    fixed: bool = False  # the count is not scaled


@dataclass
class Case:
    """One table. The unit of `count` is a message, a round trip, an endpoint,
    or for the open loop a message per second."""

    name: str
    title: str
    mode: str
    size: int
    width: int
    entries: list
    one_cpu: bool = False
    quick: bool = False
    sustained: bool = False  # gives the loads of the open loop
    seconds: int = 0  # of the open loop
    growing: bool = False  # CPU is compared to the first row of a system
    rows: dict = field(default_factory=dict)


def systems(caf_remote, go, basp, grpc, **rest):
    """Each system with itself; 0 leaves one out."""
    counts = zip(SYSTEMS, (caf_remote, go, basp, grpc))
    return [Entry(x + rest.get("suffix", ""), n, x, x, **rest)
            for x, n in counts if n]


def scheduling(count):
    """The same with other ways to run actors, in both processes."""
    return [
        Entry("caf_remote, sharing", count, options=SHARING),
        Entry("caf_remote, no moderate polls", count, options=LATENCY),
        Entry("caf_remote, scheduler only", count, options=SCHEDULER_ONLY),
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
    """Each row of the goals, but for growth and memory."""
    return [
        Case("oneway-64", "one-way, 64 bytes", "oneway", 64, 1,
             systems(2_500_000, 1_500_000, 300_000, 5_000_000)
             + roomy(2_500_000) + scheduling(2_500_000) + across(1_500_000),
             quick=True),
        Case("oneway-64-8", "one-way, 64 bytes, 8 senders", "oneway", 64, 8,
             systems(2_000_000, 1_500_000, 300_000, 5_000_000)
             + scheduling(2_000_000)),
        Case("oneway-64-64", "one-way, 64 bytes, 64 senders", "oneway", 64, 64,
             systems(2_000_000, 1_500_000, 300_000, 4_000_000)),
        Case("oneway-1024", "one-way, 1 KiB", "oneway", 1024, 1,
             systems(800_000, 500_000, 200_000, 1_500_000) + roomy(800_000)
             + across(500_000), quick=True),
        Case("oneway-1048576", "one-way, 1 MiB", "oneway", 1 << 20, 1,
             systems(1_500, 600, 400, 1_500)),
        Case("window-100", "echo, window of 100, 64 bytes", "window", 64, 100,
             systems(250_000, 300_000, 120_000, 400_000)
             + scheduling(250_000), quick=True),
        Case("window-1000", "echo, window of 1000, 64 bytes", "window", 64,
             1000, systems(600_000, 500_000, 150_000, 1_200_000)
             + scheduling(600_000)),
        Case("pingpong", "ping-pong, 64 bytes, all CPUs", "pingpong", 64, 1,
             systems(7_000, 12_000, 5_000, 12_000) + scheduling(7_000),
             quick=True),
        Case("pingpong-1cpu", "ping-pong, 64 bytes, both on one CPU",
             "pingpong", 64, 1,
             systems(7_000, 20_000, 5_000, 30_000) + scheduling(10_000),
             one_cpu=True),
        flood_case(),
    ]


def flood_case():
    """Go and BASP have no bound: how much they hold depends on the count."""
    entries = systems(3_000_000, 1_500_000, 400_000, 0)
    entries[0] = Entry("caf_remote", 3_000_000, options=BOUNDED)
    return Case("flood", "unpaced flood, 64 bytes, queue of 32 MiB", "flood",
                64, 1, entries)


def size_cases():
    """Throughput by payload."""
    counts = {
        64: (2_500_000, 1_500_000, 300_000, 5_000_000),
        256: (1_500_000, 1_000_000, 250_000, 3_000_000),
        1024: (800_000, 500_000, 200_000, 1_500_000),
        4096: (250_000, 120_000, 80_000, 400_000),
        16384: (80_000, 40_000, 25_000, 100_000),
        65536: (20_000, 10_000, 6_000, 25_000),
        262144: (5_000, 2_500, 1_500, 6_000),
        1048576: (1_500, 600, 400, 1_500),
    }
    return [Case(f"oneway-{size}", f"one-way, {bytes_text(size)}", "oneway",
                 size, 1, systems(*xs)) for size, xs in counts.items()]


def bytes_text(size):
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} bytes"


def sender_cases():
    """Throughput by senders."""
    counts = (2_000_000, 1_500_000, 300_000, 4_000_000)
    return [
        Case("oneway-64", "one-way, 64 bytes", "oneway", 64, 1,
             systems(*counts)),
        Case("oneway-64-8", "one-way, 64 bytes, 8 senders", "oneway", 64, 8,
             systems(*counts)),
        Case("oneway-64-64", "one-way, 64 bytes, 64 senders", "oneway", 64, 64,
             systems(*counts)),
    ]


def endpoint_cases():
    """One sender whose turns go round all endpoints, batches of 50 at most.

    BASP has no queues to pace by, and a Go node would relay messages for its
    other addresses to itself, so both are left out.
    """
    entries = []
    for n in (1, 10, 100, 1000):
        suffix = f", {n} endpoint" + ("s" if n > 1 else "")
        pause = max(400, 100_000 // n)
        entries.append(Entry(
            f"caf_remote{suffix}", 4_000_000, width=n, suffix=suffix,
            options=("--caf-remote.batch-size=50",
                     f"--caf-remote.pause-messages={pause}"),
            server_options=EVERYWHERE))
        entries.append(Entry(f"grpc{suffix}", 4_000_000, "grpc", "grpc",
                             width=n, suffix=suffix))
    return [Case("endpoints", "one-way, 64 bytes, by endpoints", "spread", 64,
                 1, entries, growing=True)]


def growth_cases(long):
    """CPU per message by the number of messages, and by that of endpoints."""
    entries = [Entry(f"caf_remote, 10^{n} messages", 10 ** n, fixed=True)
               for n in range(5, 9 if long else 8)]
    return [Case("growth", "one-way, 64 bytes, by messages", "oneway", 64, 1,
                 entries, growing=True)] + endpoint_cases()


def memory_cases():
    return [
        Case("idle", "memory of an idle endpoint", "idle", 64, 1,
             [Entry("caf_remote", 1_000, server_options=EVERYWHERE, fixed=True),
              Entry("grpc", 1_000, "grpc", "grpc", fixed=True)]),
        Case("queue", "memory of a message of 64 bytes that waits", "queue",
             64, 1, [Entry("caf_remote", 500_000, fixed=True)]),
        flood_case(),
    ]


def latency_cases():
    """Open loop, at the same loads and at shares of what each sustains."""
    def entries(rate=0, load=0.0):
        result = [Entry(x, rate, x, x, load=load) for x in SYSTEMS
                  if x != "basp" or rate <= 50_000]
        result.insert(1, Entry("caf_remote, no moderate polls", rate,
                               options=LATENCY, load=load))
        return result

    absolute = [
        Case(f"openloop-{rate}", f"open loop, {rate:,} messages per second",
             "openloop", 64, 1, entries(rate), seconds=3)
        for rate in (1_000, 5_000, 20_000, 50_000, 100_000, 200_000)]
    relative = [
        Case(f"openloop-{load}%", f"open loop, {load} % of what each sustains",
             "openloop", 64, 1, entries(load=load / 100), seconds=3)
        for load in (25, 50, 75)]
    sustained = Case(
        "window-1000", "echo, window of 1000, 64 bytes", "window", 64, 1000,
        systems(600_000, 500_000, 150_000, 1_200_000)
        + [Entry("caf_remote, no moderate polls", 600_000, options=LATENCY)],
        sustained=True)
    return [sustained] + absolute + relative


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


def micro_cases():
    """What the sum of the single stages is compared to."""
    return [Case("oneway-64", "one-way, 64 bytes", "oneway", 64, 1,
                 [Entry("caf_remote", 2_500_000)])]


def smoke_cases():
    """Short, for continuous integration."""
    return [
        Case("oneway-64", "one-way, 64 bytes", "oneway", 64, 1,
             systems(700_000, 500_000, 100_000, 1_500_000)),
        # on one CPU, where others on this machine disturb less
        Case("window-100", "echo, window of 100, 64 bytes, no moderate polls, "
             "both on one CPU", "window", 64, 100,
             [Entry("caf_remote", 80_000, options=LATENCY),
              Entry("go", 80_000, "go", "go"),
              Entry("grpc", 160_000, "grpc", "grpc")], one_cpu=True),
    ]


SETS = ("main", "sizes", "senders", "growth", "memory", "latency", "settings",
        "micro", "smoke")


def cases_of(name, long=False):
    """The cases of one set, or of all but the smoke test."""
    makers = {
        "main": main_cases,
        "sizes": size_cases,
        "senders": sender_cases,
        "growth": lambda: growth_cases(long),
        "memory": memory_cases,
        "latency": latency_cases,
        "settings": settings_cases,
        "micro": micro_cases,
        "smoke": smoke_cases,
    }
    if name != "all":
        return makers[name]()
    result = {}
    for key in SETS:
        if key == "smoke":
            continue
        for case in makers[key]():
            known = result.setdefault(case.name, case)
            known.sustained |= case.sustained
    return list(result.values())
