"""How long a stack takes to its first answer, and where the time goes."""

import contextlib
import datetime
import json
import pathlib
import re
import tempfile
import threading
import time

import payloads
from stack import Stack, comes_true


class FirstAnswer:
    """Made before the stack starts: asks until it gets the first 200."""

    def __init__(self, stack):
        self.stack, self.came_at = stack, None
        self.thread = threading.Thread(target=self._wait)
        self.thread.start()

    def seconds(self):
        """From the loader's start."""
        return self.moment() - at(self.stack, "loader", "StartedAt")

    def moment(self):
        self.thread.join()
        return self.came_at

    def _wait(self):
        comes_true(lambda: self.stack.ask(payloads.APPROVED)[0] == 200, 120)
        self.came_at = time.time()


def at(stack, service, event):
    """When Docker saw a container start (`StartedAt`) or end (`FinishedAt`), in seconds since 1970."""
    return seconds_of(stack.container(service)["State"][event])


def logged_at(stack, service, text):
    """When a server logged the line with `text`."""
    return seconds_of(re.search(rf"(\S+Z)  INFO {text}", stack.logs(service)).group(1))


def seconds_of(moment):
    # nanoseconds are more than `datetime` takes
    whole, fraction = re.fullmatch(r"(.*?)(\.\d+)?Z", moment).groups()
    return datetime.datetime.fromisoformat(whole + "+00:00").timestamp() + float(fraction or 0)


@contextlib.contextmanager
def overridden(services):
    """An override file for `Stack`."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "override.json"
        file.write_text(json.dumps({"services": services}))
        yield file


def empty_start():
    """The same containers in the same order, but loader and servers have nothing to do: what Docker and compose take.
    Seconds from the loader's start to that of the last container."""
    idle = {"loader": {"command": ["shm-loader", "--version"]}}
    idle |= {server: {"command": ["server", "--version"], "restart": "no"} for server in ("api1", "api2")}
    with overridden(idle) as file, Stack(file) as stack:
        result = stack.compose("up", "-d", "--no-build")
        if result.returncode != 0:
            raise AssertionError(f"the empty stack did not start: {result.stdout}")
        others = max(at(stack, service, "StartedAt") for service in ("api1", "api2", "haproxy"))
        return others - at(stack, "loader", "StartedAt")
