"""Where a set lies on disk, and how it is read and written.

A set is a folder: `set.json` (what it is and how it was made), `rows.npy` (rows x dimensions, float32, C order), `schema.toml` for
it, and, where the set has them, `queries-KIND.npy` (queries x dimensions, float32), `labels.npy` (one uint8 a row) and
`labels-held.npy` (one a query), `rows.csv` (header, row id, dimensions, label) and `schema-csv.toml` for it. Row numbers count from 0
in the order of `rows.npy`.
"""

import hashlib
import json
import pathlib

import numpy as np

CHUNK_ROWS = 65_536


class Set:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.about = json.loads((self.folder / "set.json").read_text())

    @property
    def name(self):
        return self.folder.name

    @property
    def rows_path(self):
        return self.folder / "rows.npy"

    def rows(self):
        """The rows as a read-only map of the file: 10,000,000 of them need not be in memory."""
        return np.load(self.rows_path, mmap_mode="r")

    def queries_path(self, kind):
        return self.folder / f"queries-{kind}.npy"

    def queries(self, kind):
        return np.load(self.queries_path(kind))

    def query_kinds(self):
        return sorted(path.stem.removeprefix("queries-") for path in self.folder.glob("queries-*.npy"))


def write_about(folder, about):
    """Schemas and description, which comes last: a folder without it is not a set, so an interrupted run leaves none."""
    folder = pathlib.Path(folder)
    # the columns of an array are named by their position
    (folder / "schema.toml").write_text(schema_of(about, range(about["dimensions"]), [], 'kind = "neighbours"'))
    if (folder / "rows.csv").exists():
        named = ["", "[rows]", 'id = "id"']
        if "labels" in about:
            named += ["", "[labels]", f"names = {json.dumps(about['labels'])}", 'from = "label"']
        answer = 'kind = "shares"' if "labels" in about else 'kind = "neighbours"'
        (folder / "schema-csv.toml").write_text(schema_of(about, about["columns"], named, answer))
    (folder / "set.json").write_text(json.dumps(about, indent=2) + "\n")


def schema_of(about, sources, named, answer):
    """Every column is a dimension as it is, so distances are those of the rows."""
    lines = [f'name = "{about["name"]}"', "k = 10", *named, "", "[answer]", answer]
    for column, source in zip(about["columns"], sources):
        lines += ["", "[[dimension]]", f'name = "{column}"', f'number = "{source}"']
    return "\n".join(lines) + "\n"


def sets_in(folder, names=None):
    """The sets below `folder`, in the order of `names`, or all of them by name."""
    folder = pathlib.Path(folder)
    if names is None:
        names = sorted(path.parent.name for path in folder.glob("*/set.json"))
    missing = [name for name in names if not (folder / name / "set.json").exists()]
    if missing:
        raise SystemExit(f"no set {', '.join(missing)} in {folder}: make it with sets.py or real.py")
    return [Set(folder / name) for name in names]


def write_csv(folder, columns, rows, labels=None, label_names=None):
    """`rows.csv`: the shortest decimals that bring every float32 back to the same bits, as NumPy writes them."""
    with open(pathlib.Path(folder) / "rows.csv", "w", encoding="utf-8", newline="\n") as out:
        out.write(",".join(["id", *columns] + (["label"] if labels is not None else [])) + "\n")
        for begin in range(0, len(rows), CHUNK_ROWS):
            for number, row in enumerate(decimals(rows[begin:begin + CHUNK_ROWS]), start=begin):
                tail = [] if labels is None else [label_names[labels[number]]]
                out.write(",".join([f"r-{number}", *row, *tail]) + "\n")


def decimals(rows):
    return np.asarray(rows).astype(str).tolist()


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
