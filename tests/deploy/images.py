"""The images of the stack: pulled where that can be, else stand-ins on a base made by debootstrap."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.deploy.documents import ROOT, pinned, services

_PINNED = re.search(r"^ARG DEBIAN=(\S+)@(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
assert _PINNED is not None
BASE, BASE_DIGEST = _PINNED.groups()
STANDINS = {"eclipse-mosquitto": "mosquitto", "influxdb": "influxdb", "nginx": "nginx"}
TARGETS = ("setup", "collector", "bridge", "alerts", "devices", "dashboard")
TAG = "test"

_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


def missing() -> str:
    """Why there can be no stack here; empty when there can."""
    if os.environ.get("PERFWATCH_TEST_DOCKER") != "1":
        return "PERFWATCH_TEST_DOCKER=1 is not set: it runs a stack of containers for minutes"
    if subprocess.run(["docker", "version"], capture_output=True, check=False).returncode:
        return "no Docker engine answers `docker version`"
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        return "there is no `docker compose`"
    if not there(BASE) and not pulled(BASE, BASE_DIGEST) and shutil.which("debootstrap") is None:
        return f"{BASE} can be neither pulled nor made: there is no debootstrap"
    return ""


def there(image: str) -> bool:
    return not subprocess.run(
        ["docker", "image", "inspect", image], capture_output=True, check=False
    ).returncode


def pulled(image: str, digest: str) -> bool:
    """Whether the very image could be pulled; it has its tag then."""
    exact = f"{image}@{digest}"
    return all(
        not subprocess.run(["docker", *command], capture_output=True, check=False).returncode
        for command in (["pull", "--quiet", exact], ["tag", exact, image])
    )


def provide() -> None:
    """Have every image of the stack: ours from the sources, tagged TAG; the others pulled or stood in for."""
    if not there(BASE):
        bootstrap()
    for one in services().values():
        name = one["image"].split(":")[0]
        if name in STANDINS:
            image, digest = pinned(one["image"])
            if not there(image) and not pulled(image, digest):
                dockerfile = ROOT / "tests" / "deploy" / "standins" / f"{STANDINS[name]}.Dockerfile"
                build(ROOT / "tests", image, "--file", str(dockerfile))
    for target in TARGETS:
        build(ROOT, f"perfwatch-{target}:{TAG}", "--target", target)


def build(context: Path, image: str, *options: str) -> None:
    # The host's network: a registry of packages may be reachable from there only.
    base = ["--build-arg", f"DEBIAN={BASE}"]
    command = ["docker", "build", "--network", "host", "--tag", image, *base, *options, str(context)]
    modern = not subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False).returncode
    environ = os.environ | {"DOCKER_BUILDKIT": "1" if modern else "0"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{image}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def bootstrap() -> None:
    """Debian from its packages, under the official image's tag, trusting what this machine trusts."""
    with tempfile.TemporaryDirectory() as place:
        command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", place]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        shutil.copy(_AUTHORITIES, Path(place, _AUTHORITIES.lstrip("/")))
        for path in Path("/etc/apt").rglob("*"):
            target = Path(place, str(path).lstrip("/"))
            if path.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
        packed = subprocess.Popen(["tar", "-C", place, "-c", "."], stdout=subprocess.PIPE)
        with packed:
            subprocess.run(
                ["docker", "import", "-", BASE], stdin=packed.stdout, check=True, capture_output=True
            )


def sizes() -> dict[str, int]:
    """Bytes of our images, by target."""
    command = ["docker", "image", "inspect", "--format", "{{.Size}}"]
    images = [f"perfwatch-{target}:{TAG}" for target in TARGETS]
    found = subprocess.run([*command, *images], capture_output=True, text=True, check=True).stdout.split()
    return dict(zip(TARGETS, map(int, found), strict=True))
