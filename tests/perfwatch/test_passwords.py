from __future__ import annotations

import pytest

from perfwatch.passwords import MAXIMUM_LENGTH, weakness


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("short", "5 characters"),
        ("x" * (MAXIMUM_LENGTH + 1), "or fewer"),
        ("aaaaaaaaaaaaaaa", "different characters"),
        ("123456789012", "guessed first"),
        ("987654321098", "guessed first"),
        ("qwertyuiopas", "guessed first"),
        ("1qaz2wsx3edc", "guessed first"),
        ("Password1234!", "guessed first"),
        ("passwordpassword", "guessed first"),
        ("admin-admin-2026", "guessed first"),
        ("caroline2026!", "guessed first"),
        ("PerfWatch-2026", "guessed first"),
        ("Qwerty123456", "guessed first"),
        ("needforspeed", "guessed first"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, word: str) -> None:
    assert word in (weakness("caroline", password) or "")


@pytest.mark.parametrize("password", ["a password for tests", "xkcd is not a password", "rain on Tuesday"])
def test_another_password_is_taken(password: str) -> None:
    assert weakness("admin", password) is None
