from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from psutil._ntuples import suser

from collector.sources.system import System, session_user
from tests.collector.recording import absent, tick

BOOT = datetime(2026, 11, 1, tzinfo=UTC)
SESSION = """# This is private data. Do not parse.
UID=1000
USER={user}
STATE={state}
CLASS={kind}
TTY={tty}
REMOTE={remote}
"""


def session(
    user: str = "eva", state: str = "active", kind: str = "user", tty: str = "tty2", remote: str = "0"
) -> str:
    return SESSION.format(user=user, state=state, kind=kind, tty=tty, remote=remote)


def test_uptime_is_the_kernels() -> None:
    reading = System(boot_time=lambda: BOOT, read=lambda _path: "3725.21 6162.32\n").gather(tick(0))
    assert (reading.uptime_seconds, reading.boot_time) == (3725.21, BOOT)


def test_without_proc_it_is_worked_out_from_the_boot_time() -> None:
    now = datetime.fromtimestamp(time.time() - 100, UTC)
    assert System(boot_time=lambda: now, read=absent).gather(tick(0)).uptime_seconds == pytest.approx(
        100, abs=5
    )
    assert System(boot_time=lambda: None, read=absent).gather(tick(0)).uptime_seconds is None


def test_users_are_counted_by_name_over_their_terminals(tmp_path: Path) -> None:
    def users() -> list[suser]:
        return [
            suser(name, terminal, "", 1.0, cast(str, 7))
            for name, terminal in (("eva", "tty1"), ("bo", "pts/0"), ("eva", "pts/1"))
        ]

    reading = System(users, lambda: BOOT, utmp=tmp_path).gather(tick(0))
    assert {name: user.terminals for name, user in reading.users.items()} == {"bo": 1, "eva": 2}
    assert (reading.user_count, reading.terminals) == (2, 3)


def test_where_nobody_keeps_who_is_logged_in_it_is_null_and_not_0(tmp_path: Path) -> None:
    none = tmp_path / "none"
    # An image has the folder of sessions, and nobody who fills it.
    for sessions, systemd in ((none, tmp_path), (tmp_path, none)):
        reading = System(boot_time=lambda: BOOT, sessions=sessions, utmp=none, systemd=systemd).gather(
            tick(0)
        )
        assert (reading.user_count, reading.terminals, reading.users) == (None, None, {})


def test_without_utmp_systemds_sessions_tell(tmp_path: Path) -> None:
    for number, text in enumerate(
        (session(), session("bo", tty="", remote="1"), session("gdm", kind="greeter"))
    ):
        (tmp_path / str(number)).write_text(text)
    (tmp_path / "0.ref").mkdir()  # logind's pipe: to read it would wait for ever
    (tmp_path / "ended").symlink_to(tmp_path / "gone")
    reading = System(
        boot_time=lambda: BOOT, sessions=tmp_path, utmp=tmp_path / "none", systemd=tmp_path
    ).gather(tick(0))
    assert {name: user.terminals for name, user in reading.users.items()} == {"eva": 1, "bo": 1}


@pytest.mark.parametrize(
    ("text", "user"),
    [
        (session(), "eva"),
        (session(tty="", remote="1"), "eva"),
        (session(tty=""), None),  # cron
        (session(state="closing"), None),
        (session(kind="manager"), None),
        (session(kind="greeter"), None),
        ("", None),
        ("no key\n\0\n", None),
    ],
)
def test_a_session_counts_when_a_person_is_at_a_terminal(text: str, user: str | None) -> None:
    assert session_user(text) == user


@pytest.mark.parametrize("uptime", ["", "soon 1\n", "nan 1\n", "18446744073709551615 1\n"])
def test_an_uptime_that_cannot_be_costs_itself(uptime: str, tmp_path: Path) -> None:
    def users() -> list[suser]:
        return [suser("eva", "tty1", "", 1.0, cast(str, 7))]

    source = System(users, lambda: BOOT, read=lambda _path: uptime, utmp=tmp_path)
    reading = source.gather(tick(0))
    assert (reading.uptime_seconds, reading.user_count, reading.boot_time) == (None, 1, BOOT)


def test_users_that_cannot_be_listed_cost_themselves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def refused() -> list[suser]:
        raise RuntimeError("utmp is torn")

    source = System(refused, lambda: BOOT, read=lambda _path: "5.0 1\n", utmp=tmp_path)
    assert [source.gather(tick(0)).uptime_seconds, source.gather(tick(1)).user_count] == [5.0, None]
    assert source.missing == "users: RuntimeError: utmp is torn"
    assert len(caplog.records) == 1
