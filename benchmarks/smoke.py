# SPDX-License-Identifier: BSD-3-Clause
"""Judges the short form of the benchmarks: only ratios within a turn, and only
when one has fallen by half."""

import json

from figures import ratio

HOW = ("Ratios of one run, more is better: throughput to that of another "
       "system, and CPU per message of that system to ours. scripts/bench "
       "--smoke fails below half of them. To renew: scripts/bench --smoke "
       "--renew on a quiet machine, then commit.")

LIMIT = 0.5


def measure(cases):
    """All ratios that these runs have, None for those without valid runs."""
    result = {}
    for case in cases:
        for entry in case.entries:
            if entry.name == "caf_remote":
                continue
            key = f"{case.name} to {entry.name}"
            cost = ratio(case, entry.name, "caf_remote", "cpu")
            result[f"{key}, rate"] = ratio(case, "caf_remote", entry.name,
                                           "msgs_per_s")
            result[f"{key}, CPU"] = cost
    return result


def judge(expected, measured):
    """What is wrong, as lines of text. A ratio whose system is not measured at
    all, because its tool-chain is missing, is not asked for."""
    result = []
    for key, value in expected.items():
        if key not in measured:
            continue
        now = measured[key]
        if now is None:
            result.append(f"{key}: no valid runs")
        elif now < LIMIT * value:
            result.append(f"{key}: {now:.2f}, less than half of {value:.2f}")
    if not any(key in measured for key in expected):
        result.append("nothing was measured that is expected")
    return result


def passes(expected, measure):
    """Measures, and once more before it says that something is wrong."""
    for attempt in range(2):
        measured = measure()
        print_ratios(expected, measured)
        wrong = judge(expected, measured)
        if not wrong:
            return True
        print("\n" + "\n".join(wrong), flush=True)
        if attempt == 0:
            print("\nOnce more, in case something else was running.")
    return False


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)["ratios"]


def save(path, measured):
    """Writes three digits: more would be noise. Throws ValueError if there is a
    ratio without valid runs."""
    missing = [key for key, x in measured.items() if x is None]
    if missing:
        raise ValueError(f"no valid runs: {', '.join(missing)}")
    ratios = {key: float(f"{x:.3g}") for key, x in measured.items()}
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"comment": HOW, "ratios": ratios}, f, indent=2)
        f.write("\n")


def print_ratios(expected, measured):
    print("\n| ratio | now | expected |\n|---|---|---|")
    for key, value in measured.items():
        now = "-" if value is None else f"{value:.2f}"
        print(f"| {key} | {now} | {expected.get(key, '-')} |")
