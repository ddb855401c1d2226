from __future__ import annotations

from typing import NamedTuple

from perfwatch.mqtt.inbox import Inbox, newest


class Message(NamedTuple):
    topic: str
    payload: int
    retain: bool = True
    packet_id: int | None = None


def filled(inbox: Inbox[Message], *messages: Message) -> Inbox[Message]:
    for message in messages:
        inbox.append(message)
    return inbox


def test_messages_come_out_as_they_went_in_and_no_more_than_asked_for() -> None:
    sent = [Message("x", number) for number in range(5)]
    inbox = filled(Inbox(10), *sent)
    assert inbox.take(2) == sent[:2]
    assert inbox.take() == sent[2:]
    assert (len(inbox), inbox.skipped) == (0, 0)


def test_it_is_full_past_its_limit_and_loses_nothing() -> None:
    inbox = filled(Inbox(2), Message("x", 1), Message("x", 2))
    assert not inbox.full
    assert filled(inbox, Message("x", 3)).full
    assert [message.payload for message in inbox.take()] == [1, 2, 3]


def test_the_newest_of_each_topic_stays_in_the_order_of_arrival() -> None:
    kept = newest([Message("a", 1), Message("b", 2), Message("a", 3), Message("c", 4), Message("b", 5)])
    assert [message.payload for message in kept] == [3, 4, 5]


def test_a_replayed_reading_does_not_take_the_place_of_the_newest() -> None:
    kept = newest([Message("a", 9), Message("a", 1, retain=False), Message("a", 2, retain=False)])
    assert [message.payload for message in kept] == [9, 2]


def test_a_message_of_qos_1_is_never_skipped() -> None:
    kept = newest([Message("a", 1, packet_id=7), Message("a", 2, packet_id=8), Message("a", 3)])
    assert [message.payload for message in kept] == [1, 2, 3]


def test_one_for_the_newest_skips_and_counts_only_past_its_limit() -> None:
    inbox: Inbox[Message] = Inbox(4, newest_only=True)
    filled(inbox, *(Message("a", number) for number in range(4)))
    assert (len(inbox), inbox.skipped) == (4, 0)
    filled(inbox, Message("b", 4))
    assert not inbox.full
    assert ([message.payload for message in inbox.take()], inbox.skipped) == ([3, 4], 3)


def test_one_for_the_newest_is_bounded_by_the_number_of_topics() -> None:
    inbox: Inbox[Message] = Inbox(4, newest_only=True)
    lengths = set()
    for number in range(10_000):
        lengths.add(len(filled(inbox, Message(f"topic {number % 50}", number))))
        assert not inbox.full
    assert max(lengths) == 100  # it looks through them once in fifty messages, not at each
    assert [message.payload for message in inbox.take()][-50:] == list(range(9950, 10_000))
