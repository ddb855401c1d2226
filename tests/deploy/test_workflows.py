"""The workflows may do no more than they must, and run nothing that may change under them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.deploy.documents import ROOT, read, services

WORKFLOWS = tuple(f".github/workflows/{path.name}" for path in (ROOT / ".github" / "workflows").iterdir())
every = pytest.mark.parametrize("file", sorted(WORKFLOWS))

# What a job may be granted beyond reading the repository, and why.
GRANTED = {
    ("images.yml", "image"): {"contents": "read", "packages": "write"},  # to push to the registry
    ("release.yml", "publish"): {"id-token": "write"},  # what PyPI trusts in place of a token
}


def jobs(file: str) -> dict[str, Any]:
    found: dict[str, Any] = read(file)["jobs"]
    return found


@every
def test_it_may_read_the_repository_and_each_job_what_it_needs(file: str) -> None:
    assert read(file)["permissions"] == {"contents": "read"}
    for name, job in jobs(file).items():
        assert job.get("permissions") == GRANTED.get((file.rpartition("/")[2], name)), name


def test_every_image_of_ours_is_published() -> None:
    published = jobs(".github/workflows/images.yml")["image"]["strategy"]["matrix"]["target"]
    ours = {one["build"]["target"] for one in services().values() if "build" in one}
    assert set(published) == ours | {"collector-perf"}


@every
def test_actions_are_pinned_to_a_version(file: str) -> None:
    used = [step["uses"] for job in jobs(file).values() for step in job["steps"] if "uses" in step]
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", action)] == []


@every
def test_every_job_ends(file: str) -> None:
    assert all(job["timeout-minutes"] <= 60 for job in jobs(file).values())


@every
def test_nothing_from_outside_gets_into_a_command(file: str) -> None:
    commands = [step.get("run", "") for job in jobs(file).values() for step in job["steps"]]
    assert [command for command in commands if "${{" in command] == []


def test_ci_is_what_everybody_runs() -> None:
    steps = jobs(".github/workflows/test.yml")["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]


def test_what_the_browser_tests_saw_is_kept_when_they_fail_too() -> None:
    kept = jobs(".github/workflows/test.yml")["test"]["steps"][-1]
    assert kept["if"] == "always()"
    assert kept["with"]["path"] == "build/screenshots/"


def test_images_are_built_for_both_architectures_with_their_materials() -> None:
    job = jobs(".github/workflows/images.yml")["image"]
    build = job["steps"][-1]["with"]
    assert build["platforms"] == "linux/amd64,linux/arm64"
    assert (build["sbom"], build["provenance"]) == (True, "mode=max")
    targets = set(re.findall(r"^FROM \S+ AS (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert set(job["strategy"]["matrix"]["target"]) <= targets
