"""A message to a server, as JSON by POST."""

from __future__ import annotations

import urllib.request
from http.client import HTTPException
from urllib.error import HTTPError, URLError

from alerts.channels import EXCERPT, without
from perfwatch import distribution
from perfwatch.errors import ChannelError


class _Unmoved(urllib.request.HTTPRedirectHandler):
    """Who follows a redirection asks for the page that is there, and the message is gone."""

    def redirect_request(self, *_: object) -> None: ...


def post(url: str, content: bytes, seconds: float) -> None:
    """Send it; waits for each part of the answer for so long. Raises ChannelError, without the address."""
    head = {"Content-Type": "application/json", "User-Agent": f"PerfWatch/{distribution.VERSION}"}
    request = urllib.request.Request(url, content, head, method="POST")
    try:
        with urllib.request.build_opener(_Unmoved).open(request, timeout=seconds):
            return
    except HTTPError as exc:
        raise ChannelError(f"The server answered {exc.code} {exc.reason}{_said(exc)}") from exc
    except (OSError, ValueError, HTTPException) as exc:
        raise ChannelError(without(url, _why(exc))) from exc


def _why(error: Exception) -> str:
    if isinstance(error, HTTPException) and not isinstance(error, OSError):
        return f"The server does not speak HTTP: {str(error).strip()[:EXCERPT] or type(error).__name__}"
    reason = error.reason if isinstance(error, URLError) else error
    return f"The server cannot be reached: {getattr(reason, 'strerror', None) or reason}"


def _said(error: HTTPError) -> str:
    with error:
        try:
            said = error.read(EXCERPT).decode("utf-8", "replace").strip()
        except (OSError, HTTPException):  # it ended in the middle
            return ""
    return said and f": {said}"
