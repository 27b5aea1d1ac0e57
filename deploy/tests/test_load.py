"""The contest's rate through the limited stack."""

import json
import os
import subprocess
import unittest

from stack import FRAUDRING, MIB, Group, Stack, comes_true

SERVICES = ("api1", "api2", "haproxy")
PLAN = os.environ.get("FRAUDRING_LOAD_PLAN", "steady:900,60")


def can_send():
    return subprocess.run([FRAUDRING, "load-test", "--help"], capture_output=True).returncode == 0


class Load(unittest.TestCase):
    @unittest.skipUnless(can_send(), f"{FRAUDRING} has no `load-test`: cargo build --release")
    def test_contests_rate_is_answered_right_within_the_limits(self):
        with Stack() as stack:
            stack.up()
            self.assertTrue(comes_true(stack.both_serve, 10))
            groups = {service: Group(stack.container(service)["Id"]) for service in SERVICES}
            before = {service: group.throttled_periods() for service, group in groups.items()}
            result = self.send(stack)
            throttled = {service: group.throttled_periods() - before[service] for service, group in groups.items()}
            peaks = {service: group.memory_peak() for service, group in groups.items()}
            limits = {service: stack.container(service)["HostConfig"]["Memory"] for service in SERVICES}
        self.tell(result, throttled, peaks)
        self.assertEqual(result["answered"], result["planned"] - result["dropped"])
        for fault in ("errors", "false_positives", "false_negatives", "wrong_scores"):
            self.assertEqual(result[fault], 0, fault)
        for service, peak in peaks.items():
            self.assertLess(peak, limits[service] if service == "haproxy" else 20 * MIB, service)
        # with other work on the cores, the time is that of the other work
        if result["valid"] and result["machine"]["load_average"] < 1:
            self.assertLess(result["service_ms"]["p99"], 1)
            self.assertEqual((throttled["api1"], throttled["api2"]), (0, 0))

    def send(self, stack):
        target = f"http://127.0.0.1:{stack.port}"
        command = [FRAUDRING, "load-test", "--plan", PLAN, "--target", target, "--json"]
        result = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
        self.assertIn(result.returncode, (0, 3, 4), result.stderr)
        return json.loads(result.stdout)

    def tell(self, result, throttled, peaks):
        valid = "valid" if result["valid"] else f"not valid: {result['invalid_because']}"
        print(f"\n  {PLAN}: p99 {result['latency_ms']['p99']:.3f} ms, from the sending "
              f"{result['service_ms']['p99']:.3f} ms, load average {result['machine']['load_average']}, {valid}")
        for service, peak in peaks.items():
            print(f"  {service}: peak {peak / MIB:.1f} MB, {throttled[service]} throttled periods")


if __name__ == "__main__":
    unittest.main()
