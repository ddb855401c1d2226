"""Requests to one InfluxDB server, and what its refusals mean to the user."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException

from perfwatch.errors import StoreError
from perfwatch.history.influx.query import Response, Result, joined
from perfwatch.history.influx.url import Address

TIMEOUT_SECONDS = 30.0

# As much of a server's answer as a log line can take.
EXCERPT = 300

_FORM = "application/x-www-form-urlencoded"
_answer = msgspec.json.Decoder(Response)

_ADVICE = {
    401: "it does not accept the token: set PERFWATCH_INFLUX_TOKEN to one that is valid, or for InfluxDB 1.x "
    "a user and password in PERFWATCH_HISTORY",
    403: "the token may not do that: docs/influxdb.md lists the rights that it needs",
    404: "the bucket or database is not there, and could not be made: see docs/influxdb.md",
    413: "the request is too large for it: raise max-body-size in its configuration",
    429: "it asks for a pause; this is tried again",
    503: "it is overloaded; this is tried again",
}

# What servers say of lines that they cannot take, and of a bucket that is not there, in any version.
_LINE = re.compile(r"partial write|pars(e|ing)", re.IGNORECASE)
_MISSING = re.compile(r"(database|retention policy|bucket|dbrp).*not found|no dbrp", re.IGNORECASE)

# How many of the lines were not taken, as 1.x and 2 tell it.
_DROPPED = re.compile(r"dropped[ =](\d+)")

_NO_ROOM = re.compile(r"would exceed limit of \d+ databases")

# What to do about what servers say, where the status does not tell.
_SAID = {
    re.compile(r"organization.*not found"): "it has no such organisation: name it in PERFWATCH_INFLUX_ORG",
    _NO_ROOM: "it takes no more databases, and PerfWatch needs three: delete one that nobody needs",
    re.compile(
        r"file limit of \d+ parquet files"
    ): "the question would open more of its files than it allows:"
    " ask about fewer days, or start the server with a higher --query-file-limit (docs/influxdb.md)",
}


class ServerRefused(StoreError):
    """The server said no: HTTP's `status`, its own `reason`, how many lines it `dropped` (0: not told)."""

    def __init__(
        self, address: Address, status: int, reason: str, pause: float = 0.0, advice: str = ""
    ) -> None:
        self.status = status
        self.reason = reason
        self.pause = pause
        self.dropped = int(found[1]) if (found := _DROPPED.search(reason)) else 0
        said = next((words for pattern, words in _SAID.items() if pattern.search(reason)), None)
        advice = advice or said or _ADVICE.get(status, f"it answered {status}")
        super().__init__(f"InfluxDB at {address.url} refused: {advice} ({reason})")

    @property
    def missing(self) -> bool:
        """Whether there is no such bucket."""
        return self.status in (400, 404, 422, 500) and bool(_MISSING.search(self.reason))

    @property
    def about_lines(self) -> bool:
        """Whether some of what was written is at fault; with fewer lines the others may be taken."""
        return self.status == 413 or (self.status in (400, 422) and bool(_LINE.search(self.reason)))

    @property
    def final(self) -> bool:
        """Whether no other attempt will change that, as far as the server tells."""
        return isinstance(self, Forbidden) or self.about_lines


class Forbidden(ServerRefused):
    """There is such a thing, or may be, but not for us."""


class Unrepresentable(StoreError):
    """A mean is outside what JSON can carry."""


