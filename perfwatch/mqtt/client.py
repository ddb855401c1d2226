"""An asyncio MQTT 5 client over the packets of `mqtt5`, for whatever here subscribes.

In the shape of aiomqtt 3, which is to take its place when plain pip can install it:

    async with Client(broker, client_id="shed") as client:
        await client.subscribe("sensors/+")
        async for message in client.messages():
            await client.publish(f"seen/{message.topic}", message.payload, qos=1)

One `Client` is one connection: after it is lost, make another one (`reconnect.py`). What was received
over a lost connection can no longer be acknowledged; the broker sends it again.
"""

from __future__ import annotations

import asyncio
import enum
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeAlias

import mqtt5

from perfwatch.broker import Broker
from perfwatch.errors import BrokerError, Refused
from perfwatch.mqtt.inbox import Inbox
from perfwatch.mqtt.limits import Limits
from perfwatch.mqtt.packets import FAILED, subscription, whole_packets, words
from perfwatch.mqtt.pending import Ack, Pending
from perfwatch.mqtt.pings import ping
from perfwatch.mqtt.transport import MAX_PACKET, Transport

Message: TypeAlias = mqtt5.PublishPacket
"""What a subscription receives: topic, payload, qos, retain, packet_id, duplicate."""

Will: TypeAlias = mqtt5.Will
QoS: TypeAlias = mqtt5.QoS

ANSWER_SECONDS = 10.0


