"""The settings in force while the collector runs: obeys commands, remembers them, and answers."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from collector.remote_config import protocol
from collector.remote_config.protocol import Capabilities, Changes, State
from collector.stop import Stop
from perfwatch.errors import CommandError
from perfwatch.files import write_private
from perfwatch.topics import Topics

log = logging.getLogger(__name__)

WAITING_COMMANDS = 32


class Answers(Protocol):
    """Where answers go."""

    def confirm(self, state: bytes) -> None: ...

    def complain(self, error: bytes) -> None: ...


class Replies:
    """Answers on the host's own topics; `announce` publishes retained, `answer` once."""

    def __init__(
        self,
        topics: Topics,
        host: str,
        announce: Callable[[str, bytes], None],
        answer: Callable[[str, bytes], None],
    ) -> None:
        self._config = topics.config(host)
        self._error = topics.config_error(host)
        self._announce = announce
        self._answer = answer

    def confirm(self, state: bytes) -> None:
        """Publish the settings in force, now and at every connection to come."""
        self._announce(self._config, state)

    def complain(self, error: bytes) -> None:
        """Answer a command that cannot be obeyed. It is not kept: without a connection nobody asked."""
        self._answer(self._error, error)


class RemoteConfig:
    """`given` is what the collector was started with; what commands changed is kept in a file.

    `apply` is called with each new state, in the thread that calls `obey`.
    """

    def __init__(self, given: State, machine: Capabilities, kept: Path, stop: Stop) -> None:
        self._given = given
        self._machine = machine
        self._kept = kept
        self._stop = stop
        self._changes: Changes = {}
        self._waiting: deque[bytes] = deque(maxlen=WAITING_COMMANDS)
        self._refused = ""

    @property
    def state(self) -> State:
        """What is in force now."""
        return protocol.in_force(self._given, self._changes)

    def restore(self) -> None:
        """Put back in force what earlier commands changed. A file that cannot be used is left alone."""
        try:
            self._changes = protocol.merge({}, protocol.parse(self._kept.read_bytes(), self._machine))
        except FileNotFoundError:
            return
        except (OSError, CommandError) as exc:
            log.warning(
                "The settings from earlier commands in %s cannot be read (%s): the configured ones apply",
                self._kept,
                exc,
            )

    def hear(self, payload: bytes) -> None:
        """Take a command, from any thread, and wake the loop. Of too many that wait the oldest goes."""
        # One byte too many is enough to know that it is too long.
        self._waiting.append(payload[: protocol.LIMIT_BYTES + 1])
        self._stop.rouse()

    def obey(self, answers: Answers, apply: Callable[[State], None]) -> bool:
        """Do what the waiting commands say, and answer each. Whether anything is in force that was not."""
        before = self.state
        while self._waiting:
            try:
                self._obey(self._waiting.popleft(), apply)
            except CommandError as exc:
                self._log_refusal(str(exc))
                answers.complain(protocol.encode_error(exc))
            else:
                answers.confirm(protocol.encode(self.state))
        return self.state != before

    def _obey(self, payload: bytes, apply: Callable[[State], None]) -> None:
        before = self.state
        self._changes = protocol.merge(self._changes, protocol.parse(payload, self._machine))
        self._refused = ""
        if self.state == before:
            return
        log.info("New settings over MQTT: %s", protocol.encode(self.state).decode())
        apply(self.state)
        try:
            write_private(self._kept, msgspec.json.encode(self._changes).decode())
        except OSError as exc:
            log.warning(
                "The new settings cannot be saved in %s (%s): they last until the next restart",
                self._kept,
                exc.strerror,
            )

    def _log_refusal(self, sentence: str) -> None:
        if sentence != self._refused:  # whoever sends it again and again is answered, and logged once
            self._refused = sentence
            log.warning("Refused a command: %s", sentence)
