"""What is known of hosts, kept on disk."""

from __future__ import annotations

from pathlib import Path

from alerts.engine import Engine
from alerts.memory import load_memory, save_memory
from perfwatch.alerting.machine import Standing
from tests.alerts.house import only

OLD = (
    '{"watched":25.0,"name":"","host":null}\n'
    '{"watched":0.0,"name":"nas","host":{"online":true,"interval":5.0,"heard":{"cpu":25.0},'
    '"told":{"cpu":1800000025.0},"own_tags":{"room":"cellar"},"given_tags":{},"tracks":{"x":{"":'
    '{"standing":"firing","since":1800000020.0,"fired":1800000020.0,"seen":1800000025.0,'
    '"wrong_since":1800000020.0,"right_since":null,"value":97.33333333333333,"limit":95.0,"window":'
    '{"began":1800000005.0,"times":"AADAg3TS2kEAAACFdNLaQQAAQIZ00tpB",'
    '"values":"AAAAAADAWEAAAAAAAABYQAAAAAAAQFhA"},"days":null}}}}}\n'
)
"""Written by a version before 4-byte times, whose windows had seconds since 1970."""
RULE = "kind = 'threshold'\nmetric = 'cpu'\nfield = 'user'\nat_least = 95\nstatistic = 'mean'\nwindow = '15s'"


def test_what_an_older_version_kept_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "memory.jsonl"
    path.write_text(OLD)
    save_memory(path, load_memory(path))  # in the form of this version
    engine = Engine(only(RULE), load_memory(path))
    track = engine.memory.hosts["nas"].tracks["x", ""]
    assert track.standing is Standing.FIRING
    engine.reading("nas", "cpu", 1800000030.0, {"user": 92.0}, 1800000030.0)
    # Of the last 15 s: 96, 97 and 92, all of which the window knows.
    assert (track.value, track.standing) == (95.0, Standing.FIRING)
    engine.reading("nas", "cpu", 1800000035.0, {"user": 92.0}, 1800000035.0)
    assert (track.value, track.standing) == ((97 + 92 + 92) / 3, Standing.OK)


def test_what_an_older_version_kept_goes_on_without_a_restart_in_between(tmp_path: Path) -> None:
    path = tmp_path / "memory.jsonl"
    path.write_text(OLD)
    engine = Engine(only(RULE), load_memory(path))
    engine.reading("nas", "cpu", 1800000030.0, {"user": 92.0}, 1800000030.0)
    assert engine.memory.hosts["nas"].tracks["x", ""].value == 95.0
