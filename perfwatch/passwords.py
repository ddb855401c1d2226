"""What a password must not be: one that guessers try first."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

MINIMUM_LENGTH = 12
# More than this is no better for its owner, and costs who hashes it.
MAXIMUM_LENGTH = 1024
_FEWEST_CHARACTERS = 5

# Rows that people walk along, and words that they begin with, of the lists of leaked passwords.
_ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "zaq12wsxcde34rfvbgt56yhn",
)
_WORDS = frozenset(
    """
    password passwort passw0rd p@ssword p@ssw0rd motdepasse contrasena administrator administrador admin root
    user welcome willkommen bienvenue letmein changeme iloveyou ihateyou trustno1 football baseball basketball
    sunshine princess superman batman starwars dragon monkey master shadow michael jennifer jessica jordan
    liverpool chelsea whatever freedom computer internet samsung google facebook linkedin minecraft pokemon
    correcthorsebatterystaple perfwatch dashboard monitoring grafana homeassistant raspberry mosquitto secret
    login test guest default
    """.split()  # noqa: SIM905 - a list of them would take a page
)
_AROUND = "0123456789!?.,_-#*$@+ "


def weakness(username: str, password: str) -> str | None:
    """Why that cannot be the account's password; None when nothing speaks against it."""
    if len(password) < MINIMUM_LENGTH:
        return f"has {len(password)} characters: expected {MINIMUM_LENGTH} or more"
    if len(password) > MAXIMUM_LENGTH:
        return f"has {len(password)} characters: expected {MAXIMUM_LENGTH} or fewer"
    if len(set(password)) < _FEWEST_CHARACTERS:
        return f"has fewer than {_FEWEST_CHARACTERS} different characters"
    if _is_common(password.casefold(), username.casefold()):
        return "is one of those that are guessed first: a common word, the user's name, or keys in a row"
    return None


def _is_common(password: str, username: str) -> bool:
    """Whether it is a common word once or more, with digits and signs around it, or a row of keys."""
    if password in _leaked() or any(password in row + row or password in (row + row)[::-1] for row in _ROWS):
        return True
    core = password.strip(_AROUND)
    words = _WORDS | ({username} - {""})
    return any(not core.replace(word, "").strip(_AROUND) for word in words)


@cache
def _leaked() -> frozenset[str]:
    """Of the 30,000 that leaked most often (zxcvbn's list) what is long enough and no rule refuses."""
    return frozenset((files("perfwatch") / "common_passwords.txt").read_text().split())
