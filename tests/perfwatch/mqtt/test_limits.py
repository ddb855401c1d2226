from __future__ import annotations

import pytest

from perfwatch.mqtt.limits import Limits


def test_a_broker_without_bounds_takes_everything() -> None:
    assert Limits().refusal(10**9, 2, True) is None


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(packet_size=99), "100 bytes, and it takes 99 at most"),
        (Limits(qos=0), "QoS 1, and it takes 0 at most"),
        (Limits(retain=False), "to be retained, and it retains nothing"),
        (Limits(packet_size=100, qos=1), None),
    ],
)
def test_what_is_beyond_a_bound_is_named(limits: Limits, reason: str | None) -> None:
    assert limits.refusal(100, 1, True) == reason
