"""The compose files and workflows as data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = "docker-compose.yml"


class _Loader(yaml.SafeLoader):
    """Takes compose's own tags, !reset and !override, for what they stand before."""


def _bare(loader: _Loader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return None


_Loader.add_multi_constructor("!", _bare)


def read(name: str) -> dict[str, Any]:
    """A YAML file of the project."""
    return parsed((ROOT / name).read_text())


def parsed(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(text, _Loader)
    return loaded


def services(name: str = COMPOSE) -> dict[str, Any]:
    """The services of a compose file; None for one that it takes away."""
    found: dict[str, Any] = read(name)["services"]
    return found


def pinned(image: str) -> tuple[str, str]:
    """An image of a compose file: its name with the tag, and the digest behind it."""
    found = re.fullmatch(r"([a-z/-]+:\d+\.\d+\.\d+)\$\{BY_DIGEST-@(sha256:[0-9a-f]{64})\}", image)
    assert found is not None, f"{image} is not name:1.2.3${{BY_DIGEST-@sha256:…}}"
    return found[1], found[2]
