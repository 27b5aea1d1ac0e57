"""The content of the `submission` branch."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from stack import compose_command
from stand_ins import ROOT

IMAGE = "registry.example/somebody/fraudring:0.1.0"
INFO = {"participants": ["Somebody"], "social": ["https://example.org/somebody"],
        "source-code-repo": "https://example.org/fraudring", "stack": ["Rust"], "open_to_work": False}


class Submission(unittest.TestCase):
    def setUp(self):
        self.out = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "submission"

    def make(self, info=INFO, image=IMAGE):
        given = self.out.with_name("info.json")
        given.write_text(json.dumps(info))
        command = [ROOT / "deploy/submission/make", "--image", image, "--out", self.out, "--info", given]
        return subprocess.run(command, text=True, capture_output=True)

    def config(self, folder):
        """A compose file as compose understands it."""
        import yaml
        environment = dict(os.environ, FRAUDRING_IMAGE=IMAGE)
        return yaml.safe_load(subprocess.check_output([*compose_command(), "config"], cwd=folder, env=environment))

    def test_holds_three_files_and_no_sources(self):
        result = self.make()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sorted(path.name for path in self.out.iterdir()),
                         ["docker-compose.yml", "haproxy.cfg", "info.json"])
        self.assertEqual((self.out / "haproxy.cfg").read_bytes(), (ROOT / "haproxy.cfg").read_bytes())
        self.assertEqual(json.loads((self.out / "info.json").read_text()), INFO)

    def test_runs_what_the_repository_runs_from_public_images(self):
        self.make()
        submitted, ours = self.config(self.out)["services"], self.config(ROOT)["services"]
        self.assertEqual(set(submitted), set(ours))
        for name, service in submitted.items():
            self.assertNotIn("build", service)
            for same in ("deploy", "depends_on", "image", "read_only", "cap_drop", "user", "ports"):
                self.assertEqual(service.get(same), ours[name].get(same), f"{name}: {same}")
            self.assertNotIn("deploy/", json.dumps(service["volumes"]))
        for server in ("loader", "api1", "api2"):
            self.assertEqual(submitted[server]["image"], IMAGE)
            self.assertEqual(submitted[server]["command"], ours[server]["command"])

    def test_keeps_to_the_contests_rules(self):
        self.make()
        config = self.config(self.out)
        services = config["services"].values()
        limits = [service["deploy"]["resources"]["limits"] for service in services]
        self.assertLessEqual(round(sum(float(limit["cpus"]) for limit in limits), 6), 1)
        self.assertLessEqual(sum(megabytes(limit["memory"]) for limit in limits), 350)
        self.assertFalse(any(service.get("privileged") or service.get("network_mode") for service in services))
        self.assertNotIn("unconfined", (self.out / "docker-compose.yml").read_text())
        self.assertEqual({network["driver"] for network in config["networks"].values()}, {"bridge"})

    def test_unfilled_info_is_refused(self):
        for field, value in (("participants", []), ("source-code-repo", ""), ("open_to_work", "no"), ("x", 1)):
            result = self.make(info={**INFO, field: value})
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(field, result.stderr)

    def test_local_image_name_is_refused(self):
        result = self.make(image="fraudring:0.1.0")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("REGISTRY-OR-USER/NAME:TAG", result.stderr)


def megabytes(limit):
    """`64M`, or in newer versions of compose the bytes."""
    text = str(limit)
    return int(text[:-1]) if text.endswith("M") else int(text) / (1 << 20)


if __name__ == "__main__":
    unittest.main()
