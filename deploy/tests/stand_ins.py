"""Base images made on the spot, where no registry can be reached.

A Debian root file system (debootstrap) becomes two images under the tags that Dockerfile and docker-compose.yml name:
the balancer, with Debian's haproxy package, and the builder, with this machine's Rust toolchain and downloaded crates.
"""

import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(
    os.environ.get("FRAUDRING_STAND_INS") or pathlib.Path.home() / ".cache" / "fraudring" / "stand-ins")
SUITE = "bookworm"
PACKAGES = "gcc,libc6-dev,ca-certificates,haproxy"


def balancer_tag():
    return re.search(r"image: (haproxy:\S+)", (ROOT / "docker-compose.yml").read_text()).group(1)


def builder_tag():
    return re.search(r"^FROM (rust:\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE).group(1)


def missing_images():
    """Those of the two tags that Docker does not have yet."""
    return [tag for tag in (balancer_tag(), builder_tag()) if not has_image(tag)]


def has_image(tag):
    return subprocess.run(["docker", "image", "inspect", tag], capture_output=True).returncode == 0


def make(tag):
    """Makes one of the two images."""
    packages = root_file_system()
    if tag == balancer_tag():
        import_image(tag, ["--directory", packages, "."], ["CMD [\"haproxy\"]", "USER 99:99"])
    else:
        import_image(tag, builder_content(packages), [
            "ENV PATH=/usr/local/rust/bin:/usr/bin:/bin",
            "ENV CARGO_HOME=/usr/local/cargo",
            "ENV CARGO_NET_OFFLINE=true",
        ])


def root_file_system():
    """A Debian with the packages of both images; kept between runs."""
    folder = CACHE / f"{SUITE}-{PACKAGES.replace(',', '-')}"
    if folder.exists():
        return folder
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, unfinished]
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise RuntimeError(f"debootstrap failed: {result.stdout[-2000:]}")
    shutil.rmtree(unfinished / "var/cache/apt", ignore_errors=True)
    shutil.rmtree(unfinished / "var/lib/apt/lists", ignore_errors=True)
    unfinished.rename(folder)
    return folder


def builder_content(packages):
    """What `tar` packs: the packages, the toolchain without documentation, the crates as they were downloaded."""
    sysroot = pathlib.Path(subprocess.check_output(["rustc", "--print", "sysroot"], text=True, cwd=ROOT).strip())
    cargo_home = pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo")
    # so that every crate of the lock file is there
    subprocess.check_call(["cargo", "fetch", "--locked", "--quiet"], cwd=ROOT)
    return [
        f"--exclude={sysroot.name}/share", "--exclude=registry/src",
        f"--transform=flags=r;s,^{re.escape(sysroot.name)},./usr/local/rust,",
        "--transform=flags=r;s,^registry,./usr/local/cargo/registry,",
        "--directory", packages, ".",
        "--directory", sysroot.parent, sysroot.name,
        "--directory", cargo_home, "registry",
    ]


def import_image(tag, content, changes):
    pack = subprocess.Popen(["tar", "--create", "--numeric-owner", *content], stdout=subprocess.PIPE)
    options = [word for change in changes for word in ("--change", change)]
    subprocess.run(["docker", "import", *options, "-", tag], check=True, stdin=pack.stdout, stdout=subprocess.DEVNULL)
    pack.stdout.close()
    if pack.wait() != 0:
        raise RuntimeError(f"packing the content of {tag} failed")
