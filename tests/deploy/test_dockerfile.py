"""What the images are made of."""

from __future__ import annotations

import re

import pytest

from dashboard.web.joined import KEPT
from perfwatch.distribution import VERSION
from tests.deploy.documents import ROOT

TEXT = (ROOT / "Dockerfile").read_text()
STAGES = dict(re.findall(r"^FROM \S+ AS (\S+)\n(.*?)(?=^FROM |\Z)", TEXT, re.MULTILINE | re.DOTALL))
LOCKS = [
    "collector/requirements.lock",
    *sorted(f"docker/{path.name}" for path in (ROOT / "docker").glob("*.lock")),
]


def test_the_base_is_pinned_by_digest_and_the_images_are_made_from_nothing() -> None:
    assert re.search(r"^ARG DEBIAN=debian:bookworm-\d{8}-slim@sha256:[0-9a-f]{64}$", TEXT, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", TEXT, re.MULTILINE)) == {
        *("${DEBIAN}", "build", "scratch", "base", "collector"),
    }


@pytest.mark.parametrize("target", ["collector", "bridge", "alerts", "devices", "dashboard"])
def test_a_service_runs_as_nobody_else_and_says_whether_it_is_well(target: str) -> None:
    stage = STAGES[target]
    assert re.search(r"^USER 1000[1-5]$", stage, re.MULTILINE)
    assert "HEALTHCHECK" in stage
    assert f'ENTRYPOINT ["/usr/bin/python3", "-P", "-m", "{target}"]' in stage
    assert "RUN" not in stage


def test_nothing_is_made_for_one_architecture_only() -> None:
    texts = [TEXT, *(path.read_text() for path in (ROOT / "docker").glob("*.sh"))]
    assert [text for text in texts if re.search(r"x86_64|amd64|aarch64|arm64", text)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_has_its_hash_and_the_version_of_the_one_lock(lock: str) -> None:
    ours = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    text = (ROOT / lock).read_text()
    found = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))
    assert found
    assert found.items() <= ours.items()
    for block in re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE):
        assert "==" not in block or "--hash=sha256:" in block


def test_images_say_what_they_are() -> None:
    assert {"title", "description", "licenses", "version"} <= set(
        re.findall(r"org\.opencontainers\.image\.(\w+)=", STAGES["base"])
    )


def test_the_dashboard_has_streamlits_script_where_it_looks_for_it() -> None:
    made = f"/app/dashboard/web/joining.py /app/streamlit/static esbuild > /app/dashboard/web/{KEPT}"
    assert f"\nRUN python3 -I -S {made}\n" in STAGES["dashboard-packages"]
    assert "esbuild" not in STAGES["dashboard"]


def test_the_label_has_the_package_s_version() -> None:
    assert f'org.opencontainers.image.version="{VERSION}"' in TEXT


def test_only_what_is_needed_is_sent_to_the_engine() -> None:
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {
        word for words in re.findall(r"^COPY (?!--)(.+)$", TEXT, re.MULTILINE) for word in words.split()
    }
    assert {word.split("/")[0] for word in copied} <= sent | {"docker", "."}
