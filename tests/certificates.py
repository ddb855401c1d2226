"""Certificates that nobody signed, for servers of tests."""

from __future__ import annotations

import subprocess
from pathlib import Path


def self_signed(folder: Path, alternative: str, certificate: str = "cert.pem", key: str = "key.pem") -> Path:
    """Make a certificate and its key in `folder`, for a name such as `DNS:localhost` or `IP:127.0.0.2`.

    Returns the certificate's path: it is its own CA.
    """
    made = ["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=test"]
    made += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    files = ["-addext", f"subjectAltName={alternative}", "-keyout", key, "-out", certificate]
    subprocess.run(["openssl", *made, *files], cwd=folder, check=True, capture_output=True)
    return folder / certificate
