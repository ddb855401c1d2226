"""What the doctor says of a broker, tried on real ones."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.delivery.probe import reach
from perfwatch import settings
from perfwatch.broker import broker_of
from perfwatch.checks import Check
from perfwatch.topics import Topics
from tests.certificates import self_signed
from tests.collector.listener import Listener
from tests.collector.running import Collector
from tests.servers import Mosquitto, free_port, wait_until
from tests.shipped_broker import Broker


def reached(url: str, host: str = "nas", ca_file: str = "", seconds: float = 30.0) -> list[Check]:
    chosen = settings.Settings(broker=url, broker_ca_file=ca_file)
    return list(reach(broker_of(chosen), Topics(), host, seconds))


def only(checks: list[Check]) -> Check:
    """The one check of a broker that could not be reached: nothing is said of what it may publish."""
    assert [(check.name, check.state) for check in checks] == [("connection", "failed")]
    return checks[0]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(Path(tmp_path_factory.mktemp("broker"))) as broker:
        yield broker


def test_an_account_of_this_host_is_taken_and_may_publish(guarded: Broker) -> None:
    checks = reached(guarded.accounts.url("nas", guarded.port))
    assert [(check.name, check.state) for check in checks] == [("connection", "ok"), ("permission", "ok")]
    assert checks[0].found == f"mqtt://127.0.0.1:{guarded.port} takes us as nas"
    assert checks[1].found == "may publish perfwatch/nas/#"


def test_an_account_of_another_host_may_not_publish_and_is_told_what_it_lacks(guarded: Broker) -> None:
    connection, permission = reached(guarded.accounts.url("pi", guarded.port))
    assert (connection.state, permission.state) == ("ok", "failed")
    assert "may not publish perfwatch/nas/#: Not authorized" in permission.found
    assert "access list" in permission.advice


def test_a_wrong_password_is_refused_and_never_shown(guarded: Broker) -> None:
    check = only(reached(f"mqtt://nas:hunter2@127.0.0.1:{guarded.port}"))
    assert "refuses us: Not authorized" in check.found
    assert "password in PERFWATCH_BROKER" in check.advice
    assert "hunter2" not in f"{check}"


def test_it_leaves_nothing_behind_and_does_not_throw_out_the_collector(
    broker: Mosquitto, tmp_path: Path
) -> None:
    with Collector(tmp_path, broker.url) as collector, Listener(broker.port) as listener:
        listener.wait_for("perfwatch/nas/status", b"online")
        assert [check.state for check in reached(broker.url)] == ["ok", "ok"]
        wait_until(lambda: listener.topic("perfwatch/nas/doctor/check") == [b"1"], "the doctor's number")
        count = len(listener.topic("perfwatch/nas/cpu"))
        wait_until(lambda: len(listener.topic("perfwatch/nas/cpu")) > count + 1, "two more readings")
        assert not [heard for heard in listener.heard if "doctor" in heard.topic and heard.retained]
        assert collector.end(signal.SIGTERM) == 0
        assert "Lost" not in collector.log


def test_nothing_that_listens_is_named_as_that() -> None:
    check = only(reached(f"mqtt://127.0.0.1:{free_port()}"))
    assert "cannot be reached" in check.found
    assert "nothing listens there: start the broker" in check.advice


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    check = only(reached("mqtt://nowhere.invalid"))
    assert "nobody knows this name" in check.advice


def test_a_server_that_hangs_up_is_no_broker() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def hang_up() -> None:
            opened, _ = server.accept()
            opened.recv(1)
            opened.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        check = only(reached(f"mqtt://127.0.0.1:{port}"))
        thread.join(60)
    assert "hung up before a word of MQTT" in check.found
    assert "mqtts://" in check.advice


def test_a_server_that_says_nothing_is_not_waited_for_without_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check = only(reached(f"mqtt://127.0.0.1:{server.getsockname()[1]}", seconds=0.3))
    assert "said nothing for 0.3 s before a word of MQTT" in check.found


def test_tls_to_a_port_without_it(broker: Mosquitto) -> None:
    check = only(reached(broker.url.replace("mqtt:", "mqtts:"), seconds=30.0))
    assert "this port does not speak TLS as it should: write mqtt://" in check.advice


def test_a_certificate_of_ones_own_is_named_as_the_reason(tmp_path: Path) -> None:
    trusted = self_signed(tmp_path, "IP:127.0.0.1")
    secure = f"allow_anonymous true\ncertfile {trusted}\nkeyfile {tmp_path}/key.pem\n"
    with Mosquitto(tmp_path, secure) as broker:
        url = broker.url.replace("mqtt:", "mqtts:")
        assert "PERFWATCH_BROKER_CA_FILE" in only(reached(url)).advice
        assert [check.state for check in reached(url, ca_file=str(trusted))] == ["ok", "ok"]
        assert "mqtts://" in only(reached(broker.url)).advice
