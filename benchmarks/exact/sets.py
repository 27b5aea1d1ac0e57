#!/usr/bin/env python3
"""Makes the synthetic sets: five that are measured, and others that have been trouble for exact search before.

    sets.py --out DIR [--rows N] [--queries Q] [--seed S] [--csv] [NAME…]

Rows are drawn in chunks of 65,536, each from its own stream of the seed, so a set of N rows is the beginning of the set of more rows
with the same seed. Queries come from streams of their own.
"""

import argparse
import pathlib

import numpy as np

import store

GRID_LEVELS = 8
CLUSTERS = 1_000


def uniform(_shape, draw, count, dimensions):
    return draw.random((count, dimensions), dtype=np.float32)


def clustered(shape, draw, count, dimensions):
    """Gaussian clusters of different weight and width, centres uniform in the unit box."""
    centres = shape.random((CLUSTERS, dimensions))
    widths = np.exp(shape.uniform(np.log(0.01), np.log(0.1), CLUSTERS))
    weights = shape.gamma(1.0, size=CLUSTERS)
    cluster = draw.choice(CLUSTERS, size=count, p=weights / weights.sum())
    return centres[cluster] + draw.standard_normal((count, dimensions)) * widths[cluster, None]


def heavy_tailed(_shape, draw, count, dimensions):
    """Lognormal dimensions, the last two an integer and a flag: amounts, times and counts of a table that nobody has scaled."""
    table = draw.lognormal(mean=0.0, sigma=1.5, size=(count, dimensions))
    table[:, -2] = draw.poisson(draw.lognormal(mean=1.0, sigma=1.0, size=count))
    table[:, -1] = draw.random(count) < 0.3
    return table


def integer_grid(_shape, draw, count, dimensions):
    """Most distances are shared by many rows, and most rows by others."""
    return draw.integers(0, GRID_LEVELS, size=(count, dimensions))


def one_hot(_shape, draw, count, dimensions):
    """Only as many different rows as dimensions."""
    table = np.zeros((count, dimensions))
    table[np.arange(count), draw.integers(0, dimensions, size=count)] = 1
    return table


def all_equal(shape, _draw, count, dimensions):
    return np.broadcast_to(shape.random(dimensions, dtype=np.float32), (count, dimensions))


def constant_dimensions(shape, draw, count, dimensions):
    """Every other dimension has one value; one of them is far from the rest."""
    table = draw.random((count, dimensions))
    table[:, ::2] = shape.random(len(range(0, dimensions, 2)))
    table[:, 0] = 1e6
    return table


def duplicates(shape, draw, count, dimensions):
    """A thousand different rows, the first of them as often as all others together."""
    distinct = shape.random((1_000, dimensions))
    return distinct[np.where(draw.random(count) < 0.5, 0, draw.integers(0, len(distinct), size=count))]


def tiny_range(_shape, draw, count, dimensions):
    """Squares of differences are below the smallest float32."""
    return draw.random((count, dimensions)) * 1e-30


def huge_range(_shape, draw, count, dimensions):
    """Squares of differences are above the largest float32."""
    return (draw.random((count, dimensions)) - 0.5) * 2e30


def mixed_ranges(_shape, draw, count, dimensions):
    """Dimensions from 1e-30 to 1e30: all but the widest decide nothing except ties."""
    return draw.random((count, dimensions)) * np.logspace(-30, 30, dimensions)


def far_from_zero(_shape, draw, count, dimensions):
    """A narrow cloud a million away from zero: float32 has 16 values to the unit there, and norms cancel."""
    return 1e6 + draw.random((count, dimensions)) * 16


def not_a_number(_shape, draw, count, dimensions):
    """To be refused, with the row and column named: row 7 has a NaN in column 1."""
    table = draw.random((count, dimensions))
    table[min(7, count - 1), 1] = np.nan
    return table


MEASURED_ROWS = 1_000_000
TESTED_ROWS = 20_000
# name: generator, dimensions, rows by default
SETS = {
    "uniform-9": (uniform, 9, MEASURED_ROWS),
    "clustered-9": (clustered, 9, MEASURED_ROWS),
    "heavy-tailed-9": (heavy_tailed, 9, MEASURED_ROWS),
    "clustered-32": (clustered, 32, MEASURED_ROWS),
    "uniform-32": (uniform, 32, MEASURED_ROWS),
    "integer-grid-4": (integer_grid, 4, TESTED_ROWS),
    "one-hot-16": (one_hot, 16, TESTED_ROWS),
    "all-equal-5": (all_equal, 5, TESTED_ROWS),
    "constant-dimensions-9": (constant_dimensions, 9, TESTED_ROWS),
    "duplicates-6": (duplicates, 6, TESTED_ROWS),
    "tiny-range-9": (tiny_range, 9, TESTED_ROWS),
    "huge-range-9": (huge_range, 9, TESTED_ROWS),
    "mixed-ranges-7": (mixed_ranges, 7, TESTED_ROWS),
    "far-from-zero-9": (far_from_zero, 9, TESTED_ROWS),
    "line-1": (uniform, 1, TESTED_ROWS),
    "not-a-number-3": (not_a_number, 3, 100),
    "ten-million-9": (clustered, 9, 10_000_000),
}
MEASURED = list(SETS)[:5]
TESTED = [name for name in SETS if name not in MEASURED and name != "ten-million-9"]
REFUSED = {"not-a-number-3"}


