"""Loaders that cannot load: no server starts, and a message says why."""

import json
import pathlib
import tempfile
import unittest

import payloads
from stack import Stack, comes_true


class FailingLoader(unittest.TestCase):
    def setUp(self):
        self.scratch = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def fails(self, loader, exit_code, message, prepare=lambda stack: None):
        """Starts a stack whose loader differs from the compose file's."""
        override = self.scratch / "override.json"
        override.write_text(json.dumps({"services": {"loader": loader}}))
        with Stack(override) as stack:
            prepare(stack)
            result = stack.compose("up", "-d", "--no-build")
            self.assertNotEqual(result.returncode, 0)
            self.assertEqual(stack.container("loader")["State"]["ExitCode"], exit_code, stack.logs("loader"))
            self.assertEqual(stack.container("loader")["RestartCount"], 0)
            self.assertIn(message, stack.logs("loader"))
            for server in ("api1", "api2"):
                container = stack.container(server)
                self.assertTrue(container is None or container["State"]["Status"] == "created", server)
            self.assertTrue(comes_true(lambda: stack.ask(payloads.APPROVED)[0] == 503, 60))
            self.assertFalse((stack.shm / "current.index").exists())
            self.assertEqual([path.name for path in stack.shm.glob(".loading-*")], [])

    def test_damaged_index_is_refused(self):
        damaged = self.scratch / "damaged.index"
        damaged.write_bytes(b"frdring\n" + bytes(5000))
        self.fails({"command": ["shm-loader", "load", "/damaged.index"], "volumes": [f"{damaged}:/damaged.index:ro"]},
                   exit_code=3, message="is not a sound index")

    def test_missing_index_is_named(self):
        self.fails({"command": ["shm-loader", "load", "/missing.index"]}, exit_code=3, message="/missing.index")

    def test_too_little_memory_is_said_before_the_kernel_kills(self):
        self.fails({"deploy": {"resources": {"limits": {"memory": "64M"}}}},
                   exit_code=4, message="the memory limit of this container")

    def test_folder_of_somebody_else_is_refused(self):
        def give_away(stack):
            stack.shm.mkdir(mode=0o777)
            stack.shm.chmod(0o777)
        self.fails({}, exit_code=6, message="can be written by others", prepare=give_away)


if __name__ == "__main__":
    unittest.main()
