"""An asyncio MQTT 5 client whose acknowledgements are sent by its user, over the packets of `mqtt5`.

In the shape of aiomqtt 3, which is to take its place when plain pip can install it. One `Client` is
one connection: after it is lost, make another one. What was received over a lost connection can no
longer be acknowledged; the broker sends it again.
"""

from __future__ import annotations

import asyncio
import enum
import ssl
import sys
from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self, TypeAlias

import mqtt5

from perfwatch.broker import Broker
from perfwatch.errors import BrokerError
from perfwatch.mqtt.transport import MAX_PACKET, Transport

Message: TypeAlias = mqtt5.PublishPacket
"""What a subscription receives: topic, payload, qos, retain, packet_id, duplicate."""

Will: TypeAlias = mqtt5.Will
QoS: TypeAlias = mqtt5.QoS

_Answer: TypeAlias = mqtt5.PubAckPacket | mqtt5.SubAckPacket | mqtt5.UnsubAckPacket

ANSWER_SECONDS = 10.0
_FAILED = 128  # MQTT 5: reason codes from here on mean that it was refused
_LAST_PACKET_ID = 65535

# By name: the enumerations of mqtt5 0.8 are no Python enums, whatever its stubs say, and have no hash.
_ADVICE = {
    "BAD_USER_NAME_OR_PASSWORD": "check the user and password in PERFWATCH_BROKER",
    "NOT_AUTHORIZED": "check the user in PERFWATCH_BROKER and its rights",
    "UNSUPPORTED_PROTOCOL_VERSION": "it must speak MQTT 5",
    "CLIENT_ID_NOT_VALID": "choose another PERFWATCH_BRIDGE_ID",
    "SESSION_TAKEN_OVER": "is there another bridge of the same PERFWATCH_BRIDGE_ID?",
}


