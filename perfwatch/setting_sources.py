"""Where settings come from: variables of the environment, options, and files with secrets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfwatch.errors import SettingError
from perfwatch.history.influx import url as influx_url
from perfwatch.settings import DECLARED, PREFIX_OF_VARIABLES, Settings, is_secret, option, variable

_TESTS = "PERFWATCH_TEST_"

# PERFWATCH_HISTORY with this alone means the server that influxdb-client's users name so.
INFLUX_BY_ENVIRONMENT = "influxdb://"
INFLUX_URL = "INFLUXDB_V2_URL"


def load(environ: Mapping[str, str], **options: Any) -> Settings:
    """The settings in `environ`, with `options` (None: not given) put over them.

    A secret may be in a file instead, named by its variable with `_FILE` at the end. Raises SettingError
    naming the variable or option, its value and what was expected.
    """
    _refuse_typos(environ)
    environ = {**environ, **_secrets_in_files(environ)}
    names = {
        name: word
        for name, setting in DECLARED.items()
        for word in (setting.also, variable(name))
        if environ.get(word, "") != ""
    }
    values = {name: environ[word] for name, word in names.items()}
    for name, value in options.items():
        if value is not None:
            values[name] = value
            names[name] = option(name)
    if values.get("history") == INFLUX_BY_ENVIRONMENT:
        values["history"] = _influx_url(environ, names["history"])
    return Settings(**{name: _parsed(name, names[name], value) for name, value in values.items()})


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """The PERFWATCH_ variables that are no settings. Those of the tests are nobody's business."""
    known = {variable(name) for name in DECLARED} | {
        f"{variable(name)}_FILE" for name in DECLARED if is_secret(name)
    }
    ours = (name for name in environ if name.startswith(PREFIX_OF_VARIABLES) and not name.startswith(_TESTS))
    return sorted(set(ours) - known)


def _refuse_typos(environ: Mapping[str, str]) -> None:
    known = [variable(name) for name in DECLARED]
    for name in unknown_variables(environ):
        import difflib  # most processes see no mistake

        if near := difflib.get_close_matches(name, known, 1, 0.85):
            raise SettingError(name, f"is not a setting: did you mean {near[0]}?")


def _secrets_in_files(environ: Mapping[str, str]) -> dict[str, str]:
    """The secrets in files that variables like PERFWATCH_BROKER_FILE name: as Docker gives them."""
    found = {}
    for secret in (variable(name) for name in DECLARED if is_secret(name)):
        path = environ.get(f"{secret}_FILE", "")
        if path and environ.get(secret):
            raise SettingError(f"{secret}_FILE", f"cannot be used together with {secret}", path)
        if path:
            try:
                found[secret] = Path(path).read_text().strip()
            except (OSError, UnicodeDecodeError) as exc:
                raise SettingError(
                    f"{secret}_FILE", f"must name a file that can be read ({exc})", path
                ) from exc
    return found


def _influx_url(environ: Mapping[str, str], name: str) -> str:
    url = environ.get(INFLUX_URL, "")
    if not influx_url.is_influx(url):
        raise SettingError(name, f"names no server, and {INFLUX_URL} is not an http:// or https:// address")
    return url


def checked(name: str, value: Any) -> Any:
    """`value` as the setting of that name takes it. Raises SettingError."""
    return _parsed(name, name, value)


def _parsed(name: str, as_given: str, value: Any) -> Any:
    kind = DECLARED[name].type
    try:
        return kind.parse(str(value))
    except (ValueError, OverflowError) as exc:
        given = None if kind.secret else str(value)
        raise SettingError(as_given, f"must be {kind.expected}", given) from exc
