"""Which tests run one after the other (tests/conftest.py)."""

from __future__ import annotations

import pytest

from tests.conftest import ALONE, together


def test_whatever_drives_a_browser_is_among_them(request: pytest.FixtureRequest) -> None:
    driving = [item.nodeid for item in request.session.items if item.get_closest_marker("browser")]
    assert [nodeid for nodeid in driving if not nodeid.startswith(ALONE)] == []


def test_a_file_is_one_piece_of_work_and_those_are_one_together() -> None:
    assert together("tests/test_up.py::test_a") == together("tests/test_up.py::test_b[1]")
    assert together("tests/test_up.py::test_a") != together("tests/test_docs.py::test_a")
    assert together("tests/pages/test_flow.py::test_a") == together("tests/faults/test_network.py::test_b")
