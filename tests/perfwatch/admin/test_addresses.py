from __future__ import annotations

import pytest

from perfwatch.admin.addresses import reachable_url


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
