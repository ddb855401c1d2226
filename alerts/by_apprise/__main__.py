"""Sends one message by Apprise: {"url", "title", "body"} on standard input, why not on standard error."""

from __future__ import annotations

import json
import logging
import sys

import apprise


def main() -> int:
    asked = json.load(sys.stdin)
    sender = apprise.Apprise()
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as said:  # type: ignore[no-untyped-call]
        sent = sender.add(asked["url"]) and sender.notify(title=asked["title"], body=asked["body"])
        if not sent:
            sys.stderr.write(said.getvalue())
    return 0 if sent else 1


if __name__ == "__main__":
    sys.exit(main())
