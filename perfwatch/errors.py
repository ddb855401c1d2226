"""Everything PerfWatch raises on purpose.

PerfWatchError
├── SettingError      a setting's value cannot be used
├── TopicError        a name cannot be a topic level
├── PayloadError      a message's payload is not what its topic promises
├── BrokerError       the broker refused us or cannot be reached
├── StoreError        the history store cannot do what was asked
│   └── PartialWrite  it kept all but some points (perfwatch.history.store)
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


class BrokerError(PerfWatchError):
    """The broker refused us or cannot be reached."""


class StoreError(PerfWatchError):
    """The history store cannot do what was asked of it."""


class TokenError(PerfWatchError):
    """A token is missing, forged, expired or revoked."""


class AccountError(PerfWatchError):
    """An account cannot be made or changed."""


class StartError(PerfWatchError):
    """Something that must be there before we can run is not."""
