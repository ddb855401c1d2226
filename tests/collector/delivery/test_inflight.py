from __future__ import annotations

from collector.delivery.inflight import Inflight


def test_it_is_full_with_as_many_as_its_window() -> None:
    flight = Inflight(2)
    flight.take_off()
    assert not flight.full
    flight.take_off()
    assert flight.full
    flight.sent(1, 10)
    assert flight.land(1) == 10
    assert not flight.full


def test_an_acknowledgement_that_is_faster_than_its_sender_is_not_forgotten() -> None:
    flight = Inflight(2)
    flight.take_off()
    assert flight.land(1) is None
    assert flight.sent(1, 10)
    # The id is used again for another.
    flight.take_off()
    assert not flight.sent(1, 11)
    assert flight.land(1) == 11


def test_what_is_no_reading_has_no_number() -> None:
    flight = Inflight(2)
    flight.take_off()
    assert not flight.sent(1, None)
    assert flight.land(1) is None
