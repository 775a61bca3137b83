"""Given to `python -c` of an environment: prints as JSON what is in an HDF5 or Parquet file named on standard input.

An answer is the content, {"missing": package} or {"problem": text}. The first argument is `hdf5` or `parquet`.
"""
import json
import math
import os
import sys

NODES, ATTRIBUTES, ROWS, CELL = 2000, 50, 200, 500


def plain(value):
    """A value as JSON has it; what it has not is shown as text."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value[:50]]
    return str(value)[:CELL]


def hdf5(path):
    """{nodes: [{path, type, shape, dtype, chunks, compression, attributes}], cut}: groups and datasets, top down."""
    try:
        import h5py
    except ImportError:
        return {"missing": "h5py"}
    nodes = []

    def visit(name, item):
        if len(nodes) >= NODES:
            return True
        node = {"path": "/" + name, "type": "dataset" if isinstance(item, h5py.Dataset) else "group"}
        if isinstance(item, h5py.Dataset):
            node.update(shape=None if item.shape is None else list(item.shape), dtype=str(item.dtype),
                        chunks=item.chunks and list(item.chunks), compression=item.compression)
        node["attributes"] = {str(key): plain(item.attrs[key]) for key in list(item.attrs)[:ATTRIBUTES]}
        nodes.append(node)
        return None
    with h5py.File(path, "r") as file:
        visit("", file)
        file.visititems(visit)
    return {"nodes": nodes, "cut": len(nodes) >= NODES}


def parquet(path):
    """{columns, types, rows, more, count}: the first rows of the table."""
    try:
        import pyarrow.parquet
    except ImportError:
        return with_pandas(path)
    file = pyarrow.parquet.ParquetFile(path)
    names, rows = file.schema_arrow.names, []
    for batch in file.iter_batches(batch_size=ROWS):
        columns = [column.to_pylist() for column in batch.columns]
        rows = [[plain(column[at]) for column in columns] for at in range(batch.num_rows)]
        break
    count = file.metadata.num_rows
    return {"columns": names, "types": [str(kind) for kind in file.schema_arrow.types], "rows": rows,
            "more": count > len(rows), "count": count}


def with_pandas(path):
    """The same where only pandas with another engine is there."""
    try:
        import pandas
        frame = pandas.read_parquet(path)
    except ImportError:
        return {"missing": "pyarrow"}
    rows = [[plain(value) for value in row] for row in frame.head(ROWS).itertuples(index=False)]
    return {"columns": [str(name) for name in frame.columns], "types": [str(kind) for kind in frame.dtypes], "rows": rows,
            "more": len(frame) > len(rows), "count": len(frame)}


def main():
    """Prints the answer."""
    path = os.fsdecode(sys.stdin.buffer.read())
    try:
        answer = {"hdf5": hdf5, "parquet": parquet}[sys.argv[1]](path)
    except Exception as fault:
        answer = {"problem": "%s: %s" % (type(fault).__name__, fault)}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
