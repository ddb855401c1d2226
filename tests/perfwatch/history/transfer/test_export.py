"""`perfwatch export`, `import` and `history info`, as processes on a real history."""

from __future__ import annotations

import csv
import io
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyarrow import parquet  # type: ignore[import-untyped]

from perfwatch.history.policy import DAY_MS, Policy
from perfwatch.history.rollup import HOUR, MINUTE, total
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point, Series
from perfwatch.history.transfer import export, import_
from perfwatch.history.transfer.export import rows
from perfwatch.readings.codec import to_ms
from tests.stack import COMMAND, environment

NOON = to_ms(datetime(2026, 11, 23, 12, tzinfo=UTC))
USER = Series("cpu", "nas", "", "", "user")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An hour of two hosts, each minute."""
    with SqliteStore(tmp_path / "history.db") as opened:
        for minute in range(60):
            at = NOON + minute * MINUTE
            cpu = Point("cpu", "nas", "", "", at, {"user": float(minute), "system": 0.5})
            core = Point("cpu", "nas", "core", "0", at, {"usage_percent": 1.5})
            opened.write([cpu, core, Point("memory", "pi", "", "", at, {"free_bytes": 1e9})])
        yield opened


def run(store: SqliteStore, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, "perfwatch.cli", *arguments, "--history", f"sqlite://{store.path}"]
    return subprocess.run(command, env=environment(), input=stdin, capture_output=True, timeout=60)


def content(store: SqliteStore) -> dict[Series, list[tuple[int, float]]]:
    found = store.query(store.series(), 0, NOON + DAY_MS, 1)
    return {series: [(bucket.time, bucket.mean) for bucket in buckets] for series, buckets in found.items()}


def test_csv_has_a_line_for_each_number(store: SqliteStore) -> None:
    done = run(store, "export")
    assert done.returncode == 0, done.stderr
    lines = list(csv.reader(io.StringIO(done.stdout.decode())))
    assert lines[0] == ["time", "metric", "host", "tag", "part", "field", "value"]
    assert len(lines) == 1 + 240
    assert lines[1:5] == [
        ["2026-11-23T12:00:00.000Z", "cpu", "nas", "", "", "system", "0.5"],
        ["2026-11-23T12:00:00.000Z", "cpu", "nas", "", "", "user", "0.0"],
        ["2026-11-23T12:00:00.000Z", "cpu", "nas", "core", "0", "usage_percent", "1.5"],
        ["2026-11-23T12:00:00.000Z", "memory", "pi", "", "", "free_bytes", "1000000000.0"],
    ]
    assert b"exported 240 numbers of 4 series as csv" in done.stderr


def test_a_stretch_of_one_metric_of_one_host(store: SqliteStore) -> None:
    end = "2026-11-23T13:20:00+01:00"
    done = run(
        store, "export", "--metric", "cpu", "--host", "nas", "--start", "2026-11-23T12:10:00", "--end", end
    )
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 1 + 30
    assert lines[1].startswith("2026-11-23T12:10:00.000Z,cpu,nas")
    assert lines[-1].startswith("2026-11-23T12:19:00.000Z,cpu,nas")


def test_a_length_of_time_means_ago(store: SqliteStore) -> None:
    now = time.time_ns() // 1_000_000
    store.write([Point("disk", "nas", "", "", now - days * DAY_MS, {"x": float(days)}) for days in (1, 3)])
    done = run(store, "export", "--metric", "disk", "--start", "2d")
    assert [line.rpartition(",")[2] for line in done.stdout.decode().splitlines()] == ["value", "1.0"]


def test_parquet_has_the_same_columns(store: SqliteStore, tmp_path: Path) -> None:
    output = tmp_path / "out.parquet"
    done = run(store, "export", "--output", str(output))
    assert done.returncode == 0, done.stderr
    table = parquet.read_table(output)
    assert table.column_names == list(export.COLUMNS)
    assert table.num_rows == 240
    assert table.slice(1, 1).to_pylist() == [
        {
            "time": datetime(2026, 11, 23, 12, tzinfo=UTC),
            **{"metric": "cpu", "host": "nas", "tag": "", "part": "", "field": "user", "value": 0.0},
        }
    ]


def test_line_protocol_can_be_imported_again(store: SqliteStore, tmp_path: Path) -> None:
    output = tmp_path / "out.lp"
    assert run(store, "export", "-o", str(output)).returncode == 0
    assert output.read_text().splitlines()[0] == f"cpu,host=nas system=0.5,user=0.0 {NOON}000000"
    with SqliteStore(tmp_path / "other.db") as other:
        done = run(other, "import", str(output))
        assert done.returncode == 0, done.stderr
        assert b"imported 240 numbers from 180 lines" in done.stderr
        assert content(other) == content(store)
        assert run(other, "import", "-", stdin=output.read_bytes()).returncode == 0
        assert content(other) == content(store)


def test_bad_lines_are_named_and_the_rest_is_imported(store: SqliteStore) -> None:
    given = (
        b"cpu,host=new user=1 1795435200000000000\nnonsense\ncpu,host=new user=2 1795435201000000000\n\xff\n"
    )
    done = run(store, "import", "-", stdin=given)
    assert done.returncode == 1
    said = done.stderr.decode()
    assert "line 2: expected `measurement" in said
    assert "line 4: it is not UTF-8" in said
    assert "perfwatch: <stdin>: 2 of 4 lines could not be imported" in said
    new = USER._replace(host="new")
    assert content(store)[new] == [(NOON, 1.0), (NOON + 1000, 2.0)]


def test_a_thousand_bad_lines_are_not_all_named(store: SqliteStore) -> None:
    done = run(store, "import", "-", stdin=b"nonsense\n" * 1000)
    assert done.stderr.decode().count("expected `measurement") == 20
    assert b"1000 of 1000 lines could not be imported" in done.stderr


def test_what_the_policy_will_remove_is_said(store: SqliteStore) -> None:
    done = run(store, "import", "-", stdin=b"cpu,host=old user=1 1000000000\n")
    assert b"retention_days (30) are removed" in done.stderr
    store.set_policy(Policy(enabled=False))
    done = run(store, "import", "-", stdin=b"cpu,host=old user=1 1000000000\n")
    assert b"retention_days" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--metric", "weather"], "--metric is 'weather', but expected one of cpu, memory"),
        (["--host", "nobody"], "--host is 'nobody', but expected one of nas"),
        (["--start", "soon"], "--start is 'soon', but expected a time like"),
        (["--end", "2020-01-01"], "--end is '2020-01-01', but expected a time after the start"),
        (["--output", "/nowhere/out.csv"], "/nowhere/out.csv cannot be written: No such file"),
    ],
)
def test_what_cannot_be_exported_is_named(store: SqliteStore, arguments: list[str], said: str) -> None:
    done = run(store, "export", *arguments)
    assert done.returncode == 1
    assert said in done.stderr.decode()


def test_an_export_that_fails_leaves_no_file(store: SqliteStore, tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    assert run(store, "export", "-o", str(tmp_path / "out.csv")).returncode == 1
    assert not (tmp_path / "out.csv.part").exists()


def test_thinned_hours_are_exported_as_minutes(store: SqliteStore) -> None:
    store.write([Point("cpu", "nas", "", "", NOON + 1, {"user": 10.0})])
    total(store.roll_up(NOON + HOUR))
    total(store.thin(NOON + HOUR))
    found = [row for _, window in rows(store, [USER], NOON, NOON + HOUR) for row in window]
    assert [(row.time, row.value) for row in found[:2]] == [(NOON, 5.0), (NOON + MINUTE, 1.0)]


def test_an_export_holds_little_at_once_however_dense(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quiet day, then ten readings a second."""
    monkeypatch.setattr(export, "AT_ONCE", 500)
    dense = NOON + DAY_MS
    store.write([Point("cpu", "nas", "", "", dense + 100 * n, {"user": 1.0}) for n in range(40_000)])
    windows = [len(window) for _, window in rows(store, [USER], NOON, dense + DAY_MS)]
    assert sum(windows) == 60 + 40_000
    assert sorted(windows)[-10] <= 1200
    assert max(windows) <= 36_000


