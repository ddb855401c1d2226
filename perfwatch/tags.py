"""Tags of hosts, like room=cellar: hosts are grouped and selected by them. Does no input or output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

import msgspec

from perfwatch.readings.codec import UNREADABLE

Tags = dict[str, str]

MOST = 16
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,31}")
# What separates tags, and what means others in a pattern, is in none.
_VALUE = re.compile(r"[^,=*?\[\]\x00-\x1f\x7f]{0,64}")
EXPECTED = (
    f"tags like room=cellar,role=nas: at most {MOST}, each a name of lowercase letters, digits, _ and -, "
    "and a value of up to 64 characters without , = * ? [ ]"
)


def parse(text: str) -> Tags:
    """The tags in `room=cellar, role=nas`. Raises ValueError."""
    pairs = [one.partition("=") for one in text.split(",") if one.strip()]
    found = {key.strip(): value.strip() for key, _, value in pairs}
    if len(found) < len(pairs) or not all(found.values()):
        raise ValueError(text)
    return checked(found)


def checked(tags: Tags) -> Tags:
    """These tags, of which a value may be empty. Raises ValueError where one cannot be used."""
    fit = all(_KEY.fullmatch(key) and _VALUE.fullmatch(value) for key, value in tags.items())
    if not fit or len(tags) > MOST:
        raise ValueError(str(tags))
    return tags


def decode(payload: bytes) -> Tags:
    """What a host's topic `tags` carries; nothing when it cannot be used."""
    try:
        return checked(msgspec.json.decode(payload, type=Tags)) if payload else {}
    except (*UNREADABLE, ValueError):
        return {}


def merged(own: Mapping[str, str], given: Mapping[str, str]) -> Tags:
    """A host's own tags with those that it was given over them; an empty one takes it away."""
    return {key: value for key, value in {**own, **given}.items() if value}


def given_over(own: Mapping[str, str], wanted: Mapping[str, str]) -> Tags:
    """What a host must be given so that it has the tags that are wanted."""
    return {key: value for key, value in wanted.items() if value != own.get(key, "")}


def selects(pattern: str, host: str, tags: Mapping[str, str]) -> bool:
    """Whether a pattern fits the host's name or, as `room=cellar`, one of its tags."""
    if fnmatchcase(host, pattern):
        return True
    return "=" in pattern and any(fnmatchcase(f"{key}={value}", pattern) for key, value in tags.items())
