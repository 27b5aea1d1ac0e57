"""The engine that is measured against the others: a command that builds an index, and one that answers queries from it.

README.md has the contract of both.
"""

import contextlib
import json
import os
import shlex
import subprocess
import tempfile
import time

WATCH_SECONDS = 0.002


class ContractBroken(Exception):
    """The command failed, or what it printed is not what the contract says."""


class Ours:
    def __init__(self, build, query, data, index_path, k, core):
        self.build_command, self.query_command, self.core, self.k = build, query, core, k
        self.places = {"rows": data.rows_path, "folder": data.folder, "name": data.name, "index": index_path,
                       "dimensions": data.about["dimensions"], "k": k}
        self.index_path = index_path

    def build(self):
        """Builds the index if there is a command for it; seconds, peak memory and bytes of the file."""
        about = {"query_command": self.query_command, "build_command": self.build_command}
        if self.build_command:
            begin = time.perf_counter()
            _, about["build_peak_bytes"] = self._run(self.build_command, {}, is_watched=True)
            about["build_seconds"] = time.perf_counter() - begin
        if os.path.exists(self.index_path):
            about["image_bytes"] = os.path.getsize(self.index_path)
        return about

    def answer(self, queries_path, count):
        """What the query command says of these `count` queries."""
        return parse(self.print_answer(queries_path), count, self.k)

    def print_answer(self, queries_path):
        return self._run(self.query_command, {"queries": queries_path})[0]

    def _run(self, template, more, is_watched=False):
        """What the command printed, and if it is watched the most memory it had."""
        places = {name: str(value) for name, value in {**self.places, **more}.items()}
        words = [word.format(**places) for word in shlex.split(template)]
        with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as said:
            child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=printed, stderr=said,
                                     preexec_fn=lambda: os.sched_setaffinity(0, {self.core}))
            peak = 0
            while is_watched and child.poll() is None:
                peak = max(peak, peak_bytes(child.pid))
                time.sleep(WATCH_SECONDS)
            child.wait()
            printed.seek(0)
            said.seek(0)
            if child.returncode != 0:
                last = said.read().decode(errors="replace").strip().splitlines()[-5:]
                raise ContractBroken(f"`{shlex.join(words)}` ended with {child.returncode}: {' / '.join(last)}")
            return printed.read(), peak


def peak_bytes(process):
    """Of the program that runs in a process. (The resource usage that `wait` reports begins with what Python had before.)"""
    with contextlib.suppress(OSError), open(f"/proc/{process}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def parse(printed, count, k):
    """What a query command printed, checked for its shape."""
    try:
        answer = json.loads(printed)
    except json.JSONDecodeError as error:
        raise ContractBroken(f"the answer is not JSON: {error}") from None
    if not isinstance(answer, dict):
        raise ContractBroken("the answer is not an object")
    for key, expected in (("queries", count), ("k", k)):
        if answer.get(key) != expected:
            raise ContractBroken(f"`{key}` is {answer.get(key)!r}, expected {expected}")
    for key in ("nanoseconds", "ids"):
        if not isinstance(answer.get(key), list) or len(answer[key]) != count:
            raise ContractBroken(f"`{key}` is not a list of {count}")
    if any(not isinstance(time, (int, float)) or time < 0 for time in answer["nanoseconds"]):
        raise ContractBroken("`nanoseconds` has something that is no time")
    return answer


def differences(ids, true_ids, most=5):
    """Queries whose ids are not exactly the true ones in their order: how many, and the first of them."""
    wrong = [query for query, (found, true) in enumerate(zip(ids, true_ids)) if list(found) != list(true)]
    first = [{"query": query, "found": list(ids[query]), "expected": [int(row) for row in true_ids[query]]} for query in wrong[:most]]
    return len(wrong), first
