"""A process for each rival: it builds once, then answers whenever it is asked to, on one core.

It sends what it has built over a pipe; then the parent sends how many seconds a round may take, and None at the end.
"""

import gc
import os
import time

import numpy as np

import engines
import machine

TUNING_SECONDS = 2.0
TUNING_QUERIES = 50
WARM_UP_SECONDS = 1.0
SMALL_ROWS = 64
SMALL_CALLS = 500


def serve(pipe, name, rows_path, queries_path, k, core):
    machine.one_thread()
    os.sched_setaffinity(0, {core})
    queries = np.load(queries_path)
    try:
        engine, about = build_best(name, rows_path, queries, k)
        pipe.send(about)
        while (seconds := pipe.recv()) is not None:
            timed(engine, queries, k, min(WARM_UP_SECONDS, seconds))
            pipe.send(timed(engine, queries, k, seconds))
    except Exception as error:  # the parent writes it into the record and goes on without this rival
        pipe.send({"error": f"{type(error).__name__}: {error}"})


def build_best(name, rows_path, queries, k):
    """The variant that answers the first queries fastest. They are among those measured, which favours the rival."""
    kind = engines.ENGINES[name]
    overhead = call_overhead(kind, rows_path, queries, k)
    before = engines.resident_bytes()
    tried, best = [], None
    for options in kind.variants:
        engine = kind()
        rows = np.ascontiguousarray(np.load(rows_path))
        begin = time.perf_counter()
        engine.build(rows, options)
        build_seconds = time.perf_counter() - begin
        del rows
        mean = float("nan")
        if len(kind.variants) > 1:
            mean = float(np.mean(timed(engine, queries[:TUNING_QUERIES], k, TUNING_SECONDS)["nanoseconds"])) / 1e3
        tried.append({"options": options, "build_seconds": build_seconds, "mean_us": mean})
        if best is None or mean < best[1]["mean_us"]:
            best = engine, tried[-1]
        del engine
        gc.collect()
    engine, chosen = best
    return engine, {"package": kind.package, "version": engines.version_of(name), "options": chosen["options"],
                    "options_tried": tried if len(tried) > 1 else [], "build_seconds": chosen["build_seconds"],
                    "bytes": engine.size(), "resident_bytes": engines.resident_bytes() - before, "call_overhead_us": overhead}


def call_overhead(kind, rows_path, queries, k):
    """What a call costs where there is next to nothing to search: the part that is Python and the library's checks."""
    engine = kind()
    engine.build(np.ascontiguousarray(np.load(rows_path, mmap_mode="r")[:SMALL_ROWS]), kind.variants[0])
    query = queries[0]
    times = []
    for _ in range(SMALL_CALLS):
        begin = time.perf_counter_ns()
        engine.search(query, min(k, SMALL_ROWS))
        times.append(time.perf_counter_ns() - begin)
    return float(np.median(times)) / 1e3


def timed(engine, queries, k, seconds):
    """One query a call, in order, until all are answered or the time is over."""
    nanoseconds, ids = [], []
    until = time.perf_counter() + seconds
    for query in queries:
        begin = time.perf_counter_ns()
        found = engine.search(query, k)
        nanoseconds.append(time.perf_counter_ns() - begin)
        ids.append([int(row) for row in found])
        if time.perf_counter() > until:
            break
    return {"nanoseconds": nanoseconds, "ids": ids}
