"""The tables of a history, and what brings those of a file of before there. No input or output."""

from __future__ import annotations

from perfwatch.history.rollup import NEVER

# Of a new file. Keys of tables without a name of their own are those of `keys`; times are in ms.
_TABLES = (
    """CREATE TABLE topics (
        id INTEGER PRIMARY KEY, metric TEXT NOT NULL, host TEXT NOT NULL, UNIQUE (metric, host))""",
    # Raw readings begin at raw_from, a whole hour; what was folded last is of the hour that begins at newest.
    f"""CREATE TABLE series (
        id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, tag TEXT NOT NULL, part TEXT NOT NULL,
        field TEXT NOT NULL, raw_from INTEGER NOT NULL DEFAULT {NEVER},
        newest INTEGER NOT NULL DEFAULT {NEVER}, UNIQUE (topic, tag, part, field))""",
    # The newest readings: until schema 5 a row a message.
    """CREATE TABLE tail (
        id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, head BLOB NOT NULL, numbers BLOB NOT NULL)""",
    # Older ones, a row for each series and hour; first and last are counted from its start.
    """CREATE TABLE chunks (
        id INTEGER PRIMARY KEY, count INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
        columns BLOB NOT NULL)""",
    # Chunks that are not in the rollups, or not as they are now.
    "CREATE TABLE unrolled (id INTEGER PRIMARY KEY)",
    # Rollups of minutes, a row for each series and hour; and of hours and six minutes, one for each day.
    """CREATE TABLE minutes (
        id INTEGER PRIMARY KEY, count INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
        columns BLOB NOT NULL)""",
    "CREATE TABLE days (id INTEGER PRIMARY KEY, hours BLOB NOT NULL, six BLOB NOT NULL)",
    "CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
)
_POLICY = "CREATE TABLE policy (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"

# Each brings a file of that schema to the next one. Until the fourth each number was a row.
_EARLIER = {
    1: (
        f"ALTER TABLE series ADD COLUMN raw_from INTEGER NOT NULL DEFAULT {NEVER}",
        f"ALTER TABLE series ADD COLUMN rolled_to INTEGER NOT NULL DEFAULT {NEVER}",
        """CREATE TABLE rollups (
            series INTEGER NOT NULL, tier INTEGER NOT NULL, time INTEGER NOT NULL,
            mean REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (series, tier, time)) WITHOUT ROWID""",
        "CREATE TABLE late (series INTEGER NOT NULL, hour INTEGER NOT NULL)",
        _POLICY,
    ),
    2: (
        """INSERT INTO rollups (series, tier, time, mean, low, high, count)
           SELECT series, 6, time - ((time % 360000) + 360000) % 360000 AS begin,
                  coalesce(min(max(sum(mean * count) / sum(count), min(low)), max(high)), 0.0),
                  min(low), max(high), sum(count)
           FROM rollups WHERE tier = 1 GROUP BY series, begin""",
    ),
    # The numbers stay where they are, to be moved hour by hour. Every hour that has raw readings is rolled up
    # again then, so no late one need be known.
    3: (
        "DROP TABLE late",
        "ALTER TABLE points RENAME TO old_points",
        "ALTER TABLE rollups RENAME TO old_rollups",
        "ALTER TABLE series RENAME TO old_series",
        *_TABLES,
        "INSERT INTO topics (metric, host) SELECT DISTINCT metric, host FROM old_series",
        """INSERT INTO series (id, topic, tag, part, field, raw_from)
           SELECT old.id, topics.id, tag, part, field, raw_from
           FROM old_series AS old JOIN topics USING (metric, host)""",
        # Of series that were rolled up at all: new ones have nothing older.
        f"""INSERT INTO state SELECT 'rolled_to', rolled_to FROM (
            SELECT min(rolled_to) AS rolled_to FROM old_series WHERE rolled_to > {NEVER})
            WHERE rolled_to IS NOT NULL""",
        """INSERT INTO state SELECT 'moving_from', coalesce(min(time), 0) FROM (
            SELECT (SELECT min(time) FROM old_points WHERE series = id) AS time FROM series UNION ALL
            SELECT (SELECT min(time) FROM old_rollups WHERE series = id AND tier = 1) FROM series)""",
        "DROP TABLE old_series",
    ),
    # A row a commit. A PerfWatch of before, which is running yet, is not to read or fold it.
    4: ("ALTER TABLE tail RENAME TO ticks",),
}
VERSION = 1 + len(_EARLIER)
# That of `_TABLES`: a new file goes on from there.
_AS_MADE = 4


def statements(version: int) -> tuple[str, ...]:
    """What brings a file of that schema to VERSION; 0 is an empty file."""
    if version == 0:
        return (*_TABLES, _POLICY, *statements(_AS_MADE))
    return tuple(statement for earlier in range(version, VERSION) for statement in _EARLIER[earlier])
