"""The image by itself."""

import json
import re
import subprocess
import unittest

from stack import IMAGE, MIB
from stand_ins import ROOT


def run(*command):
    return subprocess.run(["docker", "run", "--rm", "--network", "none", IMAGE, *command], text=True,
                          capture_output=True)


class Image(unittest.TestCase):
    def setUp(self):
        self.image = json.loads(subprocess.check_output(["docker", "image", "inspect", IMAGE]))[0]

    def test_holds_the_two_programs_and_the_index_and_nothing_else(self):
        made = subprocess.check_output(["docker", "create", IMAGE], text=True).strip()
        try:
            packed = subprocess.Popen(["docker", "export", made], stdout=subprocess.PIPE)
            names = subprocess.check_output(["tar", "--list"], stdin=packed.stdout, text=True).split()
            packed.stdout.close()
            packed.wait()
        finally:
            subprocess.check_output(["docker", "rm", made])
        # what Docker itself puts into every container
        dockers = re.compile(r"(dev|etc|proc|sys)/|\.dockerenv$")
        self.assertEqual(sorted(name for name in names if not dockers.match(name)), [
            "bin/", "bin/balancer", "bin/server", "bin/shm-loader", "index/", "index/fraudring.index", "run/", "run/fraudring/"])

    def test_is_little_more_than_the_index(self):
        print(f"\n  image: {self.image['Size'] / MIB:.1f} MB")
        self.assertLess(self.image["Size"], 150 * MIB)

    def test_programs_tell_version_commit_and_kernel(self):
        for program in ("server", "balancer", "shm-loader"):
            output = run(program, "--version")
            self.assertRegex(output.stdout, rf"^{program} \d+\.\d+\.\d+ \(commit \w+, kernel \w+\)\n$")

    def test_is_labelled_and_the_label_is_the_workspaces_version(self):
        labels = self.image["Config"]["Labels"]
        version = re.search(r'^version = "(.+)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE).group(1)
        self.assertEqual(labels["org.opencontainers.image.version"], version)
        self.assertEqual(labels["org.opencontainers.image.licenses"], "MIT")
        self.assertNotEqual(labels["org.opencontainers.image.revision"], "")

    def test_runs_as_nobody_in_particular_unless_told(self):
        self.assertEqual(self.image["Config"]["User"], "65532:65532")


if __name__ == "__main__":
    unittest.main()
