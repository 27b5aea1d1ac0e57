#!/usr/bin/env python3
"""Makes the table, and with Matplotlib the figure, of docs/BENCHMARKS.md out of records.

    plot.py --record DIR [--into FILE.md] [--figure FILE.svg]

Without `--into` the table is printed. FILE.md has the lines `<!-- exact search: begin -->` and `<!-- exact search: end -->`; what is
between them is replaced.
"""

import argparse
import json
import pathlib

BEGIN, END = "<!-- exact search: begin -->", "<!-- exact search: end -->"
TITLES = {"faiss-flat": "Faiss flat", "scikit-kd-tree": "scikit-learn KD", "scikit-ball-tree": "scikit-learn ball",
          "scipy-ckdtree": "SciPy cKDTree", "duckdb": "DuckDB", "sqlite-vec": "sqlite-vec"}


def records_of(folder):
    records = [json.loads(path.read_text()) for path in sorted(pathlib.Path(folder).glob("*.json"))]
    records.sort(key=lambda record: (record["set"]["kind"] != "synthetic", record["set"]["dimensions"]))
    if not records:
        raise SystemExit(f"no record in {folder}")
    refused = [record["set"]["name"] for record in records if not record["valid"]]
    if refused:
        raise SystemExit(f"not valid, so not shown: {', '.join(refused)}")
    return records


def table(records):
    engines = [name for name in TITLES if any(name in record["rivals"] for record in records)]
    head = ["set", "rows", "fraudring", *(TITLES[name] for name in engines), "best / ours", "touched / f32", "image / f32"]
    lines = [head, ["---"] * len(head)]
    lines += [[record["set"]["name"], f"{record['set']['rows']:,}", time_of(record.get("ours")),
               *(time_of(record["rivals"].get(name), name == record.get("best_rival")) for name in engines),
               f"{record['ratio']:.1f}x" if "ratio" in record else "", bytes_of(record, "touched_bytes"), bytes_of(record, "image_bytes")]
              for record in records]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n\n" + notes(records)


def time_of(engine, is_best=False):
    if not engine or "mean_us" not in engine:
        return "" if not engine else "gave up"
    text = f"{engine['mean_us']:,.0f}, {engine['p99_us']:,.0f}"
    return f"**{text}**" if is_best else text


def bytes_of(record, key):
    count = record.get("ours", {}).get(key)
    return f"{count / (record['set']['rows'] * record['set']['dimensions'] * 4):.2f}" if count else ""


def notes(records):
    machine = records[0]["machine"]
    versions = {rival["package"]: rival["version"] for record in records for rival in record["rivals"].values() if "version" in rival}
    few = sorted({f"{TITLES[name]} {rival['queries']} on {record['set']['name']}" for record in records
                  for name, rival in record["rivals"].items() if rival.get("queries", 0) and rival["queries"] < record["queries"]})
    wrong = sorted({f"{TITLES[name]} {rival['recall']:.5f} on {record['set']['name']}" for record in records
                    for name, rival in record["rivals"].items() if rival.get("recall", 1) < 1})
    text = [f"Mean and p99 in microseconds, k = {records[0]['k']}, medians of {records[0]['rounds']} rounds. {machine['cpu']}, "
            f"{machine['cores']} cores, {machine['kernel']}, Python {machine['python']}; "
            + ", ".join(f"{package} {version}" for package, version in sorted(versions.items())) + "."]
    if few:
        text.append(f"Fewer queries in the time given: {'; '.join(few)}.")
    if wrong:
        text.append(f"Recall under 1: {'; '.join(wrong)}.")
    return " ".join(text) + "\n"


def put_into(path, text):
    path = pathlib.Path(path)
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{path} lacks `{BEGIN}` and `{END}`")
    path.write_text(f"{before}{BEGIN}\n{text}{END}{after}")


def figure(records, path):
    """Mean time of each engine on each set, on a logarithmic scale; whiskers reach to p99."""
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "exact"  # the same records make the same file
    from matplotlib import pyplot
    names = ["ours", *(name for name in TITLES if any(name in record["rivals"] for record in records))]
    axes = pyplot.figure(figsize=(9, 4.5), layout="constrained").subplots()
    width = 0.8 / len(names)
    for place, name in enumerate(names):
        engines = [record.get("ours") if name == "ours" else record["rivals"].get(name) for record in records]
        bars = [(at + (place - (len(names) - 1) / 2) * width, engine["mean_us"], engine["p99_us"])
                for at, engine in enumerate(engines) if engine and "mean_us" in engine]
        if bars:
            at, mean, p99 = zip(*bars)
            axes.bar(at, mean, width, label=TITLES.get(name, "fraudring"), log=True)
            axes.vlines(at, mean, p99, colors="black", linewidth=0.7)
    axes.set_xticks(range(len(records)), [record["set"]["name"] for record in records])
    axes.set_ylabel("microseconds a query: mean, line to p99")
    axes.legend(ncols=4, fontsize="small", loc="upper left")
    axes.margins(y=0.25)
    pyplot.savefig(path, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", required=True)
    parser.add_argument("--into")
    parser.add_argument("--figure")
    options = parser.parse_args()
    records = records_of(options.record)
    if options.into:
        put_into(options.into, table(records))
    else:
        print(table(records), end="")
    if options.figure:
        figure(records, options.figure)


if __name__ == "__main__":
    main()
