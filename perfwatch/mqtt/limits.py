"""What a broker says, when it welcomes a client, that it takes."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """The broker's own bounds. `packet_size` is in bytes, None where there is none."""

    receive_max: int = 65535
    packet_size: int | None = None
    qos: int = 2
    retain: bool = True

    def refusal(self, size: int, qos: int, retain: bool) -> str | None:
        """Why it would end the connection over a message of that many bytes; None when it takes it."""
        if self.packet_size is not None and size > self.packet_size:
            return f"{size} bytes, and it takes {self.packet_size} at most"
        if qos > self.qos:
            return f"QoS {qos}, and it takes {self.qos} at most"
        if retain and not self.retain:
            return "to be retained, and it retains nothing"
        return None
