#!/usr/bin/env python3
"""Compares every answer of ours with brute force, over all sets and kinds of query, and checks that what must be refused is.

    check.py --sets DIR --ours-build COMMAND --ours COMMAND [NAME…]

Ends with 1 if one differs.
"""

import argparse
import pathlib

import machine

machine.one_thread()

import oracle  # noqa: E402: NumPy reads the number of threads when it is loaded
import ours  # noqa: E402
import store  # noqa: E402


def check(data, options):
    """How many answers were compared, and how many of them were wrong."""
    index = pathlib.Path(options.indexes or data.folder) / f"{data.name}.index"
    if data.about["refused"]:
        return check_refused(data, ours.Ours(options.ours_build, options.ours, data, index, options.k[0], options.core))
    most = min(max(options.k), data.about["rows"])
    truths = {kind: oracle.truth(data, kind, most, options.processes)[0] for kind in data.query_kinds()}
    compared = wrong = 0
    for k in options.k:
        own = ours.Ours(options.ours_build, options.ours, data, index, min(k, most), options.core)
        say_built(data, own.build())
        for kind, true_ids in truths.items():
            answer = own.answer(data.queries_path(kind), len(true_ids))
            count, first = ours.differences(answer["ids"], true_ids[:, :k])
            compared, wrong = compared + len(true_ids), wrong + count
            print(f"{data.name}, k {k}, {kind}: {len(true_ids)} answers, {count} wrong", flush=True)
            for case in first:
                print(f"  query {case['query']}: {case['found']}, expected {case['expected']}", flush=True)
    return compared, wrong


def say_built(data, about):
    """Time, and memory and bytes, also as multiples of the float32 rows."""
    if "build_seconds" in about:
        rows = data.about["rows"] * data.about["dimensions"] * 4
        peak, image = ([count / 1e6, count / rows] for count in (about["build_peak_bytes"], about.get("image_bytes", 0)))
        print(f"{data.name}: built in {about['build_seconds']:.2f} s, peak memory {peak[0]:.1f} MB ({peak[1]:.2f}x the rows), "
              f"index {image[0]:.1f} MB ({image[1]:.2f}x)", flush=True)


def check_refused(data, own):
    try:
        own.build()
    except ours.ContractBroken as refusal:
        print(f"{data.name}: refused: {refusal}", flush=True)
        return 1, 0
    print(f"{data.name}: built, though it must be refused", flush=True)
    return 1, 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="sets; by default all that are there")
    parser.add_argument("--sets", required=True)
    parser.add_argument("--ours", required=True)
    parser.add_argument("--ours-build")
    parser.add_argument("--indexes")
    parser.add_argument("-k", type=lambda text: [int(k) for k in text.split(",")], default=[10], help="one or more, such as 1,10,64")
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    results = [check(data, options) for data in store.sets_in(options.sets, options.names or None)]
    compared, wrong = (sum(column) for column in zip(*results))
    print(f"{compared} answers of {len(results)} sets, {wrong} wrong")
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
