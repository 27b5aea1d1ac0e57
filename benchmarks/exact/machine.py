"""What a record says of the machine, and how much others used it while something was measured."""

import os
import pathlib
import platform
import time

# NumPy's OpenBLAS is told a processor by some machines, which is not the one that it runs on
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
FORGOTTEN = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")

# more than this share on the other cores, or taken by the host, and a round counts as disturbed
OTHERS_LIMIT = 0.2
STEAL_LIMIT = 0.02
# the kernel counts in ticks of 10 ms: a few of them, in a round of some ms, say nothing
FEW_TICKS = 5


def one_thread():
    """For this process and those that it starts; libraries read it when they are loaded."""
    os.environ.update(ONE_THREAD)
    for name in FORGOTTEN:
        os.environ.pop(name, None)


def about():
    cpu = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.processor())
    return {"cpu": cpu, "cores": os.cpu_count(), "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
            "kernel": f"{platform.system()} {platform.release()}", "python": platform.python_version(),
            "load_average": round(os.getloadavg()[0], 2), "started_at": int(time.time())}


class Disturbance:
    """How busy the other cores were, and what the host took, between `__init__` and `end`, as shares of the time."""

    def __init__(self, core):
        self.core = core
        self.begin = _ticks()

    def end(self):
        busy = steal = total = every_total = 0
        for core, (core_busy, core_steal, core_total) in _ticks().items():
            before = self.begin[core]
            every_total += core_total - before[2]
            steal += core_steal - before[1]
            if core != self.core:
                busy += core_busy - before[0]
                total += core_total - before[2]
        share = {"other_cores_busy": round(busy / max(total, 1), 3), "steal": round(steal / max(every_total, 1), 3)}
        share["disturbed"] = (busy > max(OTHERS_LIMIT * total, FEW_TICKS)) or (steal > max(STEAL_LIMIT * every_total, FEW_TICKS))
        return share


def _ticks():
    """Of each core: busy, stolen and all ticks so far."""
    cores = {}
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name.startswith("cpu") and name != "cpu":
            user, nice, system, idle, iowait, irq, softirq, steal = map(int, fields[:8])
            busy = user + nice + system + irq + softirq
            cores[int(name[3:])] = busy, steal, busy + steal + idle + iowait
    return cores
