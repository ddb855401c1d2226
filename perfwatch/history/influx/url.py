"""The address of an InfluxDB server and a database on it. No input or output.

`influxdb://[user:password@]host[:8086]/[database][?org=…&ca_file=…]`, `influxdbs://` with TLS; http:// and
https:// mean the same. A name without a password before the @ is a token. What is before the
database is where a reverse proxy has the server: `https://host/influx/perfwatch`.
"""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qs, quote, unquote, urlencode, urlsplit

from msgspec import Struct

from perfwatch.errors import SettingError

SCHEMES = {"influxdb": "http", "influxdbs": "https", "http": "http", "https": "https"}
PORT = 8086
DATABASE = "perfwatch"

_EXPECTED = (
    "must look like influxdb://host:8086/perfwatch?org=name (influxdbs:// with TLS), "
    "or name a file by its whole path, as sqlite:///path/history.db"
)


class Address(Struct, frozen=True):
    """Where the history is, and what to say to be let in. Prints without its secrets."""

    scheme: str
    host: str
    port: int
    database: str
    org: str
    token: str
    ca_file: str | None
    prefix: str = ""

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.prefix}"

    @property
    def local(self) -> bool:
        """Whether the server is on this machine, where packing costs more than sending."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    def __str__(self) -> str:
        return f"{self.url}/{self.database}"

    __repr__ = __str__


def is_influx(url: str) -> bool:
    return url.partition("://")[0] in SCHEMES


def parse(url: str, setting: str) -> Address:
    """The address in `url`. Raises SettingError, which names `setting` and never shows the URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORT
        given = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError as exc:
        raise SettingError(setting, _EXPECTED) from exc
    prefix, slash, last = parts.path.strip("/").rpartition("/")
    database = unquote(last) or DATABASE
    if not is_influx(url) or not parts.hostname or "/" in database or parts.fragment:
        raise SettingError(setting, _EXPECTED)
    unknown = sorted(given.keys() - {"org", "ca_file"})
    if unknown:
        raise SettingError(setting, f"may have ?org= and ?ca_file=, but not ?{unknown[0]}=")
    return Address(
        scheme=SCHEMES[parts.scheme],
        host=parts.hostname,
        port=port,
        database=database,
        org=given.get("org", [""])[0],
        token=_token(parts),
        ca_file=given.get("ca_file", [None])[0],
        prefix=slash + prefix,
    )


def complete(url: str, token: str, org: str, ca_file: str) -> str:
    """`url` with what it does not say itself: one text that tells a process all that it needs."""
    parts = urlsplit(url)
    netloc = parts.netloc
    if token and "@" not in netloc:
        netloc = f"{quote(token, safe='')}@{netloc}"
    given = {key: value for key, value in (("org", org), ("ca_file", ca_file)) if value}
    query = urlencode({**given, **{key: values[0] for key, values in parse_qs(parts.query).items()}})
    return parts._replace(netloc=netloc, query=query).geturl()


def _token(parts: SplitResult) -> str:
    """A token, or for InfluxDB 1.x `user:password`, which no token looks like."""
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return f"{user}:{password}" if password else user
