"""Codes of an app, against the test vectors of RFC 6238, and recovery codes."""

from __future__ import annotations

import base64

import pytest

from perfwatch.second_factor import (
    RECOVERY_CODES,
    address,
    is_recovery,
    new_secret,
    step_of,
    with_recovery,
    without,
)

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


# Appendix B has eight digits; apps show the last six.
@pytest.mark.parametrize(
    ("now", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")],
)
def test_the_codes_are_those_of_the_standard(now: int, code: str) -> None:
    assert step_of(RFC_SECRET, code, now) == now // 30
    assert step_of(RFC_SECRET, f" {code[:3]} {code[3:]} ", now + 30) == now // 30
    assert step_of(RFC_SECRET, code, now + 60) is None


@pytest.mark.parametrize("code", ["", "1", "000000", "2870820", "½½½½½½", "٢٨٧٠٨٢", "\x00" * 6])
def test_whatever_else_is_typed_is_wrong(code: str) -> None:
    assert step_of(RFC_SECRET, code, 59) is None


def test_an_app_is_told_whose_codes_they_are() -> None:
    assert address(RFC_SECRET, "anna@nas") == (
        f"otpauth://totp/PerfWatch:anna%40nas?secret={RFC_SECRET}&issuer=PerfWatch"
    )
    assert len(base64.b32decode(new_secret())) == 20


def test_a_recovery_code_is_good_once_however_it_is_typed() -> None:
    factor, codes = with_recovery(new_secret())
    assert len(set(codes)) == RECOVERY_CODES
    assert all(map(is_recovery, codes))
    assert not is_recovery("287 082")
    left = without(factor, codes[3].upper().replace("-", " "))
    assert left is not None
    assert len(left.recovery) == RECOVERY_CODES - 1
    assert without(left, codes[3]) is None
    assert without(left, codes[4]) is not None
    assert codes[0] not in str(factor)