class Client:
    """One connection to `broker`: `async with Client(broker) as client`.

    Times are in seconds. Without a `client_id` the broker chooses one. It keeps the subscriptions and
    what arrives for `session_expiry` after the connection, and sends at most `receive_max` messages
    ahead of their acknowledgement: each is acknowledged when it is given out, or with `manual_ack` by
    `puback`. When twice as many wait to be given out we read no further, unless for an answer; with
    `newest_only` we go on, and skip what is older than another message of its topic (`skipped` counts
    these). A message of more than 1 MiB does not come; with `oversized` it comes with that payload.

    Every method raises BrokerError once the connection is lost. Leaving the block by an exception has
    the broker publish the will; leaving it otherwise does not.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        client_id: str = "",
        session_expiry: float = 0,
        receive_max: int = 1000,
        keep_alive: float = 30,
        will: Will | None = None,
        manual_ack: bool = False,
        newest_only: bool = False,
        oversized: bytes | None = None,
    ) -> None:
        self.broker = broker
        self.session_present = False
        self.limits = Limits()
        self._keep_alive = keep_alive
        self._manual_ack = manual_ack
        self._connect = mqtt5.ConnectPacket(
            client_id,
            username=broker.username,
            password=broker.password.encode() if broker.password else None,
            clean_start=False,
            will=will,
            keep_alive=max(1, round(keep_alive)),
            session_expiry_interval=min(round(session_expiry), 0xFFFFFFFF),
            receive_max=receive_max,
            max_packet_size=MAX_PACKET if oversized is None else None,
        )
        # QoS 0 is not held back by the receive maximum: past this, we stop reading from the socket.
        self._inbox: Inbox[Message] = Inbox(2 * receive_max, newest_only)
        self._receive_max = receive_max
        self._arrived = asyncio.Event()
        self._wanted = 1
        self._pending = Pending()
        self._error: BaseException | None = None
        self._transport = Transport(self._parse, self._lost, oversized)

    @property
    def skipped(self) -> int:
        """How many messages were skipped so far for newer ones."""
        return self._inbox.skipped

    async def __aenter__(self) -> Self:
        self._welcome: asyncio.Future[mqtt5.ConnAckPacket] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._transport.open(self.broker)
                self._transport.send(self._connect.write())
                self._accept(await self._welcome)
        except (OSError, UnicodeError) as exc:  # an impossible host name is a UnicodeError
            self._transport.fail("was given up")
            raise BrokerError(f"{self.broker} cannot be reached: {str(exc) or 'it does not answer'}") from exc
        except BaseException:
            self._transport.fail("was given up")
            raise
        self._pings = asyncio.create_task(ping(self._transport, self._keep_alive))
        self._pings.add_done_callback(self._pinged)
        return self

    async def __aexit__(
        self, type_: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._pings.cancel()
        code = mqtt5.DisconnectReasonCode
        reason = code.NORMAL_DISCONNECTION if type_ is None else code.DISCONNECT_WITH_WILL_MESSAGE
        await self._transport.close(mqtt5.DisconnectPacket(reason_code=reason).write())

    async def subscribe(self, *patterns: str, qos: int = 1, as_published: bool = True) -> None:
        """Subscribe, at that QoS at most. Retained messages come for what the session did not have yet.

        A message's `retain` says how it was published; without `as_published` that it is an old one, which
        was retained before. Raises Refused, which names the first pattern that the broker does not allow.
        """
        number = self._pending.next_id()
        answer = await self._ask(number, subscription(number, patterns, qos, as_published))
        codes = answer.reason_codes if isinstance(answer, mqtt5.SubAckPacket) else []
        for pattern, code in zip(patterns, codes, strict=False):
            if code.value >= FAILED:
                raise Refused(f"{self.broker} refused the subscription to {pattern}: {self._words(code)}")

    async def unsubscribe(self, pattern: str) -> None:
        """End a subscription that the session may have from before."""
        number = self._pending.next_id()
        await self._ask(number, mqtt5.UnsubscribePacket(number, [pattern]).write())

    async def messages(self) -> AsyncIterator[Message]:
        """Messages as they arrive, until the connection is lost (BrokerError)."""
        while True:
            for message in await self.arrived(1):
                yield message

    async def arrived(self, limit: int = sys.maxsize) -> list[Message]:
        """Up to `limit` messages that have arrived, once there is one; BrokerError after the last."""
        await self.gathered(1)
        return self.waiting(limit)

    async def gathered(self, count: int, seconds: float | None = None) -> bool:
        """Wait, for at most `seconds`, until so many messages have arrived; returns whether they have.

        They are given out by `waiting`. As many as the broker may send ahead are always enough. Raises
        BrokerError when there are none and none will come.
        """
        self._wanted = min(count, self._receive_max)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while len(self._inbox) < self._wanted and self._error is None:
                    self._transport.resume()
                    self._arrived.clear()
                    await self._arrived.wait()
        if not self._inbox:
            self._check()
        return len(self._inbox) >= self._wanted

    def waiting(self, limit: int = sys.maxsize) -> list[Message]:
        """Up to `limit` of the messages that have arrived and were not given out yet."""
        given = self._inbox.take(limit)
        if not self._manual_ack:
            self.puback(*given)
        return given

    @property
    def backlog(self) -> int:
        """How many messages have arrived and were not given out yet."""
        return len(self._inbox)

    async def rest(self, seconds: float) -> None:
        """Let what comes gather meanwhile, unless an answer is awaited, which comes behind it."""
        if not self._pending:
            await self._transport.rest(seconds)

    def puback(self, *messages: Message) -> None:
        """Tell the broker that these were taken, in the order in which they came.

        Does nothing when the connection is lost, and for messages of QoS 0.
        """
        acks = [mqtt5.PubAckPacket(one.packet_id).write() for one in messages if one.packet_id is not None]
        self._transport.send(b"".join(acks))

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False, expiry: int | None = None
    ) -> None:
        """Publish; at QoS 1, return when the broker has it.

        The broker forgets the message after `expiry` seconds (None: never). Raises Refused when the
        broker does not take it; what it said it would not take is not sent at all.
        """
        await self._transport.writable.wait()
        self._check()
        if not qos:
            self._transport.send(self._packet(topic, payload, 0, retain, expiry, None))
            return
        async with self._quota:
            number = self._pending.next_id()
            packet = self._packet(topic, payload, qos, retain, expiry, number)
            answer = await self._ask(number, packet)
        if isinstance(answer, mqtt5.PubAckPacket) and answer.reason_code.value >= FAILED:
            reason = self._words(answer.reason_code)
            raise Refused(f"{self.broker} refused what was published on {topic}: {reason}")

    def _packet(
        self, topic: str, payload: bytes, qos: int, retain: bool, expiry: int | None, number: int | None
    ) -> bytes:
        packet = mqtt5.PublishPacket(
            topic, payload, qos=QoS(qos), retain=retain, packet_id=number, message_expiry_interval=expiry
        ).write()
        if reason := self.limits.refusal(len(packet), qos, retain):
            raise Refused(f"{self.broker} would refuse what was to be published on {topic}: it has {reason}")
        return packet

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    async def _ask(self, number: int, packet: bytes) -> Ack:
        self._check()
        self._transport.send(packet)
        self._transport.resume()  # the answer comes behind messages, however many wait already
        try:
            return await self._pending.answer(number, ANSWER_SECONDS)
        except TimeoutError as exc:
            raise BrokerError(f"{self.broker} does not answer") from exc

    def _accept(self, welcome: mqtt5.ConnAckPacket) -> None:
        if welcome.reason_code.value >= FAILED:
            raise BrokerError(f"{self.broker} refused us: {self._words(welcome.reason_code)}")
        self.session_present = welcome.session_present
        self.limits = Limits(
            welcome.receive_max, welcome.max_packet_size, welcome.max_qos.value, welcome.retain_available
        )
        self._quota = asyncio.Semaphore(welcome.receive_max)
        if welcome.server_keep_alive:
            self._keep_alive = welcome.server_keep_alive

    def _parse(self, unused: memoryview) -> int:
        """Take every whole packet out of `unused`; returns how many bytes they had."""
        used, qos_2 = 0, QoS.EXACTLY_ONCE
        for packet, end in whole_packets(unused):
            used = end
            if isinstance(packet, Message) and packet.qos != qos_2:
                self._inbox.append(packet)
            else:
                self._received(packet)
        if used:
            self._pending.put_off()
        if len(self._inbox) >= self._wanted:
            self._arrived.set()
        if self._inbox.full and not self._pending:
            self._transport.pause()
        return used

    def _received(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.PubAckPacket() | mqtt5.SubAckPacket() | mqtt5.UnsubAckPacket():
                self._pending.receive(packet)
            case mqtt5.ConnAckPacket() if not self._welcome.done():
                self._welcome.set_result(packet)
            case mqtt5.DisconnectPacket():
                self._transport.fail(f"ended the connection: {self._words(packet.reason_code)}")
            case mqtt5.PingRespPacket():
                pass  # that anything came is what counts, and Transport notes it
            case _:
                self._transport.fail(f"sent an unexpected {type(packet).__name__}")

    def _pinged(self, pings: asyncio.Task[None]) -> None:
        if not pings.cancelled() and (unforeseen := pings.exception()):
            self._end(unforeseen)

    def _lost(self, reason: str) -> None:
        self._end(BrokerError(f"{self.broker} {reason}"))

    def _end(self, error: BaseException) -> None:
        self._error = error
        self._pending.fail(error)
        if not self._welcome.done():
            self._welcome.set_exception(error)
            self._welcome.exception()  # seen: nobody may be waiting for it any more
        self._arrived.set()

    def _words(self, code: enum.IntEnum) -> str:
        return words(code, self._connect.client_id)
