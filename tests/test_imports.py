"""The import rules of the architecture: who may know whom, and who owns which driver."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SERVICES = ("alerts", "collector", "bridge", "dashboard", "devices")

# Each driver, and the files that may import it.
OWNERS = {
    "psutil": ("collector/sources/",),
    "pynvml": ("collector/sources/nvidia.py",),
    "paho": (
        "collector/delivery/publisher.py",
        "collector/delivery/connection.py",
        "collector/delivery/client.py",
        "collector/delivery/probe.py",
    ),
    "mqtt5": ("perfwatch/mqtt/",),
    "aiomqtt": ("perfwatch/topic_client.py",),
    "httpx": ("perfwatch/client.py",),
    "streamlit": ("dashboard/",),
    "starlette": ("dashboard/",),
    "uvicorn": ("dashboard/",),
    "jwt": ("perfwatch/tokens.py",),
    "argon2": ("perfwatch/users.py",),
    "pyotp": ("perfwatch/second_factor.py",),
    "segno": ("dashboard/auth/second_factor.py", "perfwatch/admin/addresses.py"),
    "sqlite3": ("perfwatch/history/",),
    "pyarrow": ("perfwatch/history/", "perfwatch/columns.py"),
    "apprise": ("alerts/by_apprise/",),
    "influxdb_client": ("perfwatch/history/influx/http.py",),
    "google": ("devices/sparkplug/",),
    "jinja2": ("devices/discovery/",),
    "urllib3": ("perfwatch/history/influx/http.py",),
}

# These do no input or output, so they import nothing that does.
PURE = (
    "perfwatch/topics.py",
    "perfwatch/readings/base.py",
    "perfwatch/readings/core.py",
    "perfwatch/readings/optional.py",
    "perfwatch/durations.py",
    "perfwatch/units.py",
    "perfwatch/second_factor.py",
    "perfwatch/mqtt/inbox.py",
    "perfwatch/mqtt/limits.py",
    "perfwatch/checks.py",
    "collector/service/systemd_unit.py",
    "perfwatch/history/points.py",
    "perfwatch/history/policy.py",
    "perfwatch/history/rollup.py",
    "perfwatch/history/sqlite/codec.py",
    "perfwatch/history/sqlite/columns.py",
    "perfwatch/history/sqlite/keys.py",
    "perfwatch/history/sqlite/schema.py",
    "perfwatch/history/transfer/line_parser.py",
    "perfwatch/history/influx/url.py",
    "perfwatch/history/influx/query.py",
    "perfwatch/history/influx/query_buckets.py",
    "perfwatch/history/influx/fold.py",
    "perfwatch/history/influx/line_protocol.py",
    "perfwatch/alerting/rules.py",
    "perfwatch/alerting/tables.py",
    "perfwatch/alerting/states.py",
    "perfwatch/alerting/protocol.py",
    "perfwatch/mqtt/lease.py",
    "perfwatch/alerting/window.py",
    "perfwatch/alerting/machine.py",
    "perfwatch/alerting/judging.py",
    "alerts/engine.py",
    "alerts/texts.py",
    "alerts/telling.py",
    "alerts/states.py",
    "alerts/discovery.py",
    "bridge/batch.py",
    "bridge/standing.py",
    "collector/remote_config/protocol.py",
    "collector/sources/perf_output.py",
    "perfwatch/history/declared.py",
    "perfwatch/history/shapes.py",
    "bridge/old_spool.py",
    "perfwatch/journal/record.py",
    "collector/sources/rates.py",
    "collector/delivery/acknowledged.py",
    "collector/delivery/reading.py",
    "collector/delivery/recovery.py",
    "collector/scalars.py",
    "collector/home_assistant/entities.py",
    "dashboard/auth/admission.py",
    "dashboard/export/exposition.py",
    "dashboard/export/families.py",
    "dashboard/openapi/answers.py",
    "dashboard/openapi/alert_answers.py",
    "dashboard/openapi/history_answers.py",
    "dashboard/openapi/document.py",
    "dashboard/openapi/operations.py",
    "dashboard/history/catalogue.py",
    "dashboard/history/labels.py",
    "dashboard/auth/throttle.py",
    "dashboard/web/declared.py",
    "dashboard/live/ticks.py",
    "devices/values.py",
    "devices/names.py",
    "devices/flatten.py",
    "devices/rule.py",
    "devices/counters.py",
    "devices/taker.py",
    "devices/times.py",
    "devices/mapping.py",
    "devices/filters.py",
    "devices/refusals.py",
    "devices/presets/zigbee2mqtt.py",
    "devices/presets/tasmota.py",
    "devices/presets/rtl433.py",
    "devices/presets/shelly.py",
    "devices/presets/esphome.py",
    "devices/presets/homie.py",
    "devices/presets/telegraf.py",
    "devices/presets/plain.py",
    "devices/presets/registry.py",
    "devices/sparkplug/metrics.py",
    "devices/sparkplug/payload.py",
    "devices/sparkplug/rule.py",
    "devices/discovery/bounds.py",
    "devices/discovery/config.py",
    "devices/discovery/filters.py",
    "devices/discovery/known.py",
    "devices/discovery/rule.py",
    "devices/discovery/template.py",
)
INPUT_OUTPUT = {
    "os",
    "socket",
    "pathlib",
    "sqlite3",
    "subprocess",
    "asyncio",
    "threading",
    "psutil",
    "logging",
}


def modules() -> list[Path]:
    return [path for package in (*SERVICES, "perfwatch") for path in sorted((ROOT / package).rglob("*.py"))]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_stay_within_the_rules(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    room = name.split("/")[0]
    for module in imported(path):
        top = module.split(".")[0]
        if top in SERVICES:
            assert top == room, f"{name} imports {module}: services meet over MQTT, HTTP or the store"
        if top in OWNERS:
            assert name.startswith(OWNERS[top]), f"{name} imports {module}, which belongs to {OWNERS[top]}"
        if name in PURE:
            assert top not in INPUT_OUTPUT, f"{name} does no input or output, but imports {module}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_commands_read_the_environment_or_exit(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    if path.name == "__main__.py" or name in ("perfwatch/cli.py", "perfwatch/command.py"):
        return
    source = ast.parse(path.read_text())
    used = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(source)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    assert (
        not used & {"os.environ", "os.getenv", "sys.exit", "logging.basicConfig"}
        or name == "perfwatch/log.py"
    )


@pytest.mark.parametrize(
    "path", [p for p in modules() if p.name == "__init__.py"], ids=lambda p: p.parent.name
)
def test_package_files_stay_empty(path: Path) -> None:
    assert path.read_text() == ""


def test_every_pure_module_is_there() -> None:
    assert [name for name in PURE if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        ("alerts.__main__, bridge.__main__, devices.__main__", ["importlib.metadata", "urllib.request"]),
        ("perfwatch.cli, perfwatch.admin.up", ["importlib.metadata", "zipfile"]),
        ("collector.__main__", ["ctypes", "perfwatch.admin"]),
        ("alerts.__main__, devices.__main__", ["tempfile", "hashlib", "statistics", "zoneinfo"]),
        ("devices.__main__", ["google.protobuf", "jinja2"]),
        ("dashboard.server", ["httpx", "paho", "numpy", "pandas", "pyarrow", "PIL"]),
    ],
)
def test_what_most_never_need_is_not_loaded_at_the_start(modules: str, heavy: list[str]) -> None:
    """Each costs a machine of the house megabytes for as long as the service runs."""
    program = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ended.stdout == "[]\n"
