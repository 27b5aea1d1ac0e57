"""Brute force over the original values: what every answer is compared with.

A distance is the float64 sum over the dimensions in their order of the squared difference of the float32 values, each operation
rounded once (NumPy fuses none). Of equal distances the lower row is nearer.
"""

import multiprocessing

import numpy as np

import store

BLOCK_ROWS = 4_096
BLOCK_QUERIES = 8


def nearest(rows, queries, k, processes=1):
    """The `k` nearest rows of each query: row numbers (queries x k, int64) and squared distances (float64), nearest first."""
    k = min(k, len(rows))
    groups = np.array_split(np.asarray(queries), max(1, min(processes * 4, len(queries) // BLOCK_QUERIES)))
    if processes == 1:
        parts = [_nearest_of_group(rows, group, k) for group in groups]
    else:
        # forked processes share the rows; an argument of each task would be copied
        with multiprocessing.get_context("fork").Pool(processes, _share, (rows, k)) as pool:
            parts = pool.map(_nearest_of_shared, groups, chunksize=1)
    return np.concatenate([ids for ids, _ in parts]), np.concatenate([distances for _, distances in parts])


_shared = None


def _share(*rows_and_k):
    global _shared
    _shared = rows_and_k


def _nearest_of_shared(queries):
    rows, k = _shared
    return _nearest_of_group(rows, queries, k)


def _nearest_of_group(rows, queries, k):
    best = [(np.empty(0, np.int64), np.empty(0)) for _ in queries]
    bounds = np.full(len(queries), np.inf)
    for begin in range(0, len(rows), BLOCK_ROWS):
        columns = np.ascontiguousarray(rows[begin:begin + BLOCK_ROWS].T, dtype=np.float64)
        for first in range(0, len(queries), BLOCK_QUERIES):
            block = distances_to(columns, queries[first:first + BLOCK_QUERIES])
            for offset, distances in enumerate(block):
                query = first + offset
                # rows come in order, so a later one at the bound itself is not among the nearest
                near = np.flatnonzero(distances < bounds[query])
                if len(near):
                    best[query] = keep(best[query], near + begin, distances[near], k)
                    if len(best[query][0]) == k:
                        bounds[query] = best[query][1][-1]
    return np.stack([ids for ids, _ in best]), np.stack([distances for _, distances in best])


def distances_to(columns, queries):
    """Squared distances, queries x rows, of float64 columns (dimensions x rows)."""
    sums = np.zeros((len(queries), columns.shape[1]))
    for column, values in zip(columns, np.asarray(queries, dtype=np.float64).T):
        difference = column[None, :] - values[:, None]
        difference *= difference
        sums += difference
    return sums


def keep(best, ids, distances, k):
    ids, distances = np.concatenate([best[0], ids]), np.concatenate([best[1], distances])
    # stable, and rows are in order: equal distances keep the lower row in front
    order = np.argsort(distances, kind="stable")[:k]
    return ids[order], distances[order]


def distances_of(rows, queries, ids):
    """The squared distances of given rows, queries x k: infinite where an id is not a row."""
    ids = np.asarray(ids)
    inside = (ids >= 0) & (ids < len(rows))
    found = rows[np.where(inside, ids, 0)]
    sums = np.zeros(ids.shape)
    for dimension in range(rows.shape[1]):
        difference = found[:, :, dimension].astype(np.float64) - queries[:, None, dimension].astype(np.float64)
        sums += difference * difference
    return np.where(inside, sums, np.inf)


def recall(rows, queries, ids, true_distances):
    """The share of the returned rows, each counted once, that are no farther than the true k-th."""
    kth = true_distances[:, -1]
    hits = 0
    for query, (row, distances) in enumerate(zip(ids, distances_of(rows, queries, ids))):
        distinct = np.unique(row, return_index=True)[1]
        hits += int(np.count_nonzero(distances[distinct] <= kth[query]))
    return hits / true_distances[:len(ids)].size


def truth(data, kind, k, processes=1):
    """`nearest` of a set's queries, computed once and kept beside them as long as rows and queries are the same."""
    path = data.folder / f"truth-{kind}-{k}.npz"
    key = f"{data.about['rows_sha256']} {store.sha256(data.queries_path(kind))}"
    if path.exists():
        with np.load(path) as kept:
            if str(kept["key"]) == key:
                return kept["ids"], kept["distances"]
    ids, distances = nearest(data.rows(), data.queries(kind), k, processes)
    np.savez(path, key=key, ids=ids, distances=distances)
    return ids, distances


def leave_one_out(rows, labels, ks, label_count, processes=1):
    """For each k: the confusion matrix (true label x answer) when each row is answered by the k nearest of the others.

    The answer is the label with the most of the k neighbours; of equal ones that with the lower number.
    """
    ids, _ = nearest(rows, rows, max(ks) + 1, processes)
    # a row is its own neighbour at distance 0, but not always the first: equal rows before it are at 0 as well
    own = np.arange(len(rows))[:, None]
    matrices = {k: np.zeros((label_count, label_count), dtype=np.int64) for k in ks}
    for row, found in enumerate(ids):
        others = found[found != own[row]][:max(ks)]
        for k in ks:
            votes = np.bincount(labels[others[:k]], minlength=label_count)
            matrices[k][labels[row], votes.argmax()] += 1
    return matrices
