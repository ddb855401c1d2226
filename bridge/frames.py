"""Packets out of a stream of bytes, wherever the network has cut it."""

from __future__ import annotations
