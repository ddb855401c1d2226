"""What a dashboard hands out to a machine that joins, and an account for a code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from dashboard.auth.join import JoinApi
from dashboard.auth.throttle import BURST
from perfwatch.admin import mosquitto
from perfwatch.admin.broker_accounts import Integrations, integrations_path
from perfwatch.admin.join import offer
from perfwatch.admin.join.invitation import invitations
from perfwatch.admin.join.machine import identity, password, secret
from perfwatch.admin.mosquitto import Listening
from perfwatch.setting_sources import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    mosquitto.remember(tmp_path, Listening(1883, "0.0.0.0"))
    offer.remember(tmp_path, load({"PERFWATCH_ADDRESS": "0.0.0.0"}))
    return tmp_path


@pytest.fixture
async def client(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    api = JoinApi(folder)
    transport = httpx.ASGITransport(Starlette(routes=[*api.routes(), *api.api()]))
    async with httpx.AsyncClient(transport=transport, base_url="http://nas.lan") as client:
        yield client


async def test_a_code_gives_an_account_whose_password_both_know(
    client: httpx.AsyncClient, folder: Path
) -> None:
    code = invitations(folder).make("pi")
    answer = await client.post("/join/account", json={"id": identity(secret(code))})
    assert answer.status_code == 201
    kept = Integrations(integrations_path(folder)).all()["pi"]
    assert kept.role == "collector"
    assert kept.password == password(secret(code), answer.json()["salt"])
    assert kept.password not in answer.text


async def test_wrong_codes_are_refused_with_a_sentence_and_then_at_once(
    client: httpx.AsyncClient, folder: Path
) -> None:
    for _ in range(BURST):
        answer = await client.post("/join/account", json={"id": "0" * 64})
        assert answer.status_code == 403
        assert answer.json()["detail"].startswith("This code is not known here. Have a new line made")
    code = invitations(folder).make("pi")
    answer = await client.post("/join/account", json={"id": identity(secret(code))})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert Integrations(integrations_path(folder)).all() == {}


async def test_right_codes_are_not_counted(client: httpx.AsyncClient, folder: Path) -> None:
    codes = [invitations(folder).make(f"pi{number}") for number in range(BURST + 1)]
    answers = [await client.post("/join/account", json={"id": identity(secret(code))}) for code in codes]
    assert {answer.status_code for answer in answers} == {201}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id": 1}', b'{"id": "", "more": 1}', b"\xff"])
async def test_what_is_no_code_at_all_is_explained(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/join/account", content=body)
    assert answer.status_code == 422
    assert '{"id": …}' in answer.json()["detail"]


async def test_what_is_handed_out_is_what_the_line_names(client: httpx.AsyncClient, folder: Path) -> None:
    answer = await client.post("/api/join", json={"name": "pi", "server": "nas.lan"})
    assert answer.status_code == 201
    assert " http://nas.lan:8000 pi " in answer.json()["line"]
    for path in (folder / "join").iterdir():
        assert (await client.get(f"/join/{path.name}")).content == path.read_bytes()


async def test_nothing_else_of_the_data_folder_is(client: httpx.AsyncClient, folder: Path) -> None:
    (folder / "users.json").write_text("{}")
    for path in ("/join/", "/join/../users.json", "/join/%2e%2e/users.json", "/join/wheels/..%2fusers.json"):
        assert (await client.get(path)).status_code == 404


async def test_wheels_are_listed_as_pip_reads_it(client: httpx.AsyncClient, folder: Path) -> None:
    assert (await client.get("/join/wheels/")).text == ""
    (folder / "wheels").mkdir()
    (folder / "wheels" / "click-1-py3-none-any.whl").write_bytes(b"wheel")
    (folder / "wheels" / "notes.txt").write_text("mine")
    page = (await client.get("/join/wheels/")).text
    assert page == '<a href="click-1-py3-none-any.whl">click-1-py3-none-any.whl</a>\n'
    assert (await client.get("/join/wheels/click-1-py3-none-any.whl")).content == b"wheel"


async def test_a_refusal_says_what_to_do(client: httpx.AsyncClient, folder: Path) -> None:
    mosquitto.remember(folder, Listening(1883))
    answer = await client.post("/api/join", json={"name": "pi"})
    assert answer.status_code == 409
    assert "`perfwatch up --mqtt-address 0.0.0.0`" in answer.json()["detail"]
    assert (await client.post("/api/join", json={"nam": "pi"})).status_code == 422
