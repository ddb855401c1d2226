"""The tail: the newest readings, as they were committed.

A row is what one commit has of ten seconds: of each host and time a *tick*, packed by itself, so that a
question about one host unpacks no other. Rows are added and removed, and never changed: of two numbers of the
same time and series the later one counts.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, groupby
from operator import attrgetter
from struct import Struct
from typing import NamedTuple, TypeAlias

from perfwatch.errors import BadPoints
from perfwatch.history.rollup import HOUR, NEVER, floor
from perfwatch.history.sqlite import codec, keys

# How far apart the times in one row may be, in ms. Hours are made of it.
SLOT = 10_000
NUMBER_BYTES = 8

# The topic of such a row. Until schema 5 a row was one message, under its own topic and unpacked.
_TICKS = 0
# Time in ms, and bytes of `head`.
_BEGIN = Struct("<qI")

# So many messages at once come from a backlog or from many hosts: time counts for more than bytes there.
MANY = 1000

# How many ticks are unpacked at once while the tail is folded, about: 16 bytes a number.
TICKS_TAKEN = 1000

_ADD = "INSERT INTO ticks (id, topic, head, numbers) VALUES (?, ?, ?, ?)"
_LAST = "SELECT max(id) FROM ticks WHERE id >= ? AND id < ?"
_READ = "SELECT id, topic, head, numbers FROM ticks WHERE id >= ? AND id < ? ORDER BY id"
_HEADS = "SELECT id, topic, head FROM ticks WHERE id >= ? AND id < ? ORDER BY id"
# A tick is known by the topic of its first message.
_OF_HOSTS = """
SELECT id FROM topics WHERE host IN (SELECT host FROM topics WHERE id IN (SELECT value FROM json_each(?)))"""


class Run(NamedTuple):
    """Numbers of one series and hour: which of the ticks taken each is of, its time (ms) and its value."""

    order: Sequence[int]
    times: Sequence[int]
    values: Iterable[float]


# By the key of the chunk that they belong to.
Taken: TypeAlias = dict[int, list[Run]]


class Message(NamedTuple):
    """A message's numbers as bytes; `head` tells their series, `time` is in ms."""

    host: str
    time: int
    topic: int
    head: bytes
    numbers: bytes


_HOST_AND_TIME = attrgetter("host", "time")


class Tick(NamedTuple):
    """The numbers of one host and time (ms)."""

    time: int
    head: bytes
    numbers: bytes


def head(series: Sequence[int]) -> bytes:
    """Runs of series, each its first and how many: as a rule one run."""
    runs = array("I")
    for one in series:
        if runs and one == runs[-2] + runs[-1]:
            runs[-1] += 1
        else:
            runs.extend((one, 1))
    return runs.tobytes()


@lru_cache(maxsize=4096)
def series_in(packed: bytes) -> tuple[int, ...]:
    """What one `head` after another was made of."""
    runs = iter(array("I", packed))
    return tuple(
        chain.from_iterable(range(first, first + size) for first, size in zip(runs, runs, strict=True))
    )


def ends(db: sqlite3.Connection) -> tuple[int | None, int | None]:
    """The oldest and newest time in the tail."""
    first, last = db.execute("SELECT min(id), max(id) FROM ticks").fetchone()
    if first is None:
        return None, None
    return min(_times_beside(db, first)), max(_times_beside(db, last))


def _times_beside(db: sqlite3.Connection, row: int) -> Iterator[int]:
    slot = floor(keys.time_of_row(row), SLOT)
    return (tick.time for tick in ticks(db, slot, slot + SLOT))


def newest(db: sqlite3.Connection) -> int:
    """The newest time in the tail, or NEVER."""
    found = ends(db)[1]
    return NEVER if found is None else found


def size(db: sqlite3.Connection) -> int:
    """Bytes that all ticks take."""
    return int(db.execute("SELECT total(length(numbers)) FROM ticks").fetchone()[0])


def numbers(db: sqlite3.Connection) -> int:
    """How many numbers there are; one that was sent twice is two."""
    return sum(len(tick.numbers) for tick in ticks(db, keys.TIMES.start, keys.TIMES.stop)) // NUMBER_BYTES


def add(db: sqlite3.Connection, messages: Sequence[Message]) -> None:
    """Add messages in their order. Raises BadPoints for a time that no row can have."""
    slots: defaultdict[int, defaultdict[tuple[str, int], list[Message]]] = defaultdict(
        lambda: defaultdict(list)
    )
    # Messages of one tick follow each other, as a rule.
    for (host, time), together in groupby(messages, _HOST_AND_TIME):
        if time not in keys.TIMES:
            raise BadPoints(
                f"The history cannot store a reading of {time} ms: that is thousands of years away"
            )
        slots[floor(time, SLOT)][host, time].extend(together)
    level = 0 if len(messages) >= MANY else 1
    for slot, found in slots.items():
        parts = [_packed(tick, level) for tick in found.values()]
        heads = array("I", [*(tick[0].topic for tick in found.values()), *map(len, parts)])
        db.execute(_ADD, (_free(db, slot), _TICKS, heads.tobytes(), b"".join(parts)))


def _free(db: sqlite3.Connection, slot: int) -> int:
    last = db.execute(_LAST, _rows(slot, slot + SLOT)).fetchone()[0]
    return keys.row(slot) if last is None else int(last) + 1


