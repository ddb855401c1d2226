"""Certificates that nobody signed, for servers of tests."""

from __future__ import annotations

import subprocess
from pathlib import Path


def self_signed(folder: Path, alternative: str, certificate: str = "cert.pem", key: str = "key.pem") -> None:
    """Make a certificate and its key in `folder`, for a name such as `DNS:localhost` or `IP:127.0.0.2`."""
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    files = ["-addext", f"subjectAltName={alternative}", "-keyout", key, "-out", certificate]
    subprocess.run(["openssl", *made, *files], cwd=folder, check=True, capture_output=True)
