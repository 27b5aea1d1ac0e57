"""What the measurements of a running system share: `fraudring up` on core 0, load and all else on core 1."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FRAUDRING = os.environ.get("FRAUDRING_PROGRAM", str(ROOT / "target/release/fraudring"))


def keep_to_core_1():
    """This process and what it starts from here on."""
    os.sched_setaffinity(0, {1})


def step_aside():
    """The calling thread runs when the generator of the load leaves it the core."""
    os.setpriority(os.PRIO_PROCESS, 0, 19)


def fraudring(*arguments):
    subprocess.run([FRAUDRING, *map(str, arguments)], check=True, capture_output=True)


@contextlib.contextmanager
def running(folder, *options):
    """`fraudring up` behind haproxy with a folder in shared memory of its own: yields its address and its environment."""
    shm = pathlib.Path(f"/dev/shm/fraudring-measure-{os.getpid()}")
    environment = dict(os.environ, TMPDIR=str(folder), FRAUDRING_SHM_DIR=str(shm))
    command = ["taskset", "-c", "0", FRAUDRING, "up", "--haproxy", "--port", "0", "--cpus", "0,0", *map(str, options)]
    up = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        greeting = ""
        for line in up.stdout:
            greeting += line
            if line.startswith("Ctrl-C"):
                break
        yield re.search(r"http://[\d.:]+", greeting).group(0), environment
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait()
        shutil.rmtree(shm, ignore_errors=True)


def sockets(folder, ending):
    """The Unix sockets of the running system with names that end so."""
    return sorted(str(path) for path in folder.glob(f"fraudring-up-*/*{ending}"))


def start_load(url, rate, seconds):
    command = [FRAUDRING, "load-test", "--plan", f"steady:{rate},{seconds}", "--target", url, "--preview", "1", "--cpu", "1",
               "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def result(load):
    """What the load test found, in short."""
    found = json.loads(load.communicate()[0])
    service = found["service_ms"]
    return {"errors": found["errors"], "dropped": found["dropped"], "valid": found["valid"], "p50_ms": service["p50"],
            "p99_ms": service["p99"], "p999_ms": service["p999"], "max_ms": service["max"]}


def add_best_of(options, default=3):
    """The option of what a figure is made of."""
    options.add_argument("--best-of", type=int, default=default, metavar="N",
                         help="a figure is the least p99 of so many runs, all kinds in turn: what else the machine does "
                              "makes runs slower, never faster (%(default)s)")


def compare(name, before, after, best_of):
    """Prints and returns the ratios of p99, figure by figure; only valid runs count."""
    ratios = sorted(b / a for a, b in zip(figures(before, best_of), figures(after, best_of)) if a and b)
    pairs = len(before) // best_of
    if len(ratios) < 4:
        print(f"{name}: only {len(ratios)} of {pairs} pairs are valid, which says nothing")
        return {"name": name, "p99_ratios": ratios}
    low, median, high = statistics.quantiles(ratios, n=4)
    print(f"{name}: p99 {median:.2f} [{low:.2f} to {high:.2f}] in {len(ratios)} valid pairs of {pairs}")
    return {"name": name, "p99_ratio": median, "quartiles": [low, high], "p99_ratios": ratios}


def figures(runs, best_of):
    """The least p99 of each so many runs; None where none of them was valid."""
    groups = [runs[first:first + best_of] for first in range(0, len(runs), best_of)]
    return [min((run["p99_ms"] for run in group if run["valid"]), default=None) for group in groups]


def write(path, figures):
    """Writes the figures with the machine that they were found on."""
    cpu = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    version = subprocess.run([FRAUDRING, "--version"], capture_output=True, text=True).stdout.strip()
    machine = {"cpu": cpu, "cores": os.cpu_count(), "kernel": os.uname().release, "program": version,
               "command": " ".join(sys.argv)}
    pathlib.Path(path).write_text(json.dumps({"machine": machine, **figures}, indent=1) + "\n")
