"""Packets: those in a stream of bytes, one to send, and their reason codes as people say them."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence

import mqtt5

_PUBLISH, _QOS = 3, 0b0110  # in a packet's first byte
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


def stand_in(unused: bytes, most: int, payload: bytes) -> tuple[bytes, int]:
    """A message of more than `most` bytes, of which `unused` is the beginning, as one with that payload.

    Also how many bytes of it are still to come, to be skipped. 0, and what was given, when it is no such
    message, or too little of it is there yet. Its properties, which may be as large, go too.
    """
    sized = _remaining_length(unused)
    if sized is None or unused[0] >> 4 != _PUBLISH or sized[1] <= most:
        return unused, 0
    start, remaining = sized
    topic_ends = start + 2 + int.from_bytes(unused[start : start + 2])
    ends = topic_ends + (2 if unused[0] & _QOS else 0)
    if len(unused) < ends or ends - start > remaining:
        return unused, 0
    body = unused[start:ends] + b"\0" + payload
    return unused[:1] + _length(len(body)) + body, remaining - (len(unused) - start)


def _remaining_length(unused: bytes) -> tuple[int, int] | None:
    """Where a packet's body begins, and how long it is; None when that is not all there."""
    length = 0
    for place, byte in enumerate(unused[1:5]):
        length |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return place + 2, length
    return None


def _length(value: int) -> bytes:
    """A number as MQTT has it: seven bits a byte, the eighth for those that others follow."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def subscription(number: int, patterns: Sequence[str], qos: int, as_published: bool) -> bytes:
    """A SUBSCRIBE for which retained messages come only where the session was not subscribed before."""
    handling = mqtt5.RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS
    filters = [
        mqtt5.TopicFilter(
            pattern, max_qos=mqtt5.QoS(qos), retain_as_published=as_published, retain_handling=handling
        )
        for pattern in patterns
    ]
    return mqtt5.SubscribePacket(number, filters).write()


def words(code: enum.IntEnum, client_id: str) -> str:
    """A reason code, with what to do where that is known."""
    said = code.name.lower().replace("_", " ")
    advice = _ADVICE.get(code.name, "").format(client_id=client_id)
    return f"{said}; {advice}" if advice else said
