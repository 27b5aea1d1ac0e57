"""The other engines, each behind the same three steps: build from rows, answer one query, say its size.

`build(rows, options)` gets float32 rows; `search(query, k)` gets one float32 vector and returns row numbers, nearest first (with the
distances computed too, as a user wants both). Each is used as its documentation says, with one thread. Imports are inside, so that a
process holds the one library that it measures.
"""

import os
import pickle
from importlib.metadata import version

import numpy as np


class FaissFlat:
    package = "faiss-cpu"
    variants = [{}]

    def build(self, rows, _options):
        import faiss
        faiss.omp_set_num_threads(1)
        self.index = faiss.IndexFlatL2(rows.shape[1])
        self.index.add(rows)

    def search(self, query, k):
        _distances, ids = self.index.search(query[None, :], k)
        return ids[0]

    def size(self):
        return self.index.ntotal * self.index.d * 4


class ScikitTree:
    """Arrays of float64 inside, whatever is given: `tree.query` takes a float64 row."""

    package = "scikit-learn"
    variants = [{"leaf_size": 20}, {"leaf_size": 40}, {"leaf_size": 80}]

    def build(self, rows, options):
        from sklearn import neighbors
        self.tree = getattr(neighbors, self.name)(rows, metric="euclidean", **options)

    def search(self, query, k):
        _distances, ids = self.tree.query(query[None, :], k)
        return ids[0]

    def size(self):
        return sum(np.asarray(array).nbytes for array in self.tree.get_arrays())


class ScikitKdTree(ScikitTree):
    name = "KDTree"


class ScikitBallTree(ScikitTree):
    name = "BallTree"


class ScipyTree:
    package = "scipy"
    variants = [{"leafsize": 16}, {"leafsize": 32}, {"leafsize": 64}]

    def build(self, rows, options):
        from scipy.spatial import cKDTree
        self.tree = cKDTree(rows, **options)

    def search(self, query, k):
        _distances, ids = self.tree.query(query, k)
        return np.atleast_1d(ids)

    def size(self):
        """A node is about 100 bytes and has two float64 bounds a dimension; what is pickled has all but the bounds' padding."""
        return len(pickle.dumps(self.tree, protocol=pickle.HIGHEST_PROTOCOL))


class DuckDb:
    """The distance of every row, ordered, with a limit: a top-n operator, no sort of everything."""

    package = "duckdb"
    variants = [{}]

    def build(self, rows, _options):
        import duckdb
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        dimensions = rows.shape[1]
        # given as columns, because a table function reads arrays without a copy a row in Python
        columns = {f"x{column}": np.ascontiguousarray(rows[:, column]) for column in range(dimensions)}
        columns["row"] = np.arange(len(rows), dtype=np.int32)
        vector = ", ".join(f"x{column}" for column in range(dimensions))
        self.connection.register("given", columns)
        self.connection.execute(
            f"CREATE TABLE vectors AS SELECT row, [{vector}]::FLOAT[{dimensions}] AS vector FROM given")
        self.connection.unregister("given")
        self.statement = (f"SELECT row, array_distance(vector, ?::FLOAT[{dimensions}]) AS distance FROM vectors "
                          "ORDER BY distance LIMIT ?")

    def search(self, query, k):
        found = self.connection.execute(self.statement, [query.tolist(), k]).fetchall()
        return [row for row, _distance in found]

    def size(self):
        blocks = self.connection.execute("SELECT memory_usage_bytes FROM duckdb_memory() WHERE tag = 'IN_MEMORY_TABLE'").fetchone()
        return blocks and blocks[0]


class SqliteVec:
    package = "sqlite-vec"
    variants = [{}]

    def build(self, rows, _options):
        import apsw
        import sqlite_vec
        self.connection = apsw.Connection(":memory:")
        self.connection.enable_load_extension(True)
        self.connection.load_extension(sqlite_vec.loadable_path())
        self.connection.enable_load_extension(False)
        self.connection.execute(f"CREATE VIRTUAL TABLE vectors USING vec0(vector float[{rows.shape[1]}])")
        with self.connection:
            self.connection.executemany("INSERT INTO vectors(rowid, vector) VALUES (?, ?)",
                                        ((row, vector.tobytes()) for row, vector in enumerate(rows)))

    def search(self, query, k):
        found = self.connection.execute("SELECT rowid, distance FROM vectors WHERE vector MATCH ? AND k = ?", (query.tobytes(), k))
        return [row for row, _distance in found]

    def size(self):
        pages = self.connection.execute("PRAGMA page_count").fetchone()[0]
        return pages * self.connection.execute("PRAGMA page_size").fetchone()[0]


ENGINES = {
    "faiss-flat": FaissFlat,
    "scikit-kd-tree": ScikitKdTree,
    "scikit-ball-tree": ScikitBallTree,
    "scipy-ckdtree": ScipyTree,
    "duckdb": DuckDb,
    "sqlite-vec": SqliteVec,
}


def version_of(name):
    return version(ENGINES[name].package)


def resident_bytes():
    """Of this process, without what it shares through files."""
    fields = open("/proc/self/statm", encoding="ascii").read().split()
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE")
