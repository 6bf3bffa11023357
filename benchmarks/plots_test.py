# SPDX-License-Identifier: BSD-3-Clause
"""The plots: the same file from the same figures."""

import os
import tempfile
import unittest

import plots
from cases import cases_of


def measured(name):
    """A set with made-up figures."""
    cases = cases_of(name)
    for case in cases:
        for i, entry in enumerate(case.entries, 1):
            case.rows[entry.name] = [
                {"msgs_per_s": 1e6 * i + turn, "p50_us": 10.0 * i,
                 "p99_us": 20.0 * i, "p999_us": 30.0 * i, "max_us": 40.0 * i}
                for turn in range(3)]
    return cases


@unittest.skipUnless(plots.available(), "no matplotlib here")
class Plots(unittest.TestCase):
    def draw(self, cases):
        with tempfile.TemporaryDirectory() as folder:
            result = {}
            for path in plots.draw(cases, folder):
                with open(path, "rb") as f:
                    result[os.path.basename(path)] = f.read()
            return result

    def test_everything_gives_all_plots(self):
        self.assertEqual(sorted(self.draw(measured("all"))), [
            "latency_by_load.svg", "latency_tail_by_load.svg",
            "throughput_by_endpoints.svg", "throughput_by_senders.svg",
            "throughput_by_size.svg"])

    def test_a_plot_without_figures_is_not_drawn(self):
        self.assertEqual(list(self.draw(measured("senders"))),
                         ["throughput_by_senders.svg"])

    def test_the_same_figures_give_the_same_file(self):
        self.assertEqual(self.draw(measured("latency")),
                         self.draw(measured("latency")))


if __name__ == "__main__":
    unittest.main()