class Client:
    """One connection to `broker`: `async with Client(broker, client_id=…) as client`.

    Times are in seconds. `receive_max` bounds how many messages the broker sends ahead of their
    acknowledgement. Every method raises BrokerError once the connection is lost. Leaving the block
    by an exception has the broker publish the will; leaving it otherwise does not.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        client_id: str,
        session_expiry: float = 0,
        receive_max: int = 1000,
        keep_alive: float = 30,
        will: Will | None = None,
    ) -> None:
        self.broker = broker
        self.session_present = False
        self._keep_alive = keep_alive
        self._connect = mqtt5.ConnectPacket(
            client_id,
            username=broker.username,
            password=broker.password.encode() if broker.password else None,
            clean_start=False,
            will=will,
            keep_alive=max(1, round(keep_alive)),
            session_expiry_interval=min(round(session_expiry), 0xFFFFFFFF),
            receive_max=receive_max,
            max_packet_size=MAX_PACKET,
        )
        # QoS 0 is not held back by the receive maximum: past this, we stop reading from the socket.
        self._queue_limit = 2 * receive_max
        self._queue: deque[Message] = deque()
        self._arrived = asyncio.Event()
        self._answers: dict[int, asyncio.Future[_Answer]] = {}
        self._packet_id = 0
        self._error: BrokerError | None = None
        self._link = Transport(self._parse, self._lost)

    async def __aenter__(self) -> Self:
        self._welcome: asyncio.Future[mqtt5.ConnAckPacket] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._open()
                self._link.send(self._connect.write())
                self._accept(await self._welcome)
        except (OSError, UnicodeError) as exc:  # an impossible host name is a UnicodeError
            self._link.fail("was given up")
            raise BrokerError(f"{self.broker} cannot be reached: {str(exc) or 'it does not answer'}") from exc
        except BaseException:
            self._link.fail("was given up")
            raise
        self._pings = asyncio.create_task(self._ping())
        return self

    async def __aexit__(
        self, type_: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._pings.cancel()
        code = mqtt5.DisconnectReasonCode
        reason = code.NORMAL_DISCONNECTION if type_ is None else code.DISCONNECT_WITH_WILL_MESSAGE
        await self._link.close(mqtt5.DisconnectPacket(reason_code=reason).write())

    async def subscribe(self, pattern: str) -> None:
        """Subscribe at QoS 1. Retained messages come only when the session did not have it yet.

        Raises BrokerError when the broker refuses.
        """
        number = self._next_packet_id()
        topic_filter = mqtt5.TopicFilter(
            pattern,
            max_qos=mqtt5.QoS.AT_LEAST_ONCE,
            retain_handling=mqtt5.RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS,
        )
        answer = await self._ask(number, mqtt5.SubscribePacket(number, [topic_filter]).write())
        codes = answer.reason_codes if isinstance(answer, mqtt5.SubAckPacket) else []
        if codes and codes[0].value >= _FAILED:
            raise BrokerError(f"{self.broker} refused the subscription to {pattern}: {_words(codes[0])}")

    async def unsubscribe(self, pattern: str) -> None:
        """End a subscription that the session may have from before."""
        number = self._next_packet_id()
        await self._ask(number, mqtt5.UnsubscribePacket(number, [pattern]).write())

    async def messages(self) -> AsyncIterator[Message]:
        """Messages as they arrive, until the connection is lost (BrokerError)."""
        while True:
            for message in await self.arrived(1):
                yield message

    async def arrived(self, limit: int) -> list[Message]:
        """Up to `limit` messages that have arrived, once there is one; BrokerError after the last."""
        while not self._queue:
            self._link.resume()
            self._check()
            self._arrived.clear()
            await self._arrived.wait()
        return self.waiting(limit)

    def waiting(self, limit: int = sys.maxsize) -> list[Message]:
        """Up to `limit` of the messages that have arrived and were not given out yet."""
        return [self._queue.popleft() for _ in range(min(limit, len(self._queue)))]

    def puback(self, *messages: Message) -> None:
        """Tell the broker that these were taken, in the order in which they came.

        Does nothing when the connection is lost, and for messages of QoS 0.
        """
        self._link.send(
            b"".join(
                [mqtt5.PubAckPacket(one.packet_id).write() for one in messages if one.packet_id is not None]
            )
        )

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False, expiry: int | None = None
    ) -> None:
        """Publish; at QoS 1, return when the broker has it. Raises BrokerError when it refuses.

        The broker forgets the message after `expiry` seconds (None: never).
        """
        await self._link.writable.wait()
        self._check()
        if not qos:
            packet = mqtt5.PublishPacket(topic, payload, retain=retain, message_expiry_interval=expiry)
            self._link.send(packet.write())
            return
        async with self._quota:
            number = self._next_packet_id()
            packet = mqtt5.PublishPacket(
                topic,
                payload,
                qos=QoS(qos),
                retain=retain,
                packet_id=number,
                message_expiry_interval=expiry,
            )
            answer = await self._ask(number, packet.write())
        if isinstance(answer, mqtt5.PubAckPacket) and answer.reason_code.value >= _FAILED:
            raise BrokerError(
                f"{self.broker} refused what was published on {topic}: {_words(answer.reason_code)}"
            )

    async def _open(self) -> None:
        await asyncio.get_running_loop().create_connection(
            lambda: self._link,
            self.broker.host,
            self.broker.port,
            ssl=ssl.create_default_context(cafile=self.broker.ca_file) if self.broker.tls else None,
        )

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    async def _ask(self, number: int, packet: bytes) -> _Answer:
        self._check()
        future: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._answers[number] = future
        try:
            self._link.send(packet)
            async with asyncio.timeout(ANSWER_SECONDS):
                return await future
        except TimeoutError as exc:
            raise BrokerError(f"{self.broker} does not answer") from exc
        finally:
            del self._answers[number]

    def _next_packet_id(self) -> int:
        while True:
            self._packet_id = self._packet_id % _LAST_PACKET_ID + 1
            if self._packet_id not in self._answers:
                return self._packet_id

    def _accept(self, welcome: mqtt5.ConnAckPacket) -> None:
        if welcome.reason_code.value >= _FAILED:
            raise BrokerError(f"{self.broker} refused us: {_words(welcome.reason_code)}")
        self.session_present = welcome.session_present
        self._quota = asyncio.Semaphore(welcome.receive_max)
        if welcome.server_keep_alive:
            self._keep_alive = welcome.server_keep_alive

    def _parse(self, unused: memoryview) -> int:
        """Take every whole packet out of `unused`; returns how many bytes they had."""
        used, qos_2 = 0, QoS.EXACTLY_ONCE
        while used < len(unused):
            try:
                packet, size = mqtt5.read(unused[used:])
            except IndexError:  # mqtt5's way to say that the rest of a packet is still to come
                break
            except BaseException as exc:
                if type(exc).__name__ == "PanicException":  # mqtt5 0.8 on text that is not UTF-8
                    raise ValueError("a text is not UTF-8") from exc
                raise
            used += size
            if isinstance(packet, Message) and packet.qos != qos_2:
                self._queue.append(packet)
            else:
                self._received(packet)
        if self._queue:
            self._arrived.set()
            if len(self._queue) > self._queue_limit:
                self._link.pause()
        return used

    def _received(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.PubAckPacket() | mqtt5.SubAckPacket() | mqtt5.UnsubAckPacket():
                answer = self._answers.get(packet.packet_id)
                if answer is not None and not answer.done():
                    answer.set_result(packet)
            case mqtt5.ConnAckPacket() if not self._welcome.done():
                self._welcome.set_result(packet)
            case mqtt5.DisconnectPacket():
                self._link.fail(f"ended the connection: {_words(packet.reason_code)}")
            case mqtt5.PingRespPacket():
                pass  # that anything came is what counts, and _Link notes it
            case _:
                self._link.fail(f"sent an unexpected {type(packet).__name__}")

    def _lost(self, reason: str) -> None:
        self._error = BrokerError(f"{self.broker} {reason}")
        pending: list[asyncio.Future[Any]] = [self._welcome, *self._answers.values()]
        for future in pending:
            if not future.done():
                future.set_exception(self._error)
                future.exception()  # seen: nobody may be waiting for it any more
        self._arrived.set()

    async def _ping(self) -> None:
        """Ping at half the agreed interval; a broker that sends nothing for one and a half is gone."""
        while True:
            await asyncio.sleep(self._keep_alive / 2)
            silence = self._link.silence()
            if silence > 1.5 * self._keep_alive:
                self._link.fail(f"has been silent for {silence:.1f} s")
            self._link.send(mqtt5.PingReqPacket().write())


def _words(code: enum.IntEnum) -> str:
    """A reason code as people say it, with what to do where that is known."""
    words = code.name.lower().replace("_", " ")
    return f"{words}; {_ADVICE[code.name]}" if code.name in _ADVICE else words
