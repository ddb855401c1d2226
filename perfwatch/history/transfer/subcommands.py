"""`perfwatch export`, `perfwatch import` and `perfwatch history info`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click

from perfwatch import setting_sources
from perfwatch.command import explained, options, printable
from perfwatch.durations import parse_ms
from perfwatch.errors import PayloadError, SettingError, StartError, StoreError, Unsupported
from perfwatch.history.store import HistoryStore, Series, TieredStore
from perfwatch.history.transfer.export import FORMATS, SUFFIXES, rows
from perfwatch.history.transfer.import_ import Imported, import_lines
from perfwatch.history.transfer.line_parser import PRECISIONS
from perfwatch.readings.codec import format_time, from_ms, to_ms

# Lines that cannot be imported are named one by one up to this many.
NAMED = 20
_NAMES = {"raw": "raw readings", "1m": "minutes", "1h": "hours"}


def commands(environ: Mapping[str, str]) -> list[click.Command]:
    """The commands, whose settings come from `environ` and their options."""

    @click.command("export")
    @options("data_dir", "history")
    @click.option("--start", help="First moment, as 2026-11-23T14:00:00Z, or 7d for seven days ago.")
    @click.option("--end", help="Moment after the last, in the same way (default: all there is).")
    @click.option("--metric", help="This metric only.")
    @click.option("--host", help="This host only.")
    @click.option(
        "--format", "kind", type=click.Choice(list(FORMATS)), help="Default: by the output's name, or csv."
    )
    @click.option("--output", "-o", default="-", show_default=True, help="A file; - is standard output.")
    def export(**given: str | None) -> None:
        """Write the history as CSV, Parquet or line protocol."""
        with explained(), _opened(environ, given, must_exist=True) as store:
            _export(store, given)

    @click.command("import")
    @options("data_dir", "history")
    @click.option("--precision", type=click.Choice(list(PRECISIONS)), default="ns", show_default=True)
    @click.argument("file", type=click.File("rb"))
    def import_(file: BinaryIO, precision: str, **given: str | None) -> None:
        """Read line protocol from FILE into the history.

        FILE may be -, standard input.
        """
        with explained(), _opened(environ, given, must_exist=False) as store:
            _import(store, file, precision)

    @click.group("history")
    def history() -> None:
        """What the history holds."""

    @history.command("info")
    @options("data_dir", "history")
    def info(**given: str | None) -> None:
        """Print the history's series, readings, size, span, tiers and policy."""
        with explained(), _opened(environ, given, must_exist=True) as store:
            for line in _described(store):
                click.echo(line)

    return [export, import_, history]


@contextmanager
def _opened(
    environ: Mapping[str, str], given: Mapping[str, str | None], must_exist: bool
) -> Iterator[TieredStore]:
    from perfwatch.history.open import open_store  # needs the stores' drivers, which no collector has

    named = {name: given[name] for name in ("data_dir", "history")}
    chosen = setting_sources.load(environ, **named)
    is_file = chosen.history_url.startswith("sqlite://")
    if must_exist and is_file and not Path(chosen.history_shown).exists():
        raise StoreError(
            f"There is no history at {chosen.history_shown} yet: it begins with the first reading"
        )
    with closing(open_store(chosen.history_url)) as store:
        yield store


def _export(store: HistoryStore, given: Mapping[str, str | None]) -> None:
    output = given["output"] or "-"
    kind = given["kind"] or SUFFIXES.get(Path(output).suffix.lower(), "csv")
    series, (start, stop) = _chosen(store, given["metric"], given["host"]), _range(store, given)
    numbers, progress = 0, Progress()
    with _stream(output, kind) as stream:
        writer = FORMATS[kind](stream)
        for until, found in rows(store, series, start, stop):
            writer.write(found)
            numbers += len(found)
            share = 100 * (until - start) // (stop - start)
            progress.show(f"{share:3d} %  {format_time(from_ms(until))}  {numbers:,} numbers")
        writer.close()
    progress.end(f"exported {numbers:,} numbers of {len(series)} series as {kind}")


def _chosen(store: HistoryStore, metric: str | None, host: str | None) -> list[Series]:
    series = store.series()
    for name, value in (("metric", metric), ("host", host)):
        there = sorted({str(getattr(one, name)) for one in series})
        if value is not None and value not in there:
            raise SettingError(f"--{name}", f"expected one of {', '.join(there)}", value)
        series = [one for one in series if value is None or getattr(one, name) == value]
    return series