def _rows(start: int, stop: int) -> tuple[int, int]:
    """The first row that may have something of start ≤ time < stop (ms), and the first after those."""
    return keys.row(floor(start, SLOT)), keys.row(-floor(-stop, SLOT))


def _packed(messages: Sequence[Message], level: int) -> bytes:
    heads = b"".join([one.head for one in messages])
    numbers = [one.numbers for one in messages]
    plain = b"".join((_BEGIN.pack(messages[0].time, len(heads)), heads, *numbers))
    # Without a code of its own, a tick takes 4 % more bytes, and is unpacked in two thirds of the time.
    return codec.compressed(plain, level, zlib.Z_FIXED)


def ticks(
    db: sqlite3.Connection, start: int, stop: int, topics: Collection[int] | None = None
) -> Iterator[Tick]:
    """Those of start ≤ time < stop (ms) in order of writing; only those known by `topics` when given."""
    for row, topic, packed, content in db.execute(_READ, _rows(start, stop)):
        if topic == _TICKS:
            found = _unpacked(packed, content, topics)
        elif topics is None or topic in topics:
            found = iter([Tick(keys.time_of_row(row), packed, content)])
        else:
            continue
        yield from (tick for tick in found if start <= tick.time < stop)


def _unpacked(packed: bytes, content: bytes, topics: Collection[int] | None) -> Iterator[Tick]:
    heads, end = array("I", packed), 0
    for topic, size in zip(heads[: len(heads) // 2], heads[len(heads) // 2 :], strict=True):
        end += size
        if topics is None or topic in topics:
            plain = zlib.decompress(content[end - size : end])
            time, length = _BEGIN.unpack_from(plain)
            at = _BEGIN.size + length
            yield Tick(time, plain[_BEGIN.size : at], plain[at:])


def taken(
    db: sqlite3.Connection,
    start: int,
    stop: int,
    topics: Collection[int],
    wanted: Collection[int] | None = None,
) -> Taken:
    """What ticks of those topics have in start ≤ time < stop (ms); of the series `wanted` when given."""
    # Ticks with the same series: their numbers, one tick after another, are a table.
    alike: defaultdict[tuple[int, bytes], list[tuple[int, int, bytes]]] = defaultdict(list)
    for number, (time, packed, content) in enumerate(ticks(db, start, stop, topics)):
        alike[floor(time, HOUR), packed].append((number, time, content))
    found: Taken = defaultdict(list)
    for (hour, packed), rows in alike.items():
        order, times, contents = zip(*rows, strict=True)
        table, series = memoryview(b"".join(contents)).cast("d"), series_in(packed)
        for place, one in enumerate(series):
            if wanted is None or one in wanted:
                found[keys.key(hour, one)].append(Run(order, times, table[place :: len(series)]))
    return found


def merged(runs: Sequence[Run]) -> dict[int, float]:
    """Values by time: of two of the same time the one that was written later."""
    if len(runs) == 1:
        return dict(zip(runs[0].times, runs[0].values, strict=True))
    written = sorted(chain.from_iterable(zip(*run, strict=True) for run in runs))
    return {time: value for _, time, value in written}


def of_hosts(db: sqlite3.Connection, topics: Collection[int]) -> set[int]:
    """All topics of the hosts that these are of."""
    return {topic for (topic,) in db.execute(_OF_HOSTS, (json.dumps([*topics]),))}


class Slot(NamedTuple):
    """What one hour has before `stop` (ms): rows, and the topics of their ticks in ranges."""

    hour: int
    stop: int
    rows: list[int]
    topics: list[range]


def oldest_slot(db: sqlite3.Connection, until: int) -> Slot | None:
    """The oldest hour that has rows of before `until` (ms), each of them whole."""
    first = db.execute("SELECT min(id) FROM ticks").fetchone()[0]
    if first is None or floor(keys.time_of_row(first), SLOT) >= until:
        return None
    hour = floor(keys.time_of_row(first), HOUR)
    stop = min(hour + HOUR, -floor(-until, SLOT))
    rows: list[int] = []
    topics: Counter[int] = Counter()
    for row, topic, packed in db.execute(_HEADS, _rows(hour, stop)):
        rows.append(row)
        topics.update([topic] if topic != _TICKS else array("I", packed)[: len(packed) // 8])
    return Slot(hour, stop, rows, list(_ranges(sorted(topics.items()))))


def _ranges(topics: Iterable[tuple[int, int]]) -> Iterator[range]:
    """Ranges of topics that have no more than TICKS_TAKEN ticks, unless one has more by itself."""
    found: list[int] = []
    held = 0
    for topic, size in topics:
        if found and held + size > TICKS_TAKEN:
            yield range(found[0], found[-1] + 1)
            found, held = [], 0
        found.append(topic)
        held += size
    if found:
        yield range(found[0], found[-1] + 1)


def series(db: sqlite3.Connection, topics: Collection[int]) -> set[int]:
    """Every series that has a number in the tail, of the hosts that these topics are of."""
    found = ticks(db, keys.TIMES.start, keys.TIMES.stop, of_hosts(db, topics))
    return set(chain.from_iterable(series_in(packed) for packed in {tick.head for tick in found}))


def has(db: sqlite3.Connection, hour: int) -> bool:
    """Whether there is anything of that hour."""
    return db.execute(_LAST, _rows(hour, hour + HOUR)).fetchone()[0] is not None


def remove(db: sqlite3.Connection, rows: Sequence[int]) -> None:
    db.executemany("DELETE FROM ticks WHERE id = ?", zip(rows, strict=True))
