from __future__ import annotations

from collector.delivery.inflight import Inflight, Sent

TAKEN = ""
CPU, INFO = Sent("perfwatch/nas/cpu", 100, 10), Sent("perfwatch/nas/info", 200)


def test_it_is_full_with_as_many_as_its_window() -> None:
    flight = Inflight(2)
    flight.take_off()
    assert not flight.full
    flight.take_off()
    assert flight.full
    flight.sent(1, CPU)
    assert flight.land(1, TAKEN) == CPU
    assert not flight.full


def test_an_acknowledgement_that_is_faster_than_its_sender_is_not_forgotten() -> None:
    flight = Inflight(2)
    flight.take_off()
    assert flight.land(1, TAKEN) is None
    assert flight.sent(1, CPU) == TAKEN
    # The id is used again for another.
    flight.take_off()
    assert flight.sent(1, INFO) is None
    assert flight.land(1, TAKEN) == INFO


def test_the_largest_is_one_that_is_not_acknowledged() -> None:
    flight = Inflight(3)
    assert flight.largest is None
    for message, what in enumerate((CPU, INFO)):
        flight.take_off()
        flight.sent(message, what)
    assert flight.largest == INFO
    flight.land(1, TAKEN)
    assert flight.largest == CPU
