# SPDX-License-Identifier: BSD-3-Clause
"""Runs the two-process benchmarks in turns and prints medians and ratios.

Started by scripts/bench. Each run has a server and a client of its own. One
turn runs every system of every case once; ratios are taken within a turn, since
they move less than the figures themselves when the machine is shared.
"""

import argparse
import os
import re
import sys

import figures
import micro
import plots
import smoke
from cases import SETS, SYSTEMS, cases_of
from running import rotate

EXPECTED = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "expected.json")
SKIPPED = 77  # what ctest takes for a test that was not run


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--build", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--scale", type=float, help="of all message counts")
    parser.add_argument("--set", default="main",
                        choices=[*SETS, "all"])
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", default="", metavar="REGEX")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--plots", metavar="DIR")
    parser.add_argument("--from", dest="sources", nargs="+", default=[],
                        metavar="FILE")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--renew", action="store_true")
    parser.add_argument("--in-ci", action="store_true", help=argparse.SUPPRESS)
    result = parser.parse_args()
    if not result.sources and result.build is None:
        parser.error("--build or --from is needed")
    if result.plots and not plots.available():
        print("No plots without matplotlib; run apt-get install "
              "python3-matplotlib")
        result.plots = None
    if result.smoke:
        result.set = "smoke"
    if result.renew and not result.smoke:
        parser.error("--renew goes with --smoke")
    result.runs = result.runs or (3 if result.quick else
                                  9 if result.renew else 5)
    result.scale = result.scale or (0.5 if result.quick else 1.0)
    return result


def is_built(build, system):
    if system == "go":
        return os.access(f"{build}/go_peer/go_peer", os.X_OK)
    return os.access(f"{build}/benchmarks/{system}_bench", os.X_OK)


def select(args):
    """The cases to run, without what was not asked for or not built."""
    main_only = args.quick and args.set == "main"
    cases = cases_of(args.set, args.long)
    missing = set()
    for case in cases:
        entries = []
        for x in case.entries:
            absent = {y for y in (x.client, x.server)
                      if not is_built(args.build, y)}
            missing |= absent
            if (not absent and re.search(args.only, f"{case.name}/{x.name}")
                    and (not main_only or x.name in SYSTEMS)):
                entries.append(x)
        case.entries = entries
        case.rows = {x.name: [] for x in entries}
    for system in sorted(missing):
        print(f"Not built, so its rows are missing: {system}.")
    return [x for x in cases if x.entries and (x.quick or not main_only)]


def run_smoke(args, cases):
    def measure():
        for case in cases:
            case.rows = {x.name: [] for x in case.entries}
        rotate(cases, args.build, args.runs, args.scale)
        for case in cases:
            figures.print_case(case)
        return smoke.measure(cases)

    if args.renew:
        measured = measure()
        smoke.print_ratios(smoke.load(EXPECTED), measured)
        smoke.save(EXPECTED, measured)
        print(f"\nWritten: {EXPECTED}")
        return 0
    return 0 if smoke.passes(smoke.load(EXPECTED), measure) else 1


def run_micro(args, cases):
    """Returns the stages, empty if they cannot be measured."""
    program = f"{args.build}/benchmarks/micro_bench"
    if not os.access(program, os.X_OK):
        print("Google Benchmark is missing: no single stages.")
        return {}
    stages = micro.run(program)
    print_micro(stages, cases)
    return stages


def print_micro(stages, cases):
    whole = next((figures.median(x.rows.get("caf_remote", []), "cpu")
                  for x in cases if x.name == "oneway-64"), None)
    micro.print_stages(stages, 64, whole)


def show(about, cases):
    print(f"{about['cpu']}, {about['cpus']} CPUs, Linux {about['kernel']}, "
          f"load {about['load']:.1f} at the start; {about['runs']} turns, "
          "medians; ratios within a turn", flush=True)
    for case in cases:
        figures.print_case(case)


def show_files(args):
    """Prints one file after the other, and draws all of them together."""
    everything = {}
    for path in args.sources:
        content, cases = figures.load(path)
        show(content, cases)
        if content.get("stages"):
            print_micro(content["stages"], cases)
        for case in cases:
            everything.setdefault(case.name, case)
    if args.plots:
        draw(everything.values(), args.plots)
    return 0


def draw(cases, folder):
    for path in plots.draw(cases, folder):
        print(f"Drawn: {path}")


def main():
    args = parse_arguments()
    if args.in_ci and os.environ.get("CI", "false") in ("", "false"):
        print("Only with CI=true; by hand: scripts/bench --smoke")
        return SKIPPED
    if args.sources:
        return show_files(args)
    cases = select(args)
    if not cases and args.set != "micro":
        print(f"Nothing to measure: no case of the set '{args.set}' matches "
              f"'{args.only}'.", file=sys.stderr)
        return 2
    if args.smoke:
        return run_smoke(args, cases)
    about = {**figures.machine(), "runs": args.runs, "scale": args.scale}
    rotate(cases, args.build, args.runs, args.scale)
    show(about, cases)
    stages = {}
    if args.set in ("micro", "all"):
        stages = run_micro(args, cases)
    if args.json:
        figures.save(args.json, about, cases, {"stages": stages})
        print(f"\nAll figures: {args.json}")
    if args.plots:
        draw(cases, args.plots)
    bad = figures.count_errors(cases)
    if bad:
        print(f"{bad} runs do not count: messages were lost, or time ran out")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
