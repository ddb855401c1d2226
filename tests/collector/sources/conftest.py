"""What the tests of sources share."""

from __future__ import annotations

import pytest

from collector.sources.apart import Apart
from collector.sources.parts import Parts


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a thread may not run at all for a quarter of a second."""
    for kind in (Apart, Parts):
        monkeypatch.setattr(kind.__init__, "__defaults__", (3.0,))
