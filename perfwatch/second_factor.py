"""A second factor: the codes of an app (TOTP, RFC 6238), and others for when the phone is lost.

No input or output.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

import pyotp
from msgspec import Struct

ISSUER = "PerfWatch"
RECOVERY_CODES = 10
STEP_SECONDS = 30
# A clock may be half a minute wrong: the codes before and after count too.
_STEPS_AROUND = 1
_RECOVERY_BYTES = 10


class SecondFactor(Struct, frozen=True):
    """`secret` is base32. `recovery` has the salted SHA-256 of each recovery code that was not used yet:

    one has 80 random bits, so a slow hash would protect nothing.
    """

    secret: str
    salt: str
    recovery: tuple[str, ...]


def new_secret() -> str:
    """160 random bits, as base32."""
    return pyotp.random_base32()


def address(secret: str, name: str) -> str:
    """What an app reads from the picture: `otpauth://totp/…`. `name` is how the app lists it."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(secret: str, code: str, now: float) -> int | None:
    """The step of 30 s that `code` is of, among those around `now` (seconds since 1970)."""
    totp, current = pyotp.TOTP(secret), int(now // STEP_SECONDS)
    steps = range(current - _STEPS_AROUND, current + _STEPS_AROUND + 1)
    given = _plain(code).encode()
    found = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), given)]
    return max(found, default=None)


def is_recovery(code: str) -> bool:
    """Whether that is written like a recovery code, and not like one of an app."""
    return len(_plain(code)) > 8


def with_recovery(secret: str) -> tuple[SecondFactor, list[str]]:
    """The factor, and its recovery codes, which are in no other place."""
    codes = [_written(secrets.token_bytes(_RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]
    salt = secrets.token_hex(8)
    return SecondFactor(secret, salt, tuple(_digest(salt, code) for code in codes)), codes


def without(factor: SecondFactor, code: str) -> SecondFactor | None:
    """What is left of it when that recovery code is used; None when it is none."""
    digest = _digest(factor.salt, code)
    left = tuple(one for one in factor.recovery if not hmac.compare_digest(one, digest))
    if len(left) == len(factor.recovery):
        return None
    return SecondFactor(factor.secret, factor.salt, left)


def _written(random: bytes) -> str:
    letters = base64.b32encode(random).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _plain(code: str) -> str:
    """As people type it, with spaces, dashes and capitals or without."""
    return "".join(letter for letter in code.lower() if letter.isalnum())


def _digest(salt: str, code: str) -> str:
    return hashlib.sha256(f"{salt} {_plain(code)}".encode()).hexdigest()
