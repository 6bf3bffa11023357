# SPDX-License-Identifier: BSD-3-Clause
"""Runs the single stages and compares their sum to the whole."""

import json
import subprocess

# On the way of a message. `deliver` includes decoding the payload.
STAGES = (
    ("make_message", "the user makes a message"),
    ("encode_payload", "its payload is encoded into a mailbox element, and "
     "that freed"),
    ("admit", "admission"),
    ("enqueue", "the element is queued for the writer"),
    ("take", "the writer takes it, and it is freed"),
    ("cut_batch", "a batch is built and framed, and its elements freed"),
    ("decode_batch", "the batch is decoded"),
    ("deliver", "the payload is decoded and delivered, an actor takes it"),
)


def parse(text):
    """Nanoseconds of CPU per message by benchmark, from Google's JSON."""
    result = {}
    for x in json.loads(text)["benchmarks"]:
        if x.get("aggregate_name") != "median" or "items_per_second" not in x:
            continue
        assert x["time_unit"] == "ns"
        basis = "real_time" if "/real_time" in x["run_name"] else "cpu_time"
        items = x["items_per_second"] * x[basis] / 1e9
        result[x["run_name"]] = x["cpu_time"] / items
    return result


def run(program):
    """Returns what was measured."""
    done = subprocess.run(
        [program, "--benchmark_repetitions=3", "--benchmark_format=json",
         "--benchmark_report_aggregates_only=true"],
        check=True, text=True, stdout=subprocess.PIPE, timeout=900)
    return parse(done.stdout)


def find(stages, name, size):
    """One stage at a payload size, or at any where it makes no difference."""
    for key, ns in stages.items():
        parts = key.split("/")
        if parts[0] == name and (str(size) in parts or parts[1:] in
                                 ([], ["real_time", "threads:1"])):
            return ns
    return None


def total(stages, size):
    """The sum in ns, and the names of stages that were not measured."""
    found = {x: find(stages, x, size) for x, _ in STAGES}
    return (sum(x for x in found.values() if x is not None),
            [x for x, ns in found.items() if ns is None])


def print_stages(stages, size, end_to_end):
    """`end_to_end` is CPU seconds per million messages, or None."""
    print(f"\n### single stages, {size} bytes\n")
    print("| stage | ns of CPU per message |\n|---|---|")
    for name, text in STAGES:
        ns = find(stages, name, size)
        print(f"| {text} (`{name}`) | {'-' if ns is None else f'{ns:.0f}'} |")
    ns, missing = total(stages, size)
    print(f"| sum | {ns:.0f} |")
    if end_to_end is not None:
        print(f"| end to end, both processes | {end_to_end * 1000:.0f} |")
        print(f"| not in any stage | {end_to_end * 1000 - ns:.0f} |")
    if missing:
        print(f"\nNot measured: {', '.join(missing)}.")
    print("\nAll that was measured, ns of CPU per message:\n")
    for name, ns in stages.items():
        print(f"- `{name}`: {ns:.0f}")
