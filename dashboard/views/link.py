"""A page's choices in its address, so that what one sees can be sent to someone else.

Streamlit's own `bind="query-params"` writes labels into the address; a link must outlive a label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st


def index(key: str, options: Sequence[str], otherwise: str | None = None) -> int:
    """The place among `options` of the one that the address asks for; else that of `otherwise`, or 0."""
    asked = st.query_params.get(key, otherwise)
    return options.index(asked) if asked in options else 0


def several(key: str, options: Sequence[str], otherwise: Sequence[str]) -> list[str]:
    """Those of `options` that the address asks for; `otherwise` when it asks for none of them."""
    asked = st.query_params.get_all(key)
    return [option for option in options if option in asked] or list(otherwise)


def remember(choices: Mapping[str, str | Sequence[str]]) -> None:
    """Put `choices` into the address, and nothing else."""
    wanted = {key: [value] if isinstance(value, str) else list(value) for key, value in choices.items()}
    wanted = {key: values for key, values in wanted.items() if values}
    current = {key: st.query_params.get_all(key) for key in st.query_params}
    if wanted != current:
        st.query_params.from_dict(wanted)