class Server:
    """One server over HTTP; connects when first used. May be shared by threads."""

    def __init__(self, address: Address, timeout: float = TIMEOUT_SECONDS) -> None:
        self.address = address
        self._client = InfluxDBClient(
            url=address.url,
            token=address.token,
            auth_basic=":" in address.token,  # a user and password, which 1.x takes so
            timeout=round(timeout * 1000),
            verify_ssl=True,
            ssl_ca_cert=address.ca_file,
            retries=False,
        )

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]

    def version(self) -> str:
        """What the server says that it is, such as `1.8.10` or `v2.7.1`; empty when it does not say."""
        return self._call("GET", "/ping").headers.get("X-Influxdb-Version", "")

    def write(self, bucket: str, body: bytes, path: str, query: Mapping[str, str]) -> None:
        """Post lines to an endpoint, durably. Raises ServerRefused when some were not taken."""
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        if not self.address.local:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, compresslevel=1)  # 6, the default, takes five times as long
        self._call("POST", path, query, body=body, headers=headers, bucket=bucket)

    def query(self, statements: list[str], database: str, policy: str) -> list[Result]:
        """Run InfluxQL statements; one result for each. Times are in ms.

        Raises StoreError with what the server said of the first that failed.
        """
        named = {"db": database, "rp": policy, "epoch": "ms"}
        form = {"q": ";".join(statements)}
        answer = self._decoded(self._call("POST", "/query", query=named, form=form).data)
        error = _error_in(answer)
        if error == "not executed" and len(statements) > 1:
            # 1.x has put this in place of the reason, which it tells for a statement alone.
            return [self.query([statement], database, policy)[0] for statement in statements]
        if any(rows.partial for result in answer.results for rows in result.series):
            # 1.x says so of every table of more than 10,000 rows, whole or not; in chunks nothing is cut off.
            response = self._call("POST", "/query", query=named | {"chunked": "true"}, form=form)
            answer = joined(self._decoded(chunk) for chunk in response.data.splitlines() if chunk)
        return self._checked(answer)

    def query_3(self, statement: str, bucket: str) -> Result:
        """As `query`, for InfluxDB 3: of one statement, which names no database."""
        given = {"db": bucket, "epoch": "ms", "q": statement}
        try:
            data = self._call("GET", "/query", query=given).data
        except StoreError as exc:
            # It has begun to answer, and then met what JSON cannot carry.
            if "Connection broken" in str(exc.__cause__):
                raise self._unrepresentable() from exc
            raise
        results = self._checked(self._decoded(data))
        return results[0] if results else Result()

    def get(self, path: str, **query: str) -> Any:
        """What an endpoint of InfluxDB 2 answers, decoded."""
        return self._json(self._call("GET", path, query=query).data)

    def send(self, method: str, path: str, body: Mapping[str, Any], **query: str) -> Any:
        """Send JSON to an endpoint of InfluxDB 2; what it answers, or None."""
        data = self._call(method, path, query=query, body=body).data
        return self._json(data) if data else None

    def read(self, path: str) -> str:
        """A page of text, as the server has it."""
        return self._call("GET", path).data.decode(errors="replace")

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | bytes | None = None,
        headers: dict[str, str] | None = None,
        bucket: str = "",
    ) -> urllib3.HTTPResponse:
        given = {"Accept": "application/json"} | ({"Content-Type": _FORM} if form else {}) | (headers or {})
        with explain(self.address, bucket):
            response: urllib3.HTTPResponse = self._client.api_client.call_api(  # type: ignore[no-untyped-call]
                path,
                method,
                query_params=list((query or {}).items()),
                header_params=given,
                post_params=list((form or {}).items()),
                body=body,
                _preload_content=False,
                _return_http_data_only=True,
            )
            # Read whole while errors are still explained; it is kept, and the connection is free again.
            _ = response.data
        return response

    def _checked(self, answer: Response) -> list[Result]:
        if error := _error_in(answer):
            raise ServerRefused(self.address, _status_of(error), error)
        if any(rows.partial for result in answer.results for rows in result.series):
            raise StoreError(
                f"InfluxDB at {self.address.url} cut its answer off: raise max-row-limit in its configuration"
            )
        return sorted(answer.results, key=lambda result: result.statement_id)

    def _decoded(self, data: bytes) -> Response:
        try:
            return _answer.decode(data)
        except msgspec.DecodeError as exc:
            if b"unsupported value" in data:
                raise self._unrepresentable() from exc
            raise self._unexpected(data) from exc

    def _json(self, data: bytes) -> Any:
        try:
            return msgspec.json.decode(data)
        except msgspec.DecodeError as exc:
            raise self._unexpected(data) from exc

    def _unrepresentable(self) -> Unrepresentable:
        return Unrepresentable(
            f"InfluxDB at {self.address.url} broke off its answer, at a mean past any float"
        )

    def _unexpected(self, data: bytes) -> StoreError:
        return StoreError(
            f"{self.address.url} does not answer as InfluxDB does: check the address in PERFWATCH_HISTORY"
            f" ({data[:EXCERPT].decode(errors='replace')})"
        )


@contextmanager
def explain(address: Address, bucket: str = "") -> Iterator[None]:
    """Turn what the client raises into a StoreError that names the server and says what to do.

    A refusal for too few rights names the `bucket` that is written to.
    """
    try:
        yield
    except ApiException as exc:
        if not exc.status:
            raise StoreError(_trust(address, str(exc.reason))) from exc
        reason = _reason(exc)
        # InfluxDB 2 knows the token then, and says what it may not: `write:orgs/0a/buckets is unauthorized`.
        status = 403 if exc.status == 401 and reason.endswith("is unauthorized") else exc.status
        kind = Forbidden if status in (403, 404) or _NO_ROOM.search(reason) else ServerRefused
        if bucket and status == 403:
            reason = f"{bucket}: {reason}"
        raise kind(address, status, reason, _pause(exc)) from exc
    except urllib3.exceptions.HTTPError as exc:
        raise StoreError(
            f"InfluxDB at {address.url} cannot be reached: check that it runs and that PERFWATCH_HISTORY is"
            f" right ({_short(exc)})"
        ) from exc


def _trust(address: Address, reason: str) -> str:
    return (
        f"InfluxDB at {address.url} cannot be trusted: name the file of its CA's certificates in"
        f" PERFWATCH_INFLUX_CA_FILE ({reason[:EXCERPT]})"
    )


def _reason(exc: ApiException) -> str:
    """The server's own sentence: 1.x and 3 call it error, 2 calls it message; 3 has the cause below it."""
    body = exc.body.decode(errors="replace") if isinstance(exc.body, bytes) else str(exc.body or exc.reason)
    try:
        content = msgspec.json.decode(body)
        found = content.get("message") or content.get("error")
        if cause := content.get("data", {}).get("error_message"):
            found = f"{found}: {cause}"
    except (msgspec.DecodeError, AttributeError):
        found = None
    return str(found or body)[:EXCERPT]


def _pause(exc: ApiException) -> float:
    """Retry-After in seconds, as InfluxDB gives it; 0 without one, and for the form that is a date."""
    headers: Mapping[str, str] = exc.headers or {}
    told = headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else 0.0


def _short(exc: urllib3.exceptions.HTTPError) -> str:
    return str(exc.__cause__ or exc).rpartition(": ")[2][:EXCERPT]


def _error_in(answer: Response) -> str | None:
    return answer.error or next((result.error for result in answer.results if result.error), None)


def _status_of(error: str) -> int:
    """InfluxQL's errors come with status 200."""
    return 404 if "not found" in error else 400
