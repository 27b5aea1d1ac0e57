#!/usr/bin/env python3
"""Measures exact engines on the same sets: one core, one thread, one query a call, in interleaved rounds.

    rivals.py --sets DIR --record DIR [--ours-build COMMAND --ours COMMAND] [NAME…]

README.md says how each figure is made, and the contract of the two commands. Ends with 1 if an answer of ours is not that of brute
force.
"""

import argparse
import json
import multiprocessing
import pathlib
import statistics

import machine

machine.one_thread()

import numpy as np  # noqa: E402: libraries read the number of threads when they are loaded

import engines  # noqa: E402
import oracle  # noqa: E402
import ours  # noqa: E402
import sets  # noqa: E402
import store  # noqa: E402
import worker  # noqa: E402

# a rival this many times slower than the best one in the first round is not measured again
HOPELESS = 5.0
WARM_UP_REPLY_SECONDS = 120.0


class Rival:
    """One engine in a process of its own, so that its memory and its libraries' threads are its own."""

    def __init__(self, name, data, kind, k, core):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=worker.serve, daemon=True,
                                       args=(theirs, name, data.rows_path, data.queries_path(kind), k, core))
        self.process.start()
        theirs.close()
        self.about, self.rounds, self.ids, self.gave_up = {}, [], [], None

    def build(self, seconds):
        self.about = self._receive(seconds, "building")

    def run(self, seconds, disturbance):
        self.pipe.send(seconds)
        answer = self._receive(seconds + WARM_UP_REPLY_SECONDS, "answering")
        if answer:
            self.ids = answer["ids"]
            self.rounds.append(round_of(answer["nanoseconds"], disturbance.end()))

    def _receive(self, seconds, doing):
        try:
            if self.pipe.poll(seconds):
                answer = self.pipe.recv()
                if "error" not in answer:
                    return answer
                self.gave_up = answer["error"]
            else:
                self.gave_up = f"over {seconds:.0f} s of {doing}"
        except EOFError:
            self.gave_up = f"its process ended while {doing}"
        self.process.kill()
        return {}

    def end(self):
        if not self.gave_up:
            self.pipe.send(None)
            self.process.join(10)
        self.process.kill()
        self.process.join()


def round_of(nanoseconds, disturbance):
    micros = np.asarray(nanoseconds, dtype=np.float64) / 1e3
    return {"queries": len(micros), "mean_us": float(micros.mean()), "p50_us": float(np.percentile(micros, 50)),
            "p99_us": float(np.percentile(micros, 99)), **disturbance, "_micros": micros}


def medians(rounds):
    middle = {key: statistics.median(each[key] for each in rounds) for key in ("mean_us", "p50_us", "p99_us")}
    return {**middle, "queries": min(each["queries"] for each in rounds)}


