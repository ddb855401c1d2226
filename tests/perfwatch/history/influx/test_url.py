"""The address of an InfluxDB server, and that its secrets stay in it."""

from __future__ import annotations

import pytest

from perfwatch.errors import SettingError
from perfwatch.history.influx.url import complete, parse


def test_a_url_is_taken_apart() -> None:
    address = parse("influxdbs://me:s%2Fcret@db.lan:9999/house?org=home&ca_file=/etc/ca.pem", "X")
    assert address.url == "https://db.lan:9999"
    assert (address.database, address.org, address.ca_file) == ("house", "home", "/etc/ca.pem")
    assert address.token == "me:s/cret"


def test_what_is_not_said_has_a_default() -> None:
    address = parse("influxdb://[::1]", "X")
    assert (address.url, address.database, address.token) == ("http://[::1]:8086", "perfwatch", "")
    assert (address.org, address.ca_file) == ("", None)


def test_what_is_before_the_database_is_where_a_proxy_has_the_server() -> None:
    address = parse("https://db.lan:443/tools/influx/house", "X")
    assert (address.url, address.database) == ("https://db.lan:443/tools/influx", "house")


def test_a_name_alone_is_a_token() -> None:
    assert parse("https://abc%3D%3D@db/", "X").token == "abc=="


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost", True),
        ("http://127.0.0.2", True),
        ("http://[::1]", True),
        ("http://db.lan", False),
        ("http://192.168.0.2", False),
    ],
)
def test_a_server_on_this_machine_is_known(url: str, local: bool) -> None:
    assert parse(url, "X").local is local


@pytest.mark.parametrize(
    "url",
    [
        "influxdb:///x",
        "influxdb://h:port/x",
        "influxdb://h/a%2Fb",
        "influxdb://h/x#y",
        "influxdb://h/x?org",
        "influxdb://h/x?token=hunter2",
    ],
)
def test_an_address_that_is_none_is_refused_without_printing_it(url: str) -> None:
    with pytest.raises(SettingError, match=r"^X (must look like influxdb://|may have)") as caught:
        parse(url.replace("://", "://me:hunter2@"), "X")
    assert "hunter2" not in str(caught.value)


def test_secrets_are_never_printed() -> None:
    address = parse("influxdb://me:hunter2@db/x", "X")
    assert f"{address} {address!r}" == "http://db:8086/x http://db:8086/x"


def test_settings_fill_what_the_url_does_not_say() -> None:
    whole = parse(complete("influxdb://db/x", "t/k==", "my home", "/ca"), "X")
    assert (whole.token, whole.org, whole.ca_file) == ("t/k==", "my home", "/ca")


def test_what_the_url_says_wins() -> None:
    whole = parse(complete("influxdb://me:own@db/x?org=mine&ca_file=/mine", "t", "o", "/ca"), "X")
    assert (whole.token, whole.org, whole.ca_file) == ("me:own", "mine", "/mine")
