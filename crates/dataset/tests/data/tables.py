"""Writes the tables of this folder that others' libraries must have written: python3 tables.py

Needs numpy and pyarrow. What it writes is committed; run it again only to add a case.
"""

import pathlib

import numpy
import pyarrow
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet

folder = pathlib.Path(__file__).parent / "tables"
folder.mkdir(exist_ok=True)

numbers = numpy.array([[1.5, -2.0], [0.25, 100.0], [0.0, -0.5]])
whole = numpy.array([[1, -2], [0, 100], [0, -3]])
for name, array in {
    "f64": numbers,
    "f32": numbers.astype(numpy.float32),
    "f16": numbers.astype(numpy.float16),
    "f64-by-column": numpy.asfortranarray(numbers),
    "f64-big-endian": numbers.astype(">f8"),
    "i16": whole.astype(numpy.int16),
    "i32": whole.astype(numpy.int32),
    "i64": whole.astype(numpy.int64),
    "u8": numpy.array([[1, 2], [0, 100], [255, 3]], dtype=numpy.uint8),
}.items():
    numpy.save(folder / f"{name}.npy", array)
with open(folder / "version-2.npy", "wb") as file:
    numpy.lib.format.write_array(file, numbers, version=(2, 0))

labels = numpy.array(["ok", "größer", "ok"])
identifiers = numpy.array([10, 11, 12])
numpy.savez(folder / "stored.npz", x=numpy.asfortranarray(numbers), label=labels, id=identifiers)
numpy.savez_compressed(folder / "compressed.npz", x=numbers, label=labels, id=identifiers)

table = pyarrow.table({
    "f64": pyarrow.array([1.5, None, -2.0]),
    "f32": pyarrow.array([0.25, 1.0, 2.0], pyarrow.float32()),
    "f16": pyarrow.array(numpy.array([0.5, 1.0, 2.0], dtype=numpy.float16)),
    "i8": pyarrow.array([1, 2, -3], pyarrow.int8()),
    "u64": pyarrow.array([1, 2, 2**64 - 1], pyarrow.uint64()),
    "flag": pyarrow.array([True, False, None]),
    "text": pyarrow.array(["a", "ä", None]),
    "large": pyarrow.array(["a", "b", "c"], pyarrow.large_string()),
    "category": pyarrow.array(["ok", "dispute", "ok"]).dictionary_encode(),
    "seconds": pyarrow.array([0, 1773340000, None], pyarrow.timestamp("s")),
    "micros": pyarrow.array([1, 1773340000_250000, -1], pyarrow.timestamp("us", tz="America/Sao_Paulo")),
    "day": pyarrow.array([0, 20000, None], pyarrow.date32()),
    "texts": pyarrow.array([["a", "b"], [], None], pyarrow.list_(pyarrow.string())),
    "nested": pyarrow.array([{"x": 1}, {"x": 2}, None]),
})
for compression in ["none", "snappy", "gzip", "zstd", "lz4", "brotli"]:
    pyarrow.parquet.write_table(table, folder / f"{compression}.parquet", compression=compression)
for compression in ["uncompressed", "lz4", "zstd"]:
    pyarrow.feather.write_feather(table, str(folder / f"{compression}.arrow"), compression=compression)
with pyarrow.ipc.new_stream(str(folder / "stream.arrows"), table.schema) as stream:
    for batch in table.to_batches(max_chunksize=2):
        stream.write_batch(batch)
