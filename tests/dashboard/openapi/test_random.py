"""Whatever is asked, a route answers as the document says: no 5xx, and nothing that is not in it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.openapi.document import document
from dashboard.openapi.operations import OPERATIONS
from tests.stack import Dashboard, Person

PATHS = sorted(path for (method, path), one in OPERATIONS.items() if method == "GET" and one.query)
NAMES = sorted({name for path in PATHS for name in OPERATIONS["GET", path].query})
TIMES = st.datetimes().map(lambda moment: moment.isoformat() + "Z")
VALUES = st.one_of(
    st.text(max_size=30), TIMES, st.sampled_from(["cpu", "usage_percent", "5s", "1", "core", "day"])
)


def is_away(path: str, answer: httpx.Response) -> bool:
    """Whether it says that the service to ask is not there."""
    return path.startswith(("/api/alerts", "/api/devices")) and answer.status_code == 503


def test_what_is_asked_at_random_is_answered_as_documented(dashboard: Dashboard) -> None:
    person, documented = Person(dashboard.url), document()["paths"]

    @settings(max_examples=100)
    @given(st.sampled_from(PATHS), st.dictionaries(st.sampled_from(NAMES), VALUES))
    def asked(path: str, query: dict[str, str]) -> None:
        answer = person.ask("GET", path, params=query)
        assert str(answer.status_code) in documented[path]["get"]["responses"], answer.text
        assert answer.status_code < 500 or is_away(path, answer), answer.text
        if answer.status_code == 200:
            msgspec.json.decode(answer.content, type=OPERATIONS["GET", path].answer)
        else:
            assert "detail" in answer.json()

    asked()


# These end the session that asks, or lock it out.
_ENDING = {("POST", "/api/auth/logout"), ("DELETE", "/api/auth/sessions/{id}")}
CHANGING = sorted(operation for operation in OPERATIONS.keys() - _ENDING if operation[0] != "GET")
WORDS = sorted({name for one in OPERATIONS.values() for name in getattr(one.body, "__struct_fields__", ())})
SIMPLE = VALUES | st.none() | st.booleans() | st.integers() | st.sampled_from(["viewer", "admin", "30d"])
JSON = st.recursive(
    SIMPLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=10,
)
HEADERS = st.dictionaries(
    st.sampled_from(["Cookie", "Range", "If-None-Match", "Accept", "X-Forwarded-For", "Content-Type"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), max_size=40),
)


def body_of(kind: Any) -> st.SearchStrategy[bytes]:
    """Nearly what the route takes, any JSON, or no JSON at all."""
    names = getattr(kind, "__struct_fields__", ()) or WORDS
    nearly = st.dictionaries(st.sampled_from(names), SIMPLE)
    return (nearly | JSON).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30)


def latin(headers: dict[str, str]) -> dict[bytes, bytes]:
    return {name.encode(): value.encode("latin-1") for name, value in headers.items()}


def test_what_is_changed_at_random_is_answered_as_documented(dashboard: Dashboard) -> None:
    person, documented = Person(dashboard.url), document()["paths"]

    @settings(max_examples=100)
    @given(st.sampled_from(CHANGING), st.text(min_size=1, max_size=20), HEADERS, st.data())
    def asked(operation: tuple[str, str], name: str, headers: dict[str, str], data: st.DataObject) -> None:
        method, path = operation
        there = re.sub(r"{.*?}", quote(name, safe=""), path)
        bearing = {**headers, "Authorization": f"Bearer {person.token}"}
        content = data.draw(body_of(OPERATIONS[operation].body))
        answer = httpx.request(
            method, dashboard.url + there, content=content, headers=latin(bearing), timeout=60
        )
        # A name that has a slash, or is one dot or two, is another address.
        if answer.status_code not in (308, 404, 405):
            told = documented[path][method.lower()]["responses"]
            assert str(answer.status_code) in told, (answer.status_code, answer.text)
        assert answer.status_code < 500 or answer.status_code == 501 or is_away(path, answer), answer.text

    asked()
