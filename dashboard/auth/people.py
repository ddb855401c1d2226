"""What the routes about accounts stand on together."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import NamedTuple, ParamSpec, TypeVar

from starlette.requests import Request

from dashboard.auth.admission import Sender
from dashboard.auth.passwords import Passwords
from dashboard.auth.sessions import DEVICE_COOKIE, Sessions, cookie, cookie_name
from dashboard.web.requests import session_of
from perfwatch.errors import TokenError
from perfwatch.tokens import DEVICE
from perfwatch.users import Users

P = ParamSpec("P")
T = TypeVar("T")

# No account has a longer name: longer ones count as one.
_LONGEST_NAME = 64


class People(NamedTuple):
    """The accounts, their sessions, and the one way to a password."""

    users: Users
    sessions: Sessions
    passwords: Passwords

    def sender(self, request: Request, username: str) -> Sender:
        """Who would log in as `username`: a browser that has done so before, or a stranger at an address."""
        token = cookie(request.headers, cookie_name(request.scope, DEVICE_COOKIE))
        try:
            device = self.sessions.tokens.verify(token or "", audience=DEVICE)
        except TokenError:
            device = None
        if device and device.username == username:
            return Sender(f"device {device.jti}", username, known=True)
        address = request.client.host if request.client else ""
        return Sender(f"address {network(address)}", username[:_LONGEST_NAME], known=False)

    async def hashed(self, request: Request, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """What `work`, which hashes a password for who is logged in, returns."""
        return await self.passwords.hashed(request, own(request), work, *given, **named)


def own(request: Request) -> Sender:
    """The session of `request`: counted alone, so that who stole one keeps nobody from a new password."""
    session = session_of(request)
    return Sender(f"session {session.jti}", session.username, known=True)


def network(address: str) -> str:
    """What one client has of addresses: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address[:_LONGEST_NAME]
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or IPv6Network((int(ip), 64), strict=False))
    return str(ip)
