# SPDX-License-Identifier: BSD-3-Clause
"""What the smoke test takes for a fall, and what not."""

import contextlib
import io
import os
import tempfile
import unittest

import smoke
from cases import Case, Entry


def run(rate, cpu):
    return {"msgs_per_s": rate, "cpu": cpu}


def case_of(**rows):
    entries = [Entry(name, 1, name, name) for name in rows]
    return Case("oneway", "one-way", "oneway", 64, 1, entries, rows=rows)


class Measure(unittest.TestCase):
    def test_more_is_better_in_all_ratios(self):
        xs = smoke.measure([case_of(caf_remote=[run(300, 2)],
                                    go=[run(100, 8)])])
        self.assertEqual(xs, {"oneway to go, rate": 3.0,
                              "oneway to go, CPU": 4.0})

    def test_ratios_are_taken_within_a_turn(self):
        # the machine was ten times slower in the second turn
        xs = smoke.measure([case_of(
            caf_remote=[run(200, 1), run(20, 10), run(200, 1)],
            go=[run(100, 2), run(10, 20), run(100, 2)])])
        self.assertEqual(xs, {"oneway to go, rate": 2.0,
                              "oneway to go, CPU": 2.0})

    def test_one_odd_turn_of_three_changes_nothing(self):
        xs = smoke.measure([case_of(
            caf_remote=[run(200, 1), run(1, 99), run(200, 1)],
            go=[run(100, 2), run(100, 2), run(100, 2)])])
        self.assertEqual(xs["oneway to go, rate"], 2.0)

    def test_runs_that_do_not_count_give_nothing(self):
        xs = smoke.measure([case_of(caf_remote=[{"error": "lost"}],
                                    go=[run(100, 2)])])
        self.assertEqual(xs, {"oneway to go, rate": None,
                              "oneway to go, CPU": None})


class Judge(unittest.TestCase):
    def test_the_same_passes(self):
        self.assertEqual(smoke.judge({"a": 2.0}, {"a": 2.0}), [])

    def test_better_passes(self):
        self.assertEqual(smoke.judge({"a": 2.0}, {"a": 9.0}), [])

    def test_half_passes(self):
        self.assertEqual(smoke.judge({"a": 2.0}, {"a": 1.0}), [])

    def test_less_than_half_fails(self):
        self.assertEqual(smoke.judge({"a": 2.0, "b": 2.0},
                                     {"a": 0.99, "b": 2.0}),
                         ["a: 0.99, less than half of 2.00"])

    def test_no_valid_runs_fail(self):
        self.assertEqual(smoke.judge({"a": 2.0}, {"a": None}),
                         ["a: no valid runs"])

    def test_a_system_that_is_not_there_is_not_asked_for(self):
        self.assertEqual(smoke.judge({"go": 2.0, "basp": 2.0}, {"basp": 2.0}),
                         [])

    def test_nothing_to_compare_fails(self):
        self.assertEqual(smoke.judge({"a": 2.0}, {"b": 2.0}),
                         ["nothing was measured that is expected"])

    def test_a_slower_library_fails_to_all_others(self):
        before = smoke.measure([case_of(caf_remote=[run(300, 2)] * 3,
                                        go=[run(100, 4)] * 3,
                                        basp=[run(30, 12)] * 3)])
        after = smoke.measure([case_of(caf_remote=[run(140, 4.2)] * 3,
                                       go=[run(100, 4)] * 3,
                                       basp=[run(30, 12)] * 3)])
        self.assertEqual(len(smoke.judge(before, after)), 4)


class Passes(unittest.TestCase):
    def measuring(self, *values):
        """Whether these measurements pass, and how many were made."""
        left = list(values)
        with contextlib.redirect_stdout(io.StringIO()):
            result = smoke.passes({"a": 2.0}, lambda: {"a": left.pop(0)})
        return result, len(values) - len(left)

    def test_a_good_ratio_is_measured_once(self):
        self.assertEqual(self.measuring(1.9, 0.1), (True, 1))

    def test_a_ratio_that_has_fallen_once_is_measured_again(self):
        self.assertEqual(self.measuring(0.9, 1.9), (True, 2))

    def test_a_ratio_that_has_fallen_twice_fails(self):
        self.assertEqual(self.measuring(0.9, 0.8, 2.0), (False, 2))


class Expected(unittest.TestCase):
    def test_what_was_written_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "expected.json")
            smoke.save(path, {"a": 1.23456, "b": 0.5})
            self.assertEqual(smoke.load(path), {"a": 1.23, "b": 0.5})

    def test_nothing_is_written_without_valid_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "expected.json")
            with self.assertRaisesRegex(ValueError, "no valid runs: b"):
                smoke.save(path, {"a": 1.0, "b": None})
            self.assertFalse(os.path.exists(path))


if __name__ == "__main__":
    unittest.main()
