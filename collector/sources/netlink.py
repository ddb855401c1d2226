"""Questions to the kernel over netlink(7), which answers each with many messages."""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator

# linux/netlink.h
_REQUEST_DUMP = 0x0301
_ERROR, _DONE = 2, 3
_HEAD = struct.Struct("=IHHII")
_ERRNO = struct.Struct("=i")
_BUFFER_BYTES = 65536
_PATIENCE_SECONDS = 1.0

Message = tuple[int, memoryview]
"""Its kind and its content."""


def dump(protocol: int, kind: int, body: bytes) -> Iterator[Message]:
    """All that the kernel answers. Raises OSError, ValueError."""
    if not hasattr(socket, "AF_NETLINK"):
        raise OSError(errno.EAFNOSUPPORT, "this system has no netlink")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as kernel:
        kernel.settimeout(_PATIENCE_SECONDS)
        kernel.send(_HEAD.pack(_HEAD.size + len(body), kind, _REQUEST_DUMP, 1, 0) + body)
        while batch := kernel.recv(_BUFFER_BYTES):
            for message in messages(batch):
                if message[0] == _DONE:
                    return
                yield message


def messages(batch: bytes) -> Iterator[Message]:
    """The messages in one answer of the kernel. Raises OSError when it is a refusal, and ValueError."""
    view, start, end, head = memoryview(batch), 0, len(batch), _HEAD.size
    while start + head <= end:
        length, kind, _, _, _ = _HEAD.unpack_from(batch, start)
        if length < head:
            raise ValueError(f"a netlink message of {length} bytes")
        content = view[start + head : start + length]
        if kind == _ERROR:
            if len(content) < _ERRNO.size:
                raise ValueError("a refusal over netlink without a reason")
            number = -_ERRNO.unpack_from(content)[0]
            raise OSError(number, os.strerror(number))
        yield kind, content
        start += (length + 3) & ~3
