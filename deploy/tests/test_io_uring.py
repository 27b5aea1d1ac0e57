"""io_uring where Docker allows it, epoll where it does not, under each of the profiles."""

import json
import pathlib
import tempfile
import unittest

import payloads
from stack import Stack
from stand_ins import ROOT

PROFILES = ROOT / "deploy/seccomp"
CALLS = {"io_uring_enter", "io_uring_register", "io_uring_setup"}


def allowed_without_conditions(profile):
    rows = json.loads((PROFILES / profile).read_text())["syscalls"]
    return {name for row in rows for name in row["names"] if row["action"] == "SCMP_ACT_ALLOW" and not row.get("args")}


class Profiles(unittest.TestCase):
    def test_profile_adds_exactly_the_three_calls(self):
        with_ring, without = (json.loads((PROFILES / name).read_text()) for name in ("io_uring.json", "refused.json"))
        added = allowed_without_conditions("io_uring.json") - allowed_without_conditions("refused.json")
        self.assertEqual(added, CALLS)
        self.assertEqual(with_ring["syscalls"].pop(), {"names": sorted(CALLS), "action": "SCMP_ACT_ALLOW"})
        self.assertEqual(with_ring, without)

    def test_io_uring_is_used_with_the_profile_that_allows_it(self):
        with Stack(ROOT / "deploy/docker-compose.io_uring.yml") as stack:
            self.answers(stack, driver="io_uring", reader="(io_uring)")

    def test_epoll_and_plain_reads_serve_where_io_uring_is_refused(self):
        profile = [f"seccomp:{PROFILES}/refused.json"]
        services = {name: {"security_opt": profile} for name in ("loader", "api1", "api2", "haproxy")}
        with tempfile.TemporaryDirectory() as folder:
            override = pathlib.Path(folder) / "override.json"
            override.write_text(json.dumps({"services": services}))
            with Stack(override) as stack:
                self.answers(stack, driver="epoll", reader="(plain)")
                self.assertIn("io_uring is refused here", stack.logs("loader"))

    def answers(self, stack, driver, reader):
        stack.up()
        for body, answer in payloads.EXAMPLES * 50:
            self.assertEqual(stack.ask(body), (200, answer))
        for server in ("api1", "api2"):
            self.assertIn(f'driver="{driver}"', stack.logs(server))
        self.assertIn(reader, stack.logs("loader"))


if __name__ == "__main__":
    unittest.main()
