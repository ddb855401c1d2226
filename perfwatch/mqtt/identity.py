"""Names on the broker that only we know: whoever can name a session or a group may take it over or join."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import suppress
from pathlib import Path

from perfwatch.files import write_private


def new_client_id(service: str, name: str) -> str:
    """A client id for that service, with 128 random bits."""
    return f"perfwatch-{service}-{name}-{secrets.token_hex(16)}"


def kept_client_id(path: Path, service: str, name: str) -> str:
    """The client id kept in `path`, made when there is none. Where nothing can be kept, one for this run."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        made = new_client_id(service, name)
    except (OSError, UnicodeDecodeError):
        return new_client_id(service, name)
    with suppress(OSError):
        write_private(path, made)
    return made


def group_name(group: str, password: str | None) -> str:
    """`group` as its members call it on the broker: they share the bridge's password, which names it.

    Mosquitto asks its access list about the topic of a shared subscription when it has chosen the member
    already, so whoever joins takes readings away, even one who may not read them.
    """
    if not group or not password:
        return group
    return f"{group}-{hmac.digest(password.encode(), group.encode(), hashlib.sha256).hex()[:32]}"
