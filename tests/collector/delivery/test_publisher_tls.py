from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.delivery.publisher import Publisher
from perfwatch.errors import SettingError
from perfwatch.topics import Topics
from tests.certificates import self_signed
from tests.collector.listener import retained
from tests.collector.publishing import STATUS, address, publishing, wait_for_line
from tests.servers import Mosquitto, free_port, wait_until


@pytest.fixture
def unclosed_sockets_allowed() -> Iterator[None]:
    """paho leaves the socket of a failed handshake to the garbage collector: let it come here."""
    others = threading.active_count()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        wait_until(lambda: threading.active_count() <= others, "paho's threads have let go of it")
        gc.collect()


@pytest.mark.usefixtures("unclosed_sockets_allowed")
def test_over_tls_with_a_ca_of_ones_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    trusted = self_signed(tmp_path, "IP:127.0.0.1")
    plain = free_port()
    secure = f"allow_anonymous true\ncertfile {trusted}\nkeyfile {tmp_path}/key.pem\n"
    configuration = f"{secure}listener {plain} 127.0.0.1\n"
    with Mosquitto(tmp_path, configuration) as broker:
        with publishing(address(broker.port, scheme="mqtts", ca_file=str(trusted))):
            wait_until(lambda: retained(plain, STATUS) == b"online", "online")
        with publishing(address(broker.port, scheme="mqtts")):
            assert "certificate verify failed" in wait_for_line(caplog, "Cannot reach mqtts://")
        # Within this test, or the next one is blamed for those sockets.
        wait_until(lambda: not [t for t in threading.enumerate() if "delivery" in t.name], "its end")
        gc.collect()


def test_a_ca_file_that_holds_none_is_a_bad_setting(tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing")
    with pytest.raises(SettingError, match=r"PERFWATCH_BROKER_CA_FILE.*must hold CA certificates"):
        Publisher(address(8883, scheme="mqtts", ca_file=str(empty)), Topics(), "nas")
