"""Whom an InfluxDB lets in, and whom the store trusts."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfwatch.errors import SettingError, StoreError
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import parse
from perfwatch.history.open import open_store
from perfwatch.readings.codec import from_ms, to_ms
from tests.certificates import self_signed
from tests.influx import Influxd
from tests.influx_proxy import InfluxProxy
from tests.perfwatch.history.influx.conftest import USER, point


def test_a_user_without_an_administrators_rights_is_enough(tmp_path: Path) -> None:
    with Influxd(tmp_path, "auth-enabled = true") as server, InfluxProxy(server.port) as proxy:
        server.ask("CREATE USER \"root\" WITH PASSWORD 'x' WITH ALL PRIVILEGES")
        for statement in ("CREATE DATABASE x", "CREATE USER me WITH PASSWORD 'y'", "GRANT ALL ON x TO me"):
            server.ask(statement, u="root", p="x")
        with InfluxStore(parse(f"influxdb://me:y@127.0.0.1:{proxy.port}/x", "X")) as store:
            store.write([point(0), point(10)])
            assert store.delete_before(5) == 1
            assert store.span().bytes is None
            assert to_ms(store.span().oldest or from_ms(0)) == 10


def test_a_user_and_password_let_in(tmp_path: Path) -> None:
    with Influxd(tmp_path, "auth-enabled = true") as server, InfluxProxy(server.port) as proxy:
        server.ask("CREATE USER \"me\" WITH PASSWORD 'hunter2' WITH ALL PRIVILEGES")
        url = f"influxdb://me:hunter2@127.0.0.1:{proxy.port}/x"
        with InfluxStore(parse(url, "X")) as store:
            store.write([point()])
            assert store.series() == [USER]
        with (
            InfluxStore(parse(url.replace("hunter2", "wrong"), "X")) as store,
            pytest.raises(StoreError, match="does not accept the token") as caught,
        ):
            store.write([point()])
        assert "wrong" not in str(caught.value)


def test_tls_trusts_the_given_ca_file_and_nobody_else(tmp_path: Path) -> None:
    made = self_signed(tmp_path, "DNS:localhost,IP:127.0.0.1", "server.pem", "server.key")
    http = f'https-enabled = true\nhttps-certificate = "{made}"\nhttps-private-key = "{tmp_path}/server.key"'
    with Influxd(tmp_path, http) as server:
        url = f"influxdbs://127.0.0.1:{server.port}/x"
        with InfluxStore(parse(f"{url}?ca_file={made}", "X")) as store:
            assert store.series() == []
        with (
            InfluxStore(parse(url, "X")) as store,
            pytest.raises(StoreError, match=r"cannot be trusted: .*PERFWATCH_INFLUX_CA_FILE"),
        ):
            store.series()


def test_a_ca_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingError, match="PERFWATCH_INFLUX_CA_FILE is '/none', but must name a file"):
        open_store("influxdbs://db/x?ca_file=/none")
