"""The packets in a stream of bytes, and reason codes as people say them."""

from __future__ import annotations

import enum
from collections.abc import Iterator

import mqtt5

FAILED = 128  # MQTT 5: reason codes from here on mean that it was refused

# By name: the enumerations of mqtt5 0.8 are no Python enums, whatever its stubs say, and have no hash.
_ADVICE = {
    "BAD_USER_NAME_OR_PASSWORD": "check the user and password in PERFWATCH_BROKER",
    "NOT_AUTHORIZED": "check the user in PERFWATCH_BROKER and its rights",
    "UNSUPPORTED_PROTOCOL_VERSION": "it must speak MQTT 5",
    "CLIENT_ID_NOT_VALID": "choose another id than {client_id!r}",
    "SESSION_TAKEN_OVER": "is there another client called {client_id!r}?",
}


def whole_packets(unused: memoryview) -> Iterator[tuple[mqtt5.Packet, int]]:
    """Each whole packet in these bytes, and how many of them are used after it.

    Raises ValueError for what is not MQTT 5.
    """
    used = 0
    while used < len(unused):
        try:
            packet, size = mqtt5.read(unused[used:])
        except IndexError:  # mqtt5's way to say that the rest of a packet is still to come
            return
        except BaseException as exc:
            if type(exc).__name__ == "PanicException":  # mqtt5 0.8 on text that is not UTF-8
                raise ValueError("a text is not UTF-8") from exc
            raise
        used += size
        yield packet, used


def words(code: enum.IntEnum, client_id: str) -> str:
    """A reason code, with what to do where that is known."""
    said = code.name.lower().replace("_", " ")
    advice = _ADVICE.get(code.name, "").format(client_id=client_id)
    return f"{said}; {advice}" if advice else said