def _range(store: HistoryStore, given: Mapping[str, str | None]) -> tuple[int, int]:
    span = store.span()
    if span.oldest is None or span.newest is None:
        return 0, 0
    oldest, after = to_ms(span.oldest), to_ms(span.newest) + 1
    start, stop = _moment("--start", given["start"], oldest), _moment("--end", given["end"], after)
    if stop <= start:
        raise SettingError("--end", "expected a time after the start", given["end"])
    return max(start, oldest), min(stop, after)


def _moment(name: str, text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    try:
        return time.time_ns() // 1_000_000 - parse_ms(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as exc:
        raise SettingError(name, "expected a time like 2026-11-23T14:00:00Z, or 7d for ago", text) from exc


@contextmanager
def _stream(output: str, kind: str) -> Iterator[BinaryIO]:
    """Where to write: a file takes its name once it is whole."""
    if output == "-":
        if kind == "parquet" and sys.stdout.isatty():
            raise StartError("Parquet is not text: name a file with --output, or send it into a pipe")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = Path(f"{output}.part")
    try:
        with part.open("wb") as stream:
            yield stream
        part.replace(output)
    except OSError as exc:
        raise StartError(f"{output} cannot be written: {exc.strerror or exc}") from exc
    finally:
        part.unlink(missing_ok=True)


def _import(store: TieredStore, file: BinaryIO, precision: str) -> None:
    refused = 0

    def refuse(number: int, reason: str) -> None:
        nonlocal refused
        refused += 1
        if refused <= NAMED:
            progress.say(f"line {number}: {reason}")
        elif refused == NAMED + 1:
            progress.say("further lines are counted only")

    done, progress = Imported(), Progress()
    now = time.time_ns() // 1_000_000
    for done in import_lines(store, file, refuse, precision, now):
        progress.show(f"{done.lines:,} lines, {done.numbers:,} numbers")
    progress.end(f"imported {done.numbers:,} numbers from {done.lines:,} lines")
    _warn_of_old(store, done, now)
    if done.refused:
        raise PayloadError(file.name, f"{done.refused} of {done.lines} lines could not be imported")


def _warn_of_old(store: TieredStore, done: Imported, now: int) -> None:
    try:
        policy = store.policy()
    except Unsupported:
        return
    if policy.enabled and done.oldest is not None and done.oldest < policy.all_before(now):
        click.echo(
            f"The oldest is from {format_time(from_ms(done.oldest))}: readings older than retention_days "
            f"({policy.retention_days}) are removed as soon as the bridge runs, unless you raise it first",
            err=True,
        )


def _described(store: TieredStore) -> Iterator[str]:
    series, span = store.series(), store.span()
    hosts = len({one.host for one in series})
    if span.bytes is not None:
        yield f"size     {span.bytes / 1e6:,.1f} MB"
    yield f"series   {len(series):,} of {hosts:,} {'host' if hosts == 1 else 'hosts'}"
    if span.oldest and span.newest:
        yield f"span     {format_time(span.oldest)} to {format_time(span.newest)}"
    yield from _tiers(store)
    yield from _move(store)


def _move(store: TieredStore) -> Iterator[str]:
    from perfwatch.history.sqlite.store import SqliteStore

    moved = store.moved() if isinstance(store, SqliteStore) else None
    if moved is not None:
        yield f"layout   {moved:.0%} moved from that of an earlier PerfWatch; the bridge goes on with it"


def _tiers(store: TieredStore) -> Iterator[str]:
    policy = store.policy()
    for tier in store.tiers():
        since = f" since {format_time(from_ms(tier.oldest))}" if tier.oldest is not None else ""
        yield f"{tier.name:<8} {tier.rows:,} {_NAMES[tier.name]}{since}"
    removed = "what is older is removed" if policy.enabled else "nothing is removed by itself"
    yield (
        f"policy   raw readings {policy.downsample_after_days} days, "
        f"rollups {policy.retention_days} days; {removed}"
    )


class Progress:
    """One line on standard error that is written over; nothing where nobody looks."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._due = 0.0

    def show(self, text: str) -> None:
        if self._shown and time.monotonic() >= self._due:
            self._due = time.monotonic() + 0.1
            self._over(text)

    def say(self, text: str) -> None:
        self._over(printable(text) + "\n")

    def end(self, text: str) -> None:
        self._over(text + "\n")

    def _over(self, text: str) -> None:
        click.echo(f"\r\x1b[K{text}" if self._shown else text, nl=False, err=True)
