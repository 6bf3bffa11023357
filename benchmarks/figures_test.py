# SPDX-License-Identifier: BSD-3-Clause
"""Medians, ratios and the file of figures; the sum of the single stages."""

import contextlib
import io
import json
import os
import tempfile
import unittest

import figures
import micro
import running
from cases import SETS, Case, Entry, cases_of


def rate_case():
    entries = [Entry(x, 10, x, x) for x in ("caf_remote", "go")]
    return Case("oneway-64", "one-way", "oneway", 64, 1, entries, rows={
        "caf_remote": [{"msgs_per_s": x, "cpu": 1.0} for x in (6, 2, 40)],
        "go": [{"msgs_per_s": 2.0, "cpu": 2.0}, {"error": "lost"},
               {"msgs_per_s": 4.0, "cpu": 2.0}]})


class Figures(unittest.TestCase):
    def test_a_turn_counts_for_a_ratio_if_both_ran(self):
        self.assertEqual(figures.ratio(rate_case(), "caf_remote", "go",
                                       "msgs_per_s"), 6.5)

    def test_ratios_are_to_the_row_under_the_same_conditions(self):
        entries = [Entry("caf_remote, 10", 1, suffix=", 10"),
                   Entry("grpc, 1", 1, "grpc", "grpc", suffix=", 1"),
                   Entry("grpc, 10", 1, "grpc", "grpc", suffix=", 10")]
        case = Case("x", "x", "spread", 64, 1, entries, rows={
            "caf_remote, 10": [{"cpu": 6.0}], "grpc, 1": [{"cpu": 1.0}],
            "grpc, 10": [{"cpu": 3.0}]})
        self.assertEqual(figures.times(case, entries[0], "grpc", "cpu"), 2.0)
        self.assertEqual(figures.times_first(case, entries[2], "cpu"), 3.0)

    def test_the_file_has_all_that_is_printed(self):
        case = rate_case()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "figures.json")
            figures.save(path, {"runs": 3}, [case], {"stages": {"a": 1.0}})
            content, cases = figures.load(path)
        self.assertEqual(content["stages"], {"a": 1.0})
        self.assertEqual(self.printed(cases[0]), self.printed(case))
        self.assertIn("| caf_remote | 6 | 2 .. 40 | 6.50 |",
                      self.printed(case))
        self.assertIn("go: lost", self.printed(case))

    def printed(self, case):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            figures.print_case(case)
        return out.getvalue()

    def test_every_set_prints_a_table_without_figures(self):
        for name in SETS:
            for case in cases_of(name, long=True):
                case.rows = {x.name: [{"error": "not run"}]
                             for x in case.entries}
                self.assertEqual(len(case.rows), len(case.entries))
                self.assertIn("not run", self.printed(case))

    def test_all_sets_together_have_each_case_once(self):
        names = [x.name for x in cases_of("all")]
        self.assertEqual(len(names), len(set(names)))


class Losses(unittest.TestCase):
    def test_a_lost_message_makes_a_run_invalid(self):
        case = rate_case()
        for client, server in (({"lost": 1}, {}), ({"dead_letters": 1}, {}),
                               ({}, {"dead_letters": 1})):
            with self.assertRaises(running.Invalid):
                running.check_losses(case, client, server)
        running.check_losses(case, {"lost": 0, "dead_letters": 0}, {})

    def test_a_flood_may_lose_messages(self):
        case = Case("flood", "flood", "flood", 64, 1, [])
        running.check_losses(case, {"lost": 9, "dead_letters": 9}, {})


class Stages(unittest.TestCase):
    TEXT = json.dumps({"benchmarks": [
        {"run_name": "make_message/64", "aggregate_name": "median",
         "time_unit": "ns", "cpu_time": 30.0, "real_time": 31.0,
         "items_per_second": 1e9 / 30},
        {"run_name": "make_message/64", "aggregate_name": "mean",
         "time_unit": "ns", "cpu_time": 99.0, "real_time": 99.0,
         "items_per_second": 1e9 / 99},
        # a thousand messages in 200 us, 300 us of CPU
        {"run_name": "deliver/64/process_time/real_time",
         "aggregate_name": "median", "time_unit": "ns", "cpu_time": 300e3,
         "real_time": 200e3, "items_per_second": 5e6},
        {"run_name": "admit/real_time/threads:1", "aggregate_name": "median",
         "time_unit": "ns", "cpu_time": 20.0, "real_time": 20.0,
         "items_per_second": 5e7},
        {"run_name": "admit/real_time/threads:2", "aggregate_name": "median",
         "time_unit": "ns", "cpu_time": 50.0, "real_time": 50.0,
         "items_per_second": 2e7},
    ]})

    def test_cpu_per_message_is_that_of_the_process(self):
        stages = micro.parse(self.TEXT)
        self.assertAlmostEqual(stages["make_message/64"], 30.0)
        self.assertAlmostEqual(stages["deliver/64/process_time/real_time"],
                               300.0)

    def test_stages_add_up(self):
        ns, missing = micro.total(micro.parse(self.TEXT), 64)
        self.assertAlmostEqual(ns, 350.0)
        self.assertEqual(missing, ["encode_payload", "enqueue", "take",
                                   "cut_batch", "decode_batch"])


if __name__ == "__main__":
    unittest.main()
