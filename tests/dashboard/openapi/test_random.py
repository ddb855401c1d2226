"""Whatever is asked, a route answers as the document says: no 5xx, and nothing that is not in it."""

from __future__ import annotations

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


def test_what_is_asked_at_random_is_answered_as_documented(dashboard: Dashboard) -> None:
    person, documented = Person(dashboard.url), document()["paths"]

    @settings(max_examples=100)
    @given(st.sampled_from(PATHS), st.dictionaries(st.sampled_from(NAMES), VALUES))
    def asked(path: str, query: dict[str, str]) -> None:
        answer = person.ask("GET", path, params=query)
        assert str(answer.status_code) in documented[path]["get"]["responses"], answer.text
        assert answer.status_code < 500, answer.text
        if answer.status_code == 200:
            msgspec.json.decode(answer.content, type=OPERATIONS["GET", path].answer)
        else:
            assert "detail" in answer.json()

    asked()
