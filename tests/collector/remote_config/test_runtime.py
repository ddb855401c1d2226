from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from collector.remote_config.protocol import LIMIT_BYTES, State
from collector.remote_config.runtime import WAITING_COMMANDS, RemoteConfig
from collector.stop import Stop
from tests.collector.remote_config.test_protocol import GIVEN, MACHINE


class Answered:
    def __init__(self) -> None:
        self.confirmed: list[bytes] = []
        self.complaints: list[bytes] = []

    def confirm(self, state: bytes) -> None:
        self.confirmed.append(state)

    def complain(self, error: bytes) -> None:
        self.complaints.append(error)


class Controlled:
    """A remote configuration with its file, what it applied and what it answered."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "collector" / "nas.json"
        self.stop = Stop()
        self.remote = RemoteConfig(GIVEN, MACHINE, self.file, self.stop)
        self.remote.restore()
        self.applied: list[State] = []
        self.answers = Answered()

    def tell(self, *payloads: bytes) -> bool:
        for payload in payloads:
            self.remote.hear(payload)
        return self.remote.obey(self.answers, self.applied.append)


@pytest.fixture
def controlled(tmp_path: Path) -> Controlled:
    return Controlled(tmp_path)


def test_a_command_is_applied_kept_and_confirmed(controlled: Controlled, tmp_path: Path) -> None:
    assert controlled.tell(b'{"interval": 2, "sources": {"cpu": false}}')
    assert [state.interval for state in controlled.applied] == [2.0]
    assert controlled.applied[0].switched_on == ["memory", "perf_events"]
    assert json.loads(controlled.answers.confirmed[0])["interval"] == 2.0
    assert Controlled(tmp_path).remote.state == controlled.remote.state


def test_a_command_wakes_the_loop(controlled: Controlled) -> None:
    controlled.remote.hear(b"{}")
    assert controlled.stop.wait(0) is False
    # It was roused, not set: nothing more is there to wake it.
    assert controlled.stop._asked.empty()


def test_a_refused_command_changes_nothing_and_is_answered(controlled: Controlled) -> None:
    assert not controlled.tell(b'{"interval": 2, "perf_cores": "99"}')
    assert controlled.applied == []
    assert controlled.answers.confirmed == []
    assert json.loads(controlled.answers.complaints[0])["key"] == "perf_cores"
    assert not controlled.file.exists()
    assert controlled.remote.state == GIVEN


def test_a_command_that_changes_nothing_is_confirmed_and_writes_nothing(controlled: Controlled) -> None:
    assert not controlled.tell(b'{"interval": 5}')
    assert len(controlled.answers.confirmed) == 1
    assert controlled.applied == []
    assert not controlled.file.exists()


def test_commands_are_obeyed_in_order(controlled: Controlled) -> None:
    assert controlled.tell(b'{"interval": 2}', b"nonsense", b'{"interval": 3}')
    assert [state.interval for state in controlled.applied] == [2.0, 3.0]
    assert len(controlled.answers.complaints) == 1


def test_null_goes_back_to_what_the_collector_was_started_with(
    controlled: Controlled, tmp_path: Path
) -> None:
    controlled.tell(b'{"interval": 2, "perf_cores": "0"}')
    controlled.tell(b'{"interval": null}')
    assert controlled.remote.state.interval == 5.0
    assert json.loads(controlled.file.read_text()) == {"perf_cores": "0"}
    assert Controlled(tmp_path).remote.state.perf_cores == "0"


def test_of_a_flood_the_newest_commands_are_obeyed(controlled: Controlled) -> None:
    flood = [b'{"interval": %d}' % seconds for seconds in range(1, 2000)]
    controlled.tell(*flood)
    assert len(controlled.applied) == WAITING_COMMANDS
    assert controlled.remote.state.interval == 1999.0


def test_a_huge_command_is_not_kept_in_memory(controlled: Controlled) -> None:
    controlled.remote.hear(b'"' + b"a" * 10_000_000 + b'"')
    assert len(controlled.remote._waiting[0]) == LIMIT_BYTES + 1
    controlled.tell()
    assert "at most" in json.loads(controlled.answers.complaints[0])["expected"]


def test_the_same_refusal_is_logged_once(controlled: Controlled, caplog: pytest.LogCaptureFixture) -> None:
    controlled.tell(*[b"nonsense"] * 3)
    assert [record.message for record in caplog.records] == [
        "Refused a command: The command is 'nonsense', but must be a JSON object"
    ]
    assert len(controlled.answers.complaints) == 3


@pytest.mark.parametrize("kept", [b"", b"{", b'{"perf_cores": "99"}', b'{"gone": 1}', b"\xff"])
def test_a_file_that_cannot_be_used_is_said_and_the_settings_hold(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kept: bytes
) -> None:
    file = tmp_path / "collector" / "nas.json"
    file.parent.mkdir()
    file.write_bytes(kept)
    assert Controlled(tmp_path).remote.state == GIVEN
    assert str(file) in caplog.text
    assert len(caplog.records) == 1
    assert file.read_bytes() == kept


def test_a_folder_that_cannot_be_written_is_said_and_the_command_obeyed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    (tmp_path / "collector").write_text("a file where the folder should be")
    remote = RemoteConfig(GIVEN, MACHINE, tmp_path / "collector" / "nas.json", Stop())
    answers, applied = Answered(), list[State]()
    remote.hear(b'{"interval": 2}')
    assert remote.obey(answers, applied.append)
    assert [state.interval for state in applied] == [2.0]
    assert "cannot be saved" in caplog.text
