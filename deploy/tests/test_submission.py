"""The content of the `submission` branch."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import unittest

import payloads
from stack import IMAGE as OUR_IMAGE
from stack import MIB, Group, Stack, ask, comes_true, compose_command
from stand_ins import ROOT

SERVERS = ("api1", "api2")
IMAGE = "registry.example/somebody/fraudring:0.1.0"
INFO = {"participants": ["Somebody"], "social": ["https://example.org/somebody"],
        "source-code-repo": "https://example.org/fraudring", "stack": ["Rust"], "open_to_work": False}


def make(out, info=INFO, image=IMAGE, volume="memory", front="haproxy"):
    given = out.with_name("info.json")
    given.write_text(json.dumps(info))
    command = [ROOT / "deploy/submission/make", "--image", image, "--volume", volume, "--front", front, "--out", out, "--info", given]
    return subprocess.run(command, text=True, capture_output=True)


class Submission(unittest.TestCase):
    def setUp(self):
        self.out = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "submission"

    def make(self, **options):
        return make(self.out, **options)

    def config(self, folder):
        """A compose file as compose understands it."""
        import yaml
        environment = dict(os.environ, FRAUDRING_IMAGE=IMAGE)
        return yaml.safe_load(subprocess.check_output([*compose_command(), "config"], cwd=folder, env=environment))

    def config_of(self, *files):
        """Of several files, as compose puts them together."""
        import yaml
        named = [word for file in files for word in ("-f", str(file))]
        command = [*compose_command(), *named, "config"]
        environment = dict(os.environ, FRAUDRING_IMAGE=IMAGE)
        return yaml.safe_load(subprocess.check_output(command, cwd=ROOT, env=environment))

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
            same = {"deploy", "depends_on", "image", "read_only", "cap_drop", "user", "ports"}
            # so that the balancer holds the volume before anything is loaded into it
            for key in same - ({"depends_on"} if name == "loader" else set()):
                self.assertEqual(service.get(key), ours[name].get(key), f"{name}: {key}")
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

    def test_mounts_volumes_and_no_folder_of_the_host(self):
        for volume in ("memory", "disk"):
            self.make(volume=volume)
            config = self.config(self.out)
            sources = {mount_source(mount) for service in config["services"].values() for mount in service["volumes"]}
            self.assertEqual({source for source in sources if "/" in source}, {str(self.out / "haproxy.cfg")})
            self.assertIn("index", sources)
            options = (config["volumes"]["index"] or {}).get("driver_opts")
            self.assertEqual(options and options["type"], {"memory": "tmpfs", "disk": None}[volume])

    def test_the_balancer_may_stand_in_haproxys_place(self):
        self.make()
        self.make(front="balancer")
        self.assertEqual(sorted(path.name for path in self.out.iterdir()), ["docker-compose.yml", "info.json"])
        config = self.config(self.out)
        self.assertEqual(set(config["services"]), {"loader", "api1", "api2", "balancer"})
        services = config["services"].values()
        self.assertEqual({service["image"] for service in services}, {IMAGE})
        limits = [service["deploy"]["resources"]["limits"] for service in services]
        self.assertLessEqual(round(sum(float(limit["cpus"]) for limit in limits), 6), 1)
        self.assertLessEqual(sum(megabytes(limit["memory"]) for limit in limits), 350)
        self.assertNotIn("haproxy", (self.out / "docker-compose.yml").read_text())
        balancer = config["services"]["balancer"]
        self.assertNotIn("--answer-503", balancer["command"])
        for server in SERVERS:
            handoff = f"unix:/run/fraudring/{server}.handoff"
            self.assertIn(handoff, balancer["command"])
            self.assertIn(handoff, config["services"][server]["command"])
        # the same as for those who run it from the sources
        ours = self.config_of(ROOT / "docker-compose.yml", ROOT / "deploy/docker-compose.balancer.yml")["services"]
        for server in SERVERS:
            self.assertEqual(config["services"][server]["command"], ours[server]["command"])
        same = [word for word in balancer["command"] if word not in ("--admin", "none")]
        self.assertEqual(same, ours["balancer"]["command"])
        self.assertEqual(balancer["deploy"], ours["balancer"]["deploy"])

    def test_unfilled_info_is_refused(self):
        for field, value in (("participants", []), ("source-code-repo", ""), ("open_to_work", "no"), ("x", 1)):
            result = self.make(info={**INFO, field: value})
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(field, result.stderr)

    def test_local_image_name_is_refused(self):
        result = self.make(image="fraudring:0.1.0")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("REGISTRY-OR-USER/NAME:TAG", result.stderr)


class SubmittedStack(unittest.TestCase):
    """What is submitted, started as the contest starts it."""

    @classmethod
    def setUpClass(cls):
        subprocess.check_call(["docker", "tag", OUR_IMAGE, IMAGE])
        cls.addClassCleanup(subprocess.run, ["docker", "rmi", IMAGE], stdout=subprocess.DEVNULL)

    def test_index_in_memory_outlives_loader_and_servers(self):
        with self.running("memory") as stack:
            self.serves(stack)
            self.assertIn('checked_by="loader"', stack.logs("api1"))
            # once more from nothing: an emptied volume is loaded anew
            self.assertEqual(stack.compose("down").returncode, 0)
            stack.up()
            self.both_serve(stack)

    def test_index_on_disk_outlives_the_stack(self):
        with self.running("disk") as stack:
            self.serves(stack)
            # on a disk, bytes can be lost and the file's times stay
            self.assertIn('checked_by="server"', stack.logs("api1"))
            self.assertEqual(stack.compose("down").returncode, 0)
            stack.up()
            self.both_serve(stack)

    def test_behind_the_balancer_clients_notice_nothing_of_a_server_that_is_killed(self):
        with self.running("memory", "balancer") as stack:
            self.both_serve(stack)
            right = (200, payloads.EXAMPLES[1][1])
            client = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=5)
            client.auto_open = 0  # one connection for all that follows
            client.connect()
            for server in SERVERS:
                self.assertEqual(ask_again(client, payloads.DENIED), right)
                before = stack.container(server)["RestartCount"]
                os.kill(stack.pid(server), signal.SIGKILL)
                for _ in range(50):
                    self.assertEqual(ask_again(client, payloads.DENIED), right)
                self.assertTrue(comes_true(lambda: stack.container(server)["RestartCount"] > before, 60))
                self.both_serve(stack)
            print(f"\n  balancer: {Group(stack.container('balancer')['Id']).memory() / MIB:.1f} MB")

    @contextlib.contextmanager
    def running(self, volume, front="haproxy"):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "submission"
            result = make(out, volume=volume, front=front)
            self.assertEqual(result.returncode, 0, result.stderr)
            with Stack(folder=out) as stack:
                stack.up()
                yield stack

    def serves(self, stack):
        """Right answers from both servers, which map one index that neither is charged for, and find it when they die."""
        self.both_serve(stack)
        self.assertEqual(stack.container("loader")["State"]["ExitCode"], 0)
        folder = volume(stack, "index").stat()
        self.assertEqual((folder.st_uid, folder.st_mode & 0o7777), (0, 0o755))
        before = stack.segments()
        for server in SERVERS:
            memory = Group(stack.container(server)["Id"]).memory()
            print(f"\n  {server}: {memory / MIB:.1f} MB")
            self.assertLess(memory, 20 * MIB)
        # not the balancer alone holds the volume
        self.assertEqual(stack.compose("restart", "haproxy").returncode, 0)
        for server in SERVERS:
            os.kill(stack.pid(server), signal.SIGKILL)
        self.assertTrue(comes_true(lambda: all(stack.container(server)["RestartCount"] == 1 for server in SERVERS), 60))
        self.both_serve(stack)
        self.assertEqual(stack.segments(), before)
        self.assertEqual(*before)

    def both_serve(self, stack):
        for server in SERVERS:
            path = volume(stack, "sockets") / f"{server}.sock"
            right = (200, payloads.EXAMPLES[1][1])
            self.assertTrue(comes_true(lambda: ask(UnixConnection(path), payloads.DENIED) == right, 60), server)
        # the balancer's next check
        self.assertTrue(comes_true(stack.is_ready, 60))
        for body, answer in payloads.EXAMPLES * 20:
            self.assertEqual(stack.ask(body), (200, answer))


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("server", timeout=5)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def ask_again(client, body):
    """Status and body of one request on a connection that stays open."""
    client.request("POST", "/fraud-score", body)
    answer = client.getresponse()
    return answer.status, answer.read()


def volume(stack, name):
    """The volume's folder on the host."""
    inspect = ["docker", "volume", "inspect", "--format", "{{.Mountpoint}}", f"{stack.project}_{name}"]
    return pathlib.Path(subprocess.check_output(inspect, text=True).strip())


def mount_source(mount):
    """`SOURCE:TARGET`, or what newer versions of compose make of it."""
    return mount["source"] if isinstance(mount, dict) else mount.split(":")[0]


def megabytes(limit):
    """`64M`, or in newer versions of compose the bytes."""
    text = str(limit)
    return int(text[:-1]) if text.endswith("M") else int(text) / (1 << 20)


if __name__ == "__main__":
    unittest.main()
