"""What is written of the settings from their declarations: docs/settings.md and .env.example.

`python -m perfwatch.admin.reference` writes both anew in the folder where it is run.
"""

from __future__ import annotations

from pathlib import Path

from perfwatch import settings

_HEAD = """\
# Settings

Every setting of every part. Each is an environment variable, and an option of the commands that use it:
`PERFWATCH_MQTT_PORT` is `--mqtt-port`. An option wins.
`make run` reads `.env` in the clone, as `docker compose` does.

- A length of time is written `500ms`, `5s`, `1m30s`, `1h` or `7d`; a plain number counts seconds.
- A size is written `200MB`, `10GB` or `1GiB`.
- A secret may be in a file: `PERFWATCH_BROKER_FILE=/run/secrets/broker` in place of `PERFWATCH_BROKER`.
- A value that does not fit is refused before anything starts.
- So is a variable that looks like a typing mistake.

This page is made from the code by `python -m perfwatch.admin.reference`.

| variable | default | takes | what it is |
|---|---|---|---|
"""

_ENV_HEAD = """\
# Every setting of PerfWatch, with its default. Copy to .env (make run, docker compose), or export what you
# change. Lengths of time: 5s, 500ms, 1m30s, 1h, or plain seconds. Sizes: 200MB, 10GB. A secret (broker,
# history, InfluxDB token, admin password) may be in a file: PERFWATCH_BROKER_FILE=/run/secrets/broker.
"""


def page() -> str:
    """docs/settings.md."""
    return _HEAD + "".join(_row(name) for name in settings.DECLARED)


def example() -> str:
    """.env.example."""
    return _ENV_HEAD + "".join(
        f"\n# {declared.help}\n#{settings.variable(name)}={settings.shown(name, settings.default(name))}\n"
        for name, declared in settings.DECLARED.items()
    )


def _row(name: str) -> str:
    declared = settings.DECLARED[name]
    default = settings.shown(name, settings.default(name))
    also = f" ({declared.also} is known too)" if declared.also else ""
    cells = (f"`{settings.variable(name)}`", f"`{default}`" if default else "", declared.type.expected)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} | {declared.help}{also} |\n"


if __name__ == "__main__":
    Path("docs/settings.md").write_text(page())
    Path(".env.example").write_text(example())