def test_years_without_readings_are_passed_over(store: SqliteStore) -> None:
    store.write([Point("cpu", "nas", "", "", 0, {"user": 7.0})])
    windows = list(rows(store, [USER], 0, NOON + DAY_MS))
    assert sum(len(window) for _, window in windows) == 61
    assert len(windows) < 100


def test_a_line_that_never_ends_is_refused_without_being_kept(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_, "LONGEST_LINE", 100)
    refused: list[tuple[int, str]] = []
    given = io.BytesIO(b"x" * 1000 + b"\ncpu,host=n user=1 0\n" + b"y" * 101)
    *_, done = import_.import_lines(store, given, lambda number, reason: refused.append((number, reason)))
    assert (done.lines, done.refused, done.numbers) == (3, 2, 1)
    assert refused == [(1, "it is longer than 100 bytes"), (3, "it is longer than 100 bytes")]


def test_info_tells_what_the_history_holds(store: SqliteStore) -> None:
    total(store.roll_up(NOON + HOUR))
    store.set_policy(Policy(retention_days=90))
    done = run(store, "history", "info")
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    assert "series   4 of 2 hosts" in said
    assert "span     2026-11-23T12:00:00.000Z to 2026-11-23T12:59:00.000Z" in said
    assert "raw      240 raw readings since 2026-11-23T12:00:00.000Z" in said
    assert "1m       240 minutes since" in said
    assert "1h       4 hours since" in said
    assert "policy   raw readings 7 days, rollups 90 days; what is older is removed" in said


def test_a_history_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "none.db") as none:
        done = run(none, "history", "info")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"There is no history at /" in done.stderr
    assert not (tmp_path / "none.db").exists()


def test_an_empty_history_exports_nothing(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "empty.db") as empty:
        empty.write([])
        assert run(empty, "export").stdout == b"time,metric,host,tag,part,field,value\n"
        assert b"series   0 of 0 hosts" in run(empty, "history", "info").stdout
