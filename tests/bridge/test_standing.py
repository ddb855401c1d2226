"""Where readings go while store and spool come and go."""

from __future__ import annotations

from bridge.standing import Standing

NOW = 1000.0


def test_a_store_that_is_well_takes_what_comes_whatever_is_on_disk_yet() -> None:
    standing = Standing()
    assert standing.takes(NOW, spooled=False)
    assert standing.takes(NOW, spooled=True)


def test_a_store_that_is_away_is_tried_with_the_oldest_only() -> None:
    standing = Standing()
    assert standing.refused(NOW)
    assert standing.away
    assert not standing.takes(NOW, spooled=True)
    assert standing.takes(NOW, spooled=False)


def test_a_store_that_was_away_takes_again_once_it_has_taken_something() -> None:
    standing = Standing()
    standing.refused(NOW)
    assert standing.wrote()
    assert not standing.away
    assert standing.takes(NOW, spooled=True)


def test_while_the_spool_is_full_the_store_is_tried_with_new_readings_too() -> None:
    standing = Standing()
    standing.refused(NOW)
    assert standing.overflowed()
    assert standing.takes(NOW, spooled=True)
    assert standing.spooled()
    assert not standing.takes(NOW, spooled=True)


def test_behind_a_write_that_was_given_up_none_is_begun_until_it_is_answered() -> None:
    standing = Standing()
    assert standing.gave_up()
    standing.gave_up()
    standing.overflowed()
    assert standing.late
    assert not standing.takes(NOW, spooled=False)
    standing.answered()
    assert not standing.takes(NOW, spooled=False)
    standing.answered()
    assert not standing.late
    assert standing.takes(NOW, spooled=False)


def test_a_pause_that_the_store_asks_for_is_kept_to_its_end() -> None:
    standing = Standing()
    standing.refused(NOW, pause=3.0)
    assert standing.pause(NOW + 1) == 2.0
    assert not standing.takes(NOW + 2.9, spooled=False)
    assert standing.takes(NOW + 3.0, spooled=False)
    assert standing.pause(NOW + 4) == 0.0


def test_what_goes_on_is_no_news() -> None:
    standing = Standing()
    assert (standing.wrote(), standing.spooled()) == (False, False)
    assert [standing.refused(NOW), standing.refused(NOW), standing.gave_up()] == [True, False, False]
    assert [standing.overflowed(), standing.overflowed()] == [True, False]
    assert [standing.wrote(), standing.wrote()] == [True, False]
    assert [standing.spooled(), standing.spooled()] == [True, False]
    assert [standing.gave_up(), standing.refused(NOW)] == [True, False]
