from __future__ import annotations

import pytest

from dashboard.views.session import is_over

NOW = 1_795_443_818.0


def test_a_session_is_over_at_its_end() -> None:
    assert not is_over(str(round(NOW) + 1), NOW)
    assert is_over(str(round(NOW)), NOW)


@pytest.mark.parametrize("expires", [None, "", "soon", "1e99", "-1", True, 9_999_999_999])
def test_a_session_whose_end_cannot_be_read_is_over(expires: object) -> None:
    assert is_over(expires, NOW)
