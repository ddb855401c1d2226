from __future__ import annotations

import pytest

from collector.sources.text import free, named, told, valid

LATIN = b"M\xfcller".decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"eth0", "eth0"),
        (b"M\xfcller", "M\ufffdller"),
        ("Müller".encode(), "Müller"),
        (b"\xe2\x82", "\ufffd" * 2),
    ],
)
def test_each_byte_that_is_not_utf8_is_replaced(raw: bytes, shown: str) -> None:
    assert valid(raw.decode("utf-8", "surrogateescape")) == shown


def test_a_lone_surrogate_of_any_origin_is_replaced() -> None:
    assert valid("a\ud800b\udfffc").encode() == "a\ufffdb\ufffdc".encode()


def test_two_names_that_look_the_same_stay_two() -> None:
    names = [b"M\xfcller", b"M\xe4ller", "M\ufffdller".encode()]
    things = [(name.decode("utf-8", "surrogateescape"), place) for place, name in enumerate(names)]
    assert named(things) == {"M\ufffdller": 0, "M\ufffdller (2)": 1, "M\ufffdller (3)": 2}


def test_a_free_name_stays() -> None:
    assert free("a", {"b"}) == "a"


def test_an_error_that_quotes_a_name_can_be_published() -> None:
    told(OSError(5, "gone", f"/media/{LATIN}")).encode()
