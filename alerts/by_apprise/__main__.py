"""Sends one message by Apprise: {"url", "title", "body"} on standard input, why not on standard error."""

from __future__ import annotations

import json
import logging
import sys
from io import StringIO

import apprise


def main() -> int:
    asked, said = json.load(sys.stdin), _words()
    sender = apprise.Apprise()
    sent = sender.add(asked["url"]) and sender.notify(title=asked["title"], body=asked["body"])
    if not sent:
        sys.stderr.write(said.getvalue())
    return 0 if sent else 1


def _words() -> StringIO:
    """Where Apprise's warnings go, and what a server answered."""
    said = StringIO()
    handler = logging.StreamHandler(said)
    handler.addFilter(_tells)
    apprise.logger.addHandler(handler)
    apprise.logger.setLevel(logging.DEBUG)
    return said


def _tells(record: logging.LogRecord) -> bool:
    # Its plugins warn that something failed; why, they tell those who debug.
    return record.levelno >= logging.WARNING or "Exception: " in record.getMessage()


if __name__ == "__main__":
    sys.exit(main())
