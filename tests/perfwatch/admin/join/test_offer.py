"""When another machine can be invited, and when not: the sentence says what to do."""

from __future__ import annotations

import ast
import shlex
import subprocess
from pathlib import Path

import pytest

from perfwatch.admin import mosquitto
from perfwatch.admin.broker_accounts import Integrations, integrations_path
from perfwatch.admin.join import offer
from perfwatch.admin.join.offer import invite, own_authority
from perfwatch.admin.mosquitto import Listening
from perfwatch.errors import AccountError, StartError
from perfwatch.setting_sources import load
from tests.certificates import self_signed


def opened(folder: Path, where: Listening, **settings: str) -> Path:
    """A data folder as `perfwatch up` leaves it."""
    mosquitto.remember(folder, where)
    offer.remember(folder, load({f"PERFWATCH_{name.upper()}": value for name, value in settings.items()}))
    return folder


def test_where_it_never_ran_it_must_be_started_first(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="has not run with this data folder yet: start it"):
        invite(tmp_path, "pi")


@pytest.mark.parametrize(
    ("mqtt_address", "address", "missing"),
    [
        ("", "127.0.0.1", "--mqtt-address 0.0.0.0 --address 0.0.0.0`"),
        ("", "0.0.0.0", "up --mqtt-address 0.0.0.0`"),
        ("0.0.0.0", "localhost", "up --address 0.0.0.0`"),
        ("127.0.0.2", "0.0.0.0", "up --mqtt-address 0.0.0.0`"),
    ],
)
def test_what_listens_on_this_machine_only_must_be_opened(
    tmp_path: Path, mqtt_address: str, address: str, missing: str
) -> None:
    folder = opened(tmp_path, Listening(1883, mqtt_address), address=address)
    with pytest.raises(StartError) as refused:
        invite(folder, "pi", "nas.lan")
    assert missing in str(refused.value)
    assert not (folder / "join").exists()


def test_behind_a_proxy_the_dashboard_may_listen_on_this_machine_only(tmp_path: Path) -> None:
    folder = opened(tmp_path, Listening(1883, "0.0.0.0"))
    assert " https://nas.lan/perfwatch pi " in invite(folder, "pi", "https://nas.lan/perfwatch/")


def test_without_a_network_the_address_must_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = opened(tmp_path, Listening(1883, "0.0.0.0"), address="0.0.0.0")
    monkeypatch.setattr(offer, "_on_default_route", lambda: "")
    with pytest.raises(StartError, match="cannot tell under which address others reach this machine"):
        invite(folder, "pi")


def test_with_tls_it_must_be_the_name_in_the_certificate(tmp_path: Path) -> None:
    path = str(self_signed(tmp_path, "DNS:nas.lan"))
    folder = opened(tmp_path, Listening(1883, "0.0.0.0", path, path), address="0.0.0.0")
    with pytest.raises(StartError, match="in the broker's certificate"):
        invite(folder, "pi")
    assert "http://nas.lan:8000 pi " in invite(folder, "pi", "nas.lan")


@pytest.mark.parametrize(
    ("listening", "address", "expected"),
    [
        ("0.0.0.0", "198.18.0.1", "198.18.0.1"),
        ("198.18.0.2", "::", "198.18.0.2"),
        ("::", "fd00::1", "[fd00::1]"),
    ],
)
def test_an_address_that_it_listens_on_is_the_one(
    tmp_path: Path, listening: str, address: str, expected: str
) -> None:
    folder = opened(tmp_path, Listening(1883, listening), address=address)
    words = shlex.split(invite(folder, "pi"))
    assert f"http://{expected}:8000" in words


def test_a_name_that_has_an_account_is_refused(tmp_path: Path) -> None:
    folder = opened(tmp_path, Listening(1883, "0.0.0.0"), address="0.0.0.0")
    Integrations(integrations_path(folder)).add("pi", (), "collector")
    with pytest.raises(AccountError, match="has an account 'pi' already"):
        invite(folder, "pi", "nas.lan")


def test_the_line_is_one_line_of_any_shell(tmp_path: Path) -> None:
    folder = opened(tmp_path, Listening(1883, "0.0.0.0"), address="0.0.0.0")
    line = invite(folder, "o'pi", "nas.lan")
    assert "\n" not in line
    for shell in ("dash", "bash"):
        subprocess.run([shell, "-n", "-c", line], check=True)


def test_the_script_knows_what_all_collectors_here_need(tmp_path: Path) -> None:
    folder = opened(tmp_path, Listening(1884, "0.0.0.0"), address="0.0.0.0", topic_prefix="home/'s")
    invite(folder, "pi", "nas.lan")
    tree = ast.parse((folder / "join" / "join.py").read_text(), feature_version=(3, 7))
    values = [node.value for node in tree.body if isinstance(node, ast.AnnAssign)]
    given = ast.literal_eval(ast.unparse(next(value for value in values if isinstance(value, ast.Dict))))
    assert given["options"] == ["--topic-prefix", "home/'s"]
    assert (given["scheme"], given["port"], given["ca"], given["wheels"]) == ("mqtt", 1884, "", False)
    assert (folder / "join" / given["wheel"]).exists()


def test_a_certificate_that_nobody_signed_goes_along(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, "DNS:nas.lan")
    assert own_authority(str(certificate)) == certificate.read_text()
    assert own_authority("") == ""


def test_one_that_somebody_else_signed_does_not(tmp_path: Path) -> None:
    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=tmp_path, check=True, capture_output=True)

    self_signed(tmp_path, "DNS:ca", "ca.pem", "ca.key")
    openssl(
        "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=nas", "-keyout", "key.pem", "-out", "asked.pem"
    )
    openssl("x509", "-req", "-in", "asked.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "nas.pem")
    assert own_authority(str(tmp_path / "nas.pem")) == ""
    whole = tmp_path / "whole.pem"
    whole.write_text((tmp_path / "nas.pem").read_text() + (tmp_path / "ca.pem").read_text())
    assert own_authority(str(whole)) == whole.read_text()
