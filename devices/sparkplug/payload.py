"""Sparkplug B's payloads, read by Google's protobuf. No input or output.

Of the schema of the Sparkplug specification (3.0, chapter 6) this declares the fields that are read here;
protobuf passes over all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from devices.values import MAX_PAYLOAD, Unusable

# Field: its number and type. A type in capitals is another message, one with `*` comes any number of times,
# and of those with `|` a message has one.
_Fields = Mapping[str, tuple[int, str]]
_MESSAGES: Mapping[str, _Fields] = {
    "Payload": {"timestamp": (1, "uint64"), "metrics": (2, "*Metric"), "uuid": (4, "string")},
    "Metric": {
        "name": (1, "string"),
        "alias": (2, "uint64"),
        "timestamp": (3, "uint64"),
        "datatype": (4, "uint32"),
        "is_historical": (5, "bool"),
        "is_transient": (6, "bool"),
        "is_null": (7, "bool"),
        "properties": (9, "PropertySet"),
        "int_value": (10, "|uint32"),
        "long_value": (11, "|uint64"),
        "float_value": (12, "|float"),
        "double_value": (13, "|double"),
        "boolean_value": (14, "|bool"),
        "string_value": (15, "|string"),
        "template_value": (18, "|Template"),
    },
    "Template": {"metrics": (2, "*Metric"), "is_definition": (5, "bool")},
    "PropertySet": {"keys": (1, "*string"), "values": (2, "*PropertyValue")},
    "PropertyValue": {"string_value": (8, "string")},
}
_COMPRESSED = "SPBV1.0_COMPRESSED"


def _schema() -> descriptor_pb2.FileDescriptorProto:
    # Of this edition a text that is not UTF-8 is an error; proto2, as specified, lets it pass.
    file = descriptor_pb2.FileDescriptorProto(name="sparkplug.proto", package="sparkplug", syntax="editions")
    file.edition = descriptor_pb2.EDITION_2023
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            added = message.field.add(name=field, number=number)
            added.label = added.LABEL_REPEATED if kind.startswith("*") else added.LABEL_OPTIONAL
            if kind.startswith("|"):
                added.oneof_index = 0
            _set_type(added, kind.lstrip("*|"))
        if any(field.HasField("oneof_index") for field in message.field):
            message.oneof_decl.add(name="value")
    return file


def _set_type(field: descriptor_pb2.FieldDescriptorProto, kind: str) -> None:
    if kind in _MESSAGES:
        field.type, field.type_name = field.TYPE_MESSAGE, f".sparkplug.{kind}"
    else:
        field.type = getattr(field, f"TYPE_{kind.upper()}")


_pool = descriptor_pool.DescriptorPool()
_pool.Add(_schema())
_Payload: type[Message] = message_factory.GetMessageClass(_pool.FindMessageTypeByName("sparkplug.Payload"))


def decode(payload: bytes) -> Any:
    """The payload as protobuf's message. Raises Unusable."""
    if len(payload) > MAX_PAYLOAD:
        raise Unusable(f"it has more than {MAX_PAYLOAD:,} bytes")
    found: Any = _Payload()
    try:
        found.ParseFromString(payload)
    except DecodeError as exc:
        raise Unusable("it is no payload of Sparkplug B") from exc
    if found.uuid == _COMPRESSED:
        raise Unusable("it is compressed: switch compression off in the edge node")
    return found
