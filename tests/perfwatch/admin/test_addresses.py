from __future__ import annotations

import pytest

from perfwatch.admin.addresses import directions, reachable_url


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1", ""),
        ("localhost", ""),
        ("::1", ""),
        ("192.0.2.7", "http://192.0.2.7:8000"),
        ("2001:db8::7", "http://[2001:db8::7]:8000"),
    ],
)
def test_the_pages_have_a_url_for_others_unless_they_are_for_this_machine(address: str, url: str) -> None:
    assert reachable_url(address, 8000) == url


def test_a_terminal_gets_a_code_for_the_camera() -> None:
    url, code = directions("https", "192.0.2.7", 8000, on_terminal=True)
    assert url == "  From another device: https://192.0.2.7:8000"
    assert len({len(line) for line in code.splitlines()}) == 1
    assert set(code) <= set(" █▀▄\n")


def test_what_is_no_terminal_gets_words_alone() -> None:
    assert len(directions("http", "192.0.2.7", 8000, on_terminal=False)) == 1


def test_nobody_else_gets_in_by_default() -> None:
    assert "--address 0.0.0.0" in directions("http", "127.0.0.1", 8000, on_terminal=True)[0]
