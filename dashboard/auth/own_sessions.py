"""`/api/auth/sessions`: where one is logged in, and the end of it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.auth.logins import Login
from dashboard.auth.sessions import Sessions
from dashboard.web.requests import session_of
from dashboard.web.responses import problem
from perfwatch.api_tokens import is_of_token
from perfwatch.readings.codec import format_seconds


class OwnSessionsApi:
    """The id of a session is no secret: only who has its token can use it."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def routes(self) -> list[Route]:
        return [
            Route("/api/auth/sessions", self.show, methods=["GET"]),
            Route("/api/auth/sessions/{id}", self.end, methods=["DELETE"]),
        ]

    async def show(self, request: Request) -> Response:
        session = session_of(request)
        found = self._sessions.logins.of(session.username)
        return JSONResponse({"sessions": [_shown(jti, one, session.jti) for jti, one in found.items()]})

    async def end(self, request: Request) -> Response:
        session, jti = session_of(request), request.path_params["id"]
        if is_of_token(session):
            return problem(409, "An API token has no sessions: revoke it by DELETE /api/tokens/NAME")
        if not self._sessions.end_one(session.username, jti):
            return problem(404, f"You have no session {jti[:100]!r}: GET /api/auth/sessions lists them")
        return JSONResponse({"detail": "That session is ended, and its pages are closed"})


def _shown(jti: str, one: Login, own: str) -> dict[str, Any]:
    return {
        "id": jti,
        "current": jti == own,
        "began_at": format_seconds(one.began),
        "used_at": format_seconds(one.used),
        "expires_at": format_seconds(one.expires),
        "address": one.address,
        "client": one.client,
    }