class Measurement:
    """One set: everything built, rounds in turn, and what is left of it as a record."""

    def __init__(self, data, options):
        self.data, self.options, self.k = data, options, min(options.k, data.about["rows"])
        self.kind, self.core = options.kind, options.core
        self.queries = data.queries(self.kind)
        self.true_ids, self.true_distances = oracle.truth(data, self.kind, self.k, options.processes)
        self.machine = machine.about()
        self.rivals, self.own_rounds, self.own, self.wrong = {}, [], None, []

    def build(self):
        for name in self.options.engines:
            rival = Rival(name, self.data, self.kind, self.k, self.core)
            rival.build(self.options.build_limit)
            self.rivals[name] = rival
            self.say(f"{name}: " + (rival.gave_up or f"built in {rival.about['build_seconds']:.2f} s {rival.about['options'] or ''}"))
        if self.options.ours:
            index = pathlib.Path(self.options.indexes or self.data.folder) / f"{self.data.name}.index"
            self.own = ours.Ours(self.options.ours_build, self.options.ours, self.data, index, self.k, self.core)
            self.own_about = self.own.build()

    def measure(self):
        for number in range(self.options.rounds):
            names = [name for name in self.rivals if self.is_still_measured(name)]
            # each round begins with another one, so that none is always first
            turn = number % max(1, len(names))
            if self.own:
                self.measure_ours(number)
            for name in names[turn:] + names[:turn]:
                rival = self.rivals[name]
                rival.run(self.options.limit, machine.Disturbance(self.core))
                self.say_round(number, name, rival.rounds, rival.gave_up)

    def is_still_measured(self, name):
        rival = self.rivals[name]
        if rival.gave_up or not rival.rounds:
            return not rival.gave_up
        best = min(other.rounds[0]["mean_us"] for other in self.rivals.values() if other.rounds)
        return rival.rounds[0]["mean_us"] <= HOPELESS * best

    def measure_ours(self, number):
        disturbance = machine.Disturbance(self.core)
        printed = self.own.print_answer(self.data.queries_path(self.kind))
        share = disturbance.end()  # before the answer is read, which keeps another core busy
        answer = ours.parse(printed, len(self.queries), self.k)
        self.own_rounds.append(round_of(answer["nanoseconds"], share))
        count, first = ours.differences(answer["ids"], self.true_ids)
        self.wrong.append(count)
        if count:
            self.own_about["first_wrong"] = first
        self.own_about.update({key: answer[key] for key in ("engine", "version", "touched_bytes", "image_bytes") if key in answer})
        self.say_round(number, "ours", self.own_rounds, f"{count} wrong answers" if count else None)

    def say_round(self, number, name, rounds, trouble):
        if trouble:
            self.say(f"round {number + 1}, {name}: {trouble}")
        if rounds and not (trouble and name != "ours"):
            last = rounds[-1]
            self.say(f"round {number + 1}, {name}: mean {last['mean_us']:.1f} us, p99 {last['p99_us']:.1f} us, "
                     f"{last['queries']} queries{', DISTURBED' if last['disturbed'] else ''}")

    def say(self, text):
        print(f"{self.data.name}: {text}", flush=True)

    def record(self):
        measured = {name: rival for name, rival in self.rivals.items() if rival.rounds}
        record = {"machine": self.machine, "core": self.core, "set": self.data.about, "kind": self.kind,
                  "queries": len(self.queries), "k": self.k,
                  "rounds": self.options.rounds, "seconds_a_round": self.options.limit,
                  "numpy": np.__version__, "rivals": {name: self.rival_record(rival) for name, rival in self.rivals.items()}}
        if measured:
            record["best_rival"] = min(measured, key=lambda name: medians(measured[name].rounds)["mean_us"])
        if self.own_rounds:
            record["ours"] = {**self.own_about, **medians(self.own_rounds), "wrong_answers": max(self.wrong),
                              "rounds": clean(self.own_rounds)}
            if measured:
                record["ratios"] = self.ratios(measured[record["best_rival"]])
                record["ratio"] = statistics.median(record["ratios"])
        every = self.own_rounds + [each for rival in measured.values() for each in rival.rounds]
        record["disturbed_rounds"] = sum(each["disturbed"] for each in every)
        record["valid"] = record["disturbed_rounds"] == 0 and not any(self.wrong)
        return record

    def rival_record(self, rival):
        if not rival.rounds:
            return {**rival.about, "gave_up": rival.gave_up}
        share = oracle.recall(self.data.rows(), self.queries[:len(rival.ids)], rival.ids, self.true_distances)
        return {**rival.about, **medians(rival.rounds), "recall": share, "gave_up": rival.gave_up, "rounds": clean(rival.rounds)}

    def ratios(self, best):
        """Round by round, over the queries that the rival had the time for."""
        return [float(theirs["_micros"].mean() / own["_micros"][:theirs["queries"]].mean())
                for theirs, own in zip(best.rounds, self.own_rounds)]

    def end(self):
        for rival in self.rivals.values():
            rival.end()


def clean(rounds):
    return [{key: value for key, value in each.items() if not key.startswith("_")} for each in rounds]


def run(data, options):
    measurement = Measurement(data, options)
    try:
        measurement.build()
        measurement.measure()
        record = measurement.record()
    finally:
        measurement.end()
    path = pathlib.Path(options.record) / f"{data.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")
    measurement.say(f"best rival {record.get('best_rival')}, ratio {record.get('ratio', float('nan')):.1f}, "
                    f"{'valid' if record['valid'] else 'NOT VALID'}: {path}")
    return not any(measurement.wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=sets.MEASURED, help="sets; by default the five that are measured")
    parser.add_argument("--sets", required=True, help="folder that sets.py and real.py wrote to")
    parser.add_argument("--record", required=True, help="folder that gets NAME.json of each set")
    parser.add_argument("--engines", type=lambda text: text.split(","), default=list(engines.ENGINES), help=",".join(engines.ENGINES))
    parser.add_argument("--ours", help="command that answers queries, with {index}, {queries} and {k}")
    parser.add_argument("--ours-build", help="command that builds {index} from {rows} or {folder}")
    parser.add_argument("--indexes", help="folder of the indexes; by default each in its set's folder")
    parser.add_argument("--kind", default="held", help="which queries: held, uniform or beside")
    parser.add_argument("-k", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds of a rival in a round")
    parser.add_argument("--build-limit", type=float, default=900.0, help="seconds of a rival's building, its variants included")
    parser.add_argument("--core", type=int, default=1, help="the core on which everything is measured")
    parser.add_argument("--processes", type=int, default=1, help="for brute force, which is not measured")
    options = parser.parse_args()
    unknown = [name for name in options.engines if name not in engines.ENGINES]
    if unknown:
        parser.error(f"no engine {', '.join(unknown)}; there are {', '.join(engines.ENGINES)}")
    right = [run(data, options) for data in store.sets_in(options.sets, options.names)]
    if not all(right):
        raise SystemExit("an answer differs from brute force: see `first_wrong` in the record")


if __name__ == "__main__":
    main()
