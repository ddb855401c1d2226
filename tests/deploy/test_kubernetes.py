"""What holds for each part of the example for Kubernetes. Its schemas are checked by `make test-recipes`."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
import yaml

from perfwatch.admin.provision import USERS
from perfwatch.settings import DECLARED, is_secret, variable
from tests.deploy.documents import ROOT

FILE = ROOT / "deploy/kubernetes/perfwatch.yml"
OBJECTS: list[dict[str, Any]] = list(yaml.safe_load_all(FILE.read_text()))
PODS = {
    one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in OBJECTS if "template" in one["spec"]
}
KNOWN = {variable(name) for name in DECLARED} | {
    f"{variable(name)}_FILE" for name in DECLARED if is_secret(name)
}
every = pytest.mark.parametrize("name", PODS)


def test_its_parts_are_those_of_the_stack() -> None:
    assert PODS.keys() == {"bridge", "alerts", "dashboard", "collector"}


@every
def test_nothing_more_than_it_needs(name: str) -> None:
    pod, (container,) = PODS[name], PODS[name]["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (
        True,
        USERS[name],
    )
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
    assert {"livenessProbe", "readinessProbe"} & container.keys()


@every
def test_settings_are_known_and_secrets_are_files(name: str) -> None:
    (container,) = PODS[name]["containers"]
    given = {one["name"]: one.get("value", "") for one in container["env"]}
    assert given.keys() <= KNOWN
    named = set(re.findall(r"--from-literal=([a-z-]+)=", FILE.read_text()))
    assert {value.removeprefix("/secrets/") for key, value in given.items() if key.endswith("_FILE")} <= named


@every
def test_what_it_keeps_can_be_written(name: str) -> None:
    (container,) = PODS[name]["containers"]
    mounts = {one["mountPath"]: one for one in container["volumeMounts"]}
    assert mounts.keys() >= {"/data", "/secrets", "/tmp"}
    assert [path for path, one in mounts.items() if not one.get("readOnly")] == ["/data", "/tmp"]


def test_the_probe_of_a_bridge_asks_a_command_that_is_there() -> None:
    code = PODS["bridge"]["containers"][0]["readinessProbe"]["exec"]["command"][-1]
    module, name = re.findall(r"from (\S+) import (\w+)", code)[0]
    assert "status" in getattr(importlib.import_module(module), name).commands
