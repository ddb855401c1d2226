from __future__ import annotations

import platform
import socket
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from collector import host
from collector.host import describe, os_name
from collector.sources.cpu_model import cpu_model
from perfwatch.readings import codec, core
from tests.collector.recording import absent


def recording(name: str) -> str:
    return (Path(__file__).parent / "recordings" / name).read_text()


def test_the_processor_is_named_by_the_kernel() -> None:
    assert cpu_model(lambda _path: recording("cpuinfo_x86")) == "Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz"


def test_a_board_names_itself_where_the_processor_has_no_name() -> None:
    assert cpu_model(lambda _path: recording("cpuinfo_raspberry_pi")) == "Raspberry Pi 4 Model B Rev 1.4"


def test_without_proc_the_platform_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert cpu_model(absent) == "arm"
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert cpu_model(absent) is None


def test_the_system_names_itself() -> None:
    assert (
        os_name(lambda: {"PRETTY_NAME": "Debian GNU/Linux 12 (bookworm)"}) == "Debian GNU/Linux 12 (bookworm)"
    )


def test_a_system_without_os_release_is_named_by_its_kernel() -> None:
    def missing() -> dict[str, str]:
        raise OSError(2, "x")

    expected = f"{platform.system()} {platform.release()}"
    assert [os_name(missing), os_name(lambda: {})] == [expected, expected]


def test_the_facts_are_this_machines_and_go_over_the_wire() -> None:
    info = describe(2.5, {"cpu": None, "disk": "OSError: gone"})
    assert info.hostname == socket.gethostname()
    assert info.kernel == platform.release()
    assert info.version == metadata.version("perfwatch-mqtt")
    assert info.boot_time is not None
    assert datetime(2000, 1, 1, tzinfo=UTC) < info.boot_time < datetime.now(UTC)
    assert msgspec.json.decode(codec.encode_info(info), type=core.HostInfo) == info
    wire = msgspec.json.decode(codec.encode_info(info))
    assert (wire["schema"], wire["interval"]) == (1, 2.5)
    assert wire["sources"] == {"cpu": None, "disk": "OSError: gone"}


def test_names_are_read_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = iter((10.0, 3599.0, 3601.0))
    names = iter(("Debian 12", "Debian 13"))
    host._names.cache_clear()
    monkeypatch.setattr("collector.host.os_name", lambda: next(names))
    monkeypatch.setattr(host, "time", SimpleNamespace(monotonic=lambda: next(hours)))
    assert [describe(5.0, {}).os for _ in range(3)] == ["Debian 12", "Debian 12", "Debian 13"]
    host._names.cache_clear()