def stream(seed, name, *purpose):
    """A generator of its own for each purpose: no draw depends on how many others came before it."""
    return np.random.default_rng(np.random.SeedSequence([seed, *name.encode(), *purpose]))


def draw_chunk(name, seed, purpose, chunk, count):
    """`count` rows of the set's distribution, float32: the beginning of one whole chunk."""
    generator, dimensions, _ = SETS[name]
    drawn = generator(stream(seed, name, 0), stream(seed, name, purpose, chunk), store.CHUNK_ROWS, dimensions)
    return np.asarray(drawn[:count], dtype=np.float32)


def write_rows(path, name, seed, count, purpose):
    dimensions = SETS[name][1]
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(count, dimensions))
    for chunk, begin in enumerate(range(0, count, store.CHUNK_ROWS)):
        end = min(begin + store.CHUNK_ROWS, count)
        rows[begin:end] = draw_chunk(name, seed, purpose, chunk, end - begin)
    rows.flush()
    return rows


def uniform_queries(rows, draw, count):
    """Uniform in the box of the rows and a tenth of its width around it: mostly where no row is."""
    low, high = rows.min(axis=0).astype(np.float64), rows.max(axis=0).astype(np.float64)
    margin = 0.1 * (high - low)
    return draw.uniform(low - margin, high + margin, size=(count, rows.shape[1])).astype(np.float32)


def beside_queries(rows, draw, count):
    """Rows themselves (a quarter), rows with one dimension moved by one float32 or by a little, and points between two rows."""
    queries = rows[np.sort(draw.integers(0, len(rows), size=count))].copy()
    others = rows[np.sort(draw.integers(0, len(rows), size=count))]
    kind, dimension = np.arange(count) % 4, draw.integers(0, rows.shape[1], size=count)
    place = np.arange(count), dimension
    spread = (rows.max(axis=0) - rows.min(axis=0))[dimension] * np.float32(1e-4)
    queries[place] = np.where(kind == 1, np.nextafter(queries[place], np.float32(np.inf)), queries[place])
    queries[place] = np.where(kind == 2, queries[place] + spread, queries[place])
    return np.where((kind == 3)[:, None], queries / 2 + others / 2, queries).astype(np.float32)


def write_queries(folder, name, seed, rows, held, extra):
    """`held`: drawn as the rows are. `uniform` and `beside`: where a search has the most and the least to do."""
    write_rows(folder / "queries-held.npy", name, seed, held, purpose=2)
    np.save(folder / "queries-uniform.npy", uniform_queries(rows, stream(seed, name, 3), extra))
    np.save(folder / "queries-beside.npy", beside_queries(rows, stream(seed, name, 4), extra))


def make(out, name, seed, row_count, held, extra, csv):
    folder = pathlib.Path(out) / name
    folder.mkdir(parents=True, exist_ok=True)
    about = {"name": name, "kind": "synthetic", "rows": row_count, "dimensions": SETS[name][1], "seed": seed,
             "held_apart": held, "columns": [f"x{column}" for column in range(SETS[name][1])], "numpy": np.__version__,
             "refused": name in REFUSED}
    (folder / "set.json").unlink(missing_ok=True)
    rows = write_rows(folder / "rows.npy", name, seed, row_count, purpose=1)
    if name not in REFUSED:
        write_queries(folder, name, seed, rows, held, extra)
    if csv:
        store.write_csv(folder, about["columns"], rows)
    about["rows_sha256"] = store.sha256(folder / "rows.npy")
    store.write_about(folder, about)
    print(f"{name}: {row_count:,} x {about['dimensions']}, sha256 {about['rows_sha256'][:16]}", flush=True)


def names_of(words):
    groups = {"measured": MEASURED, "tested": TESTED, "all": list(SETS)}
    names = [name for word in words for name in groups.get(word, [word])]
    unknown = [name for name in names if name not in SETS]
    if unknown:
        raise SystemExit(f"no set {', '.join(unknown)}; there are {', '.join([*groups, *SETS])}")
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=["measured"], help="sets, or `measured`, `tested`, `all`")
    parser.add_argument("--out", required=True, help="folder that gets a folder for each set")
    parser.add_argument("--rows", type=int, help="rows of each set, instead of its own number")
    parser.add_argument("--queries", type=int, default=1_000, help="queries held apart")
    parser.add_argument("--extra", type=int, default=1_000, help="uniform queries, and queries beside rows")
    parser.add_argument("--seed", type=int, default=20_261_130)
    parser.add_argument("--csv", action="store_true", help="rows.csv beside rows.npy")
    options = parser.parse_args()
    for name in names_of(options.names):
        make(options.out, name, options.seed, options.rows or SETS[name][2], options.queries, options.extra, options.csv)


if __name__ == "__main__":
    main()
