"""One running stack of docker-compose.yml: its own project, port and folder in shared memory."""

import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

from stand_ins import ROOT

IMAGE = os.environ.get("FRAUDRING_IMAGE", "fraudring:0.1.0")
FRAUDRING = os.environ.get("FRAUDRING_PROGRAM", str(ROOT / "target/release/fraudring"))
MIB = 1 << 20


def compose_command():
    """`docker compose` where there is one, else the older `docker-compose`."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ["docker", "compose"]
    return ["docker-compose"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def comes_true(condition, seconds):
    """Waits for a condition; false when it does not come in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Stack:
    """Made by `with`; leaves no container, volume, network or segment behind."""

    count = 0

    def __init__(self, *overrides, folder=ROOT):
        """`folder` holds the compose file."""
        Stack.count += 1
        self.folder = folder
        self.project = f"fraudring-test-{os.getpid()}-{Stack.count}"
        self.shm = pathlib.Path("/dev/shm") / self.project
        self.port = free_port()
        files = [folder / "docker-compose.yml", *overrides]
        options = [word for file in files for word in ("-f", str(file))]
        self.command = [*compose_command(), "-p", self.project, *options]
        self.environment = dict(
            os.environ, FRAUDRING_PORT=f"127.0.0.1:{self.port}", FRAUDRING_SHM_DIR=str(self.shm), FRAUDRING_IMAGE=IMAGE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "15")
        shutil.rmtree(self.shm, ignore_errors=True)

    def compose(self, *arguments):
        """Runs one command of compose; the output holds both streams."""
        return subprocess.run([*self.command, *arguments], cwd=self.folder, env=self.environment, text=True, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def up(self):
        result = self.compose("up", "-d", "--no-build")
        if result.returncode != 0:
            raise AssertionError(f"the stack did not start: {result.stdout}\n{self.compose('logs').stdout}")
        if not comes_true(self.is_ready, 60):
            raise AssertionError(f"the stack is not ready: {self.compose('logs').stdout}")

    def container(self, service):
        """What Docker tells about a service's container; None if there is none."""
        found = subprocess.check_output(
            ["docker", "ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.project}",
             "--filter", f"label=com.docker.compose.service={service}",
             "--filter", "label=com.docker.compose.oneoff=False"], text=True).split()
        if not found:
            return None
        return json.loads(subprocess.check_output(["docker", "inspect", found[0]]))[0]

    def pid(self, service):
        return self.container(service)["State"]["Pid"]

    def logs(self, service):
        return self.compose("logs", "--no-color", service).stdout

    def ask(self, body=None, path="/fraud-score"):
        """Status and body of one request on a connection of its own; 0 if there was no answer."""
        return ask_port(self.port, body, path)

    def is_ready(self):
        return self.ask(path="/ready")[0] == 200

    def both_serve(self):
        """Whether the balancer sees both servers up."""
        status = self.exporter()
        return all(f'haproxy_server_status{{proxy="servers",server="{name}",state="UP"}} 1' in status
                   for name in ("api1", "api2"))

    def exporter(self):
        """The balancer's figures, read from inside of its network."""
        script = r"exec 3<>/dev/tcp/127.0.0.1/8404; printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3; cat <&3"
        haproxy = self.container("haproxy")
        result = subprocess.run(["docker", "exec", haproxy["Id"], "bash", "-c", script], text=True, capture_output=True)
        return result.stdout

    def segments(self):
        """Device and inode of the index file that each server maps."""
        return [mapped_segments(self.pid(service)) for service in ("api1", "api2")]


def ask_port(port, body=None, path="/fraud-score"):
    """As `ask`, on a connection of its own."""
    return ask(http.client.HTTPConnection("127.0.0.1", port, timeout=5), body, path)


def ask(connection, body=None, path="/fraud-score"):
    """Status and body of one request; 0 if there was no answer. Closes the connection."""
    try:
        connection.request("GET" if body is None else "POST", path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def mapped_segments(pid):
    lines = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
    return {tuple(line.split()[3:5]) for line in lines if line.endswith("/current.index")}


class Group:
    """The control group of a container, version 1 or 2."""

    def __init__(self, container_id):
        self.id = container_id

    def _file(self, controller, version_1, version_2):
        folders = [
            (pathlib.Path("/sys/fs/cgroup") / controller / "docker" / self.id, version_1),
            (pathlib.Path("/sys/fs/cgroup/system.slice") / f"docker-{self.id}.scope", version_2),
            (pathlib.Path("/sys/fs/cgroup/docker") / self.id, version_2),
        ]
        for folder, name in folders:
            if (folder / name).exists():
                return (folder / name).read_text()
        raise FileNotFoundError(f"no control group of container {self.id} holds {version_1} or {version_2}")

    def memory(self):
        """Bytes charged now."""
        return int(self._file("memory", "memory.usage_in_bytes", "memory.current"))

    def memory_peak(self):
        return int(self._file("memory", "memory.max_usage_in_bytes", "memory.peak"))

    def shared_memory(self):
        """Bytes of shared memory that are charged here."""
        return self._row("memory", "memory.stat", "memory.stat", "shmem")

    def throttled_periods(self):
        return self._row("cpu", "cpu.stat", "cpu.stat", "nr_throttled")

    def periods(self):
        """Those in which the group wanted the CPU."""
        return self._row("cpu", "cpu.stat", "cpu.stat", "nr_periods")

    def _row(self, controller, version_1, version_2, name):
        rows = dict(line.split() for line in self._file(controller, version_1, version_2).splitlines())
        return int(rows[name])
