"""Everything PerfWatch raises on purpose.

PerfWatchError
├── SettingError      a setting's value cannot be used
├── TopicError        a name cannot be a topic level
├── PayloadError      a message's payload is not what its topic promises
├── RuleError         the rules of alerts cannot be used
├── ChannelError      a message could not be sent, or a channel cannot be used
├── CommandError      a command on config/set cannot be obeyed
├── BrokerError       the broker refused us or cannot be reached
│   └── Refused       it refuses one thing, and the connection to it goes on
├── StoreError        a store of readings cannot do what was asked: the history, or a journal
│   ├── JournalError  a journal's folder cannot be used
│   ├── PartialWrite  it kept a batch but for some points, which it will never take
│   ├── BadPoints     it kept nothing of a batch, because something in it is bad
│   ├── Elsewhere     it would keep what is written where nobody reads it
│   └── Unsupported   its server cannot do such a thing at all
├── ApiError          the dashboard refused what a client asked, or cannot be reached
├── PageError         a page of somebody's own is not run, or uses what only such a page has
├── TokenError        a token is missing, forged, expired or revoked
├── AccountError      an account cannot be made or changed
└── StartError        something that must be there before we can run is not
"""

from __future__ import annotations


class PerfWatchError(Exception):
    """The root of the tree. Its text is a sentence that may be shown to a user."""


class SettingError(PerfWatchError):
    """A setting's value cannot be used. Names the setting, never prints a secret's value."""

    def __init__(self, name: str, expected: str, value: str | None = None) -> None:
        self.name = name
        self.expected = expected
        given = "" if value is None else f" is {value!r}, but"
        super().__init__(f"{name}{given} {expected}")


class TopicError(PerfWatchError):
    """A name cannot be a topic level, or a prefix cannot start a topic."""


class PayloadError(PerfWatchError):
    """A payload is not what its topic promises."""

    def __init__(self, topic: str, reason: str) -> None:
        self.topic = topic
        self.reason = reason
        super().__init__(f"{topic}: {reason}")


class CommandError(PerfWatchError):
    """A command on `config/set` cannot be obeyed. `key` is None when it is no JSON object at all."""

    def __init__(self, key: str | None, expected: str, value: object) -> None:
        self.key = key
        self.expected = expected
        self.value = value
        super().__init__(f"{'The command' if key is None else key} is {_cut(value)}, but must be {expected}")


class RuleError(PerfWatchError):
    """The rules of alerts, or one of them, cannot be used; says which, and why."""


class ChannelError(PerfWatchError):
    """A message about alerts could not be sent, or its channel cannot be used. Never has the address."""


class BrokerError(PerfWatchError):
    """The broker refused us or cannot be reached."""


class Refused(BrokerError):
    """The broker does not take one message or subscription, now or later; the connection goes on."""


class StoreError(PerfWatchError):
    """A store of readings cannot do what was asked of it.

    `pause` is for how many seconds it asks to be left alone; 0 when it does not say.
    """

    pause = 0.0


class JournalError(StoreError):
    """The disk does not let a journal be written or read. Nothing that is in it is lost by that."""


class PartialWrite(StoreError):
    """All points of a batch are kept but those that the store refuses for good.

    `refused` has one sentence for each of them, which names the point and the reason.
    """

    def __init__(self, message: str, refused: list[str]) -> None:
        self.refused = refused
        super().__init__(message)


class BadPoints(StoreError):
    """Nothing of a batch is kept, because the store refuses something in it; the store itself is well."""


class Elsewhere(StoreError):
    """What is written to the store would not be where we read, as the settings are."""


class Unsupported(StoreError):
    """The store's server cannot do what was asked, now or later."""


class ApiError(PerfWatchError):
    """The dashboard or the broker refused what a client asked, in its words, or cannot be reached."""


class PageError(PerfWatchError):
    """A page of somebody's own is not run and why, or what only such a page has is used elsewhere."""


class TokenError(PerfWatchError):
    """A token is missing, forged, expired or revoked."""


class AccountError(PerfWatchError):
    """An account cannot be made or changed."""


class StartError(PerfWatchError):
    """Something that must be there before we can run is not."""


def _cut(value: object, longest: int = 80) -> str:
    shown = repr(value)
    return shown if len(shown) <= longest else shown[:longest] + "…"
