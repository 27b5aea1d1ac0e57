"""The contest's rate through the limited stack."""

import contextlib
import json
import os
import subprocess
import unittest

from stack import FRAUDRING, MIB, Group, Stack, ask_port, comes_true, free_port

SERVICES = ("api1", "api2", "haproxy")
PLAN = os.environ.get("FRAUDRING_LOAD_PLAN", "steady:900,20")
# The same rate at a server that answers without looking: what this machine, client included, takes by itself.
BARE_PLAN = "steady:900,5"


def can_send():
    return subprocess.run([FRAUDRING, "load-test", "--help"], capture_output=True).returncode == 0


class Load(unittest.TestCase):
    @unittest.skipUnless(can_send(), f"{FRAUDRING} has no `load-test`: cargo build --release")
    def test_contests_rate_is_answered_right_within_the_limits(self):
        with Stack() as stack:
            stack.up()
            self.assertTrue(comes_true(stack.both_serve, 60))
            groups = {service: Group(stack.container(service)["Id"]) for service in SERVICES}
            before = {service: (group.throttled_periods(), group.periods()) for service, group in groups.items()}
            result = send(PLAN, stack.port)
            throttled = {service: (group.throttled_periods() - before[service][0], group.periods() - before[service][1])
                         for service, group in groups.items()}
            peaks = {service: group.memory_peak() for service, group in groups.items()}
            limits = {service: stack.container(service)["HostConfig"]["Memory"] for service in SERVICES}
        with bare_server() as port:
            bare = send(BARE_PLAN, port)
        self.tell(result, bare, throttled, peaks)
        self.assertEqual(result["answered"], result["planned"] - result["dropped"])
        for fault in ("errors", "false_positives", "false_negatives", "wrong_scores"):
            self.assertEqual(result[fault], 0, fault)
        for service, peak in peaks.items():
            self.assertLess(peak, limits[service] if service == "haproxy" else 20 * MIB, service)
        # with other work on the cores, the time is that of the other work
        if result["valid"] and bare["valid"] and result["machine"]["load_average"] < 1:
            self.assertLess(result["service_ms"]["p99"], 10 * bare["service_ms"]["p99"])
            for server in ("api1", "api2"):
                held, all_periods = throttled[server]
                self.assertLessEqual(held, all_periods / 10, server)

    def tell(self, result, bare, throttled, peaks):
        valid = "valid" if result["valid"] else f"not valid: {result['invalid_because']}"
        print(f"\n  {PLAN}: p99 {result['latency_ms']['p99']:.3f} ms, from the sending "
              f"{result['service_ms']['p99']:.3f} ms, bare server {bare['service_ms']['p99']:.3f} ms, "
              f"load average {result['machine']['load_average']}, {valid}")
        for service, peak in peaks.items():
            held, all_periods = throttled[service]
            print(f"  {service}: peak {peak / MIB:.1f} MB, {held} of {all_periods} periods throttled")


def send(plan, port):
    command = [FRAUDRING, "load-test", "--plan", plan, "--target", f"http://127.0.0.1:{port}", "--json"]
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    # 3: wrong answers, 4: not valid
    if result.returncode not in (0, 3, 4):
        raise AssertionError(f"{command}: {result.returncode}: {result.stderr}")
    return json.loads(result.stdout)


@contextlib.contextmanager
def bare_server():
    port = free_port()
    server = subprocess.Popen([FRAUDRING, "bare-server", "--listen", f"tcp:127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
    try:
        if not comes_true(lambda: ask_port(port, path="/ready")[0] == 200, 60):
            raise AssertionError("the bare server does not answer")
        yield port
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    unittest.main()
