#!/usr/bin/env python3
"""The smallest command that keeps the contract of README.md, by brute force: it tries the harness, not itself.

    brute_force.py ROWS.npy QUERIES.npy K
"""

import json
import sys
import time

import numpy as np

import oracle


def main():
    rows, queries, k = np.load(sys.argv[1]), np.load(sys.argv[2]), int(sys.argv[3])
    nanoseconds, ids = [], []
    for query in queries:
        begin = time.perf_counter_ns()
        found, _ = oracle.nearest(rows, query[None, :], k)
        nanoseconds.append(time.perf_counter_ns() - begin)
        ids.append(found[0].tolist())
    print(json.dumps({"queries": len(queries), "k": k, "nanoseconds": nanoseconds, "ids": ids, "engine": "brute force"}))


if __name__ == "__main__":
    main()
