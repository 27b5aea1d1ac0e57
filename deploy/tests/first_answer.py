"""How long a stack takes to its first answer."""

import subprocess
import threading
import time

import payloads
from stack import comes_true


class FirstAnswer:
    """Made before the stack starts: asks until it gets the first 200."""

    def __init__(self, stack):
        self.stack, self.came_at = stack, None
        self.thread = threading.Thread(target=self._wait)
        self.thread.start()

    def seconds(self):
        """From the loader's start."""
        self.thread.join()
        started = self.stack.container("loader")["State"]["StartedAt"]
        return self.came_at - float(subprocess.check_output(["date", "+%s.%N", "-d", started], text=True))

    def _wait(self):
        comes_true(lambda: self.stack.ask(payloads.APPROVED)[0] == 200, 120)
        self.came_at = time.time()
