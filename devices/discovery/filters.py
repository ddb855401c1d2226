"""The filters and functions of Home Assistant's templates, each with a bound. No input or output."""

from __future__ import annotations

import json
import math
import operator
import reprlib
from collections.abc import Callable, Iterable
from datetime import UTC
from typing import Any

import msgspec
from jinja2 import Undefined, pass_context, pass_environment
from jinja2.filters import FILTERS as JINJA
from jinja2.utils import Namespace

from devices.discovery.bounds import MAX_SIZE, MAX_STEPS, check_format, sized
from devices.values import NotOurs, Unusable, moment

_NO_DEFAULT: Any = object()


def _converted(kind: Callable[[Any], Any], value: Any, default: Any) -> Any:
    try:
        return kind(value)
    except (ValueError, TypeError, OverflowError) as exc:
        if default is _NO_DEFAULT:
            raise Unusable(f"its template makes a number of {reprlib.repr(value)}") from exc
        return default


def _float(value: Any, default: Any = _NO_DEFAULT) -> Any:
    return _converted(float, value, default)


def _int(value: Any, default: Any = _NO_DEFAULT, base: int = 10) -> Any:
    def whole(given: Any) -> int:
        return int(given, base) if isinstance(given, str) and base != 10 else int(float(given))

    return _converted(whole, value, default)


def _round(value: Any, precision: int = 0, method: str = "common", default: Any = _NO_DEFAULT) -> Any:
    def rounded(given: Any) -> float:
        factor = 10.0 ** min(max(precision, -20), 20)
        number = float(given)
        if method == "ceil":
            number = math.ceil(number * factor) / factor
        elif method == "floor":
            number = math.floor(number * factor) / factor
        elif method == "half":
            number = round(number * 2) / 2
        else:
            number = round(number, precision)
        return int(number) if precision == 0 else number

    return _converted(rounded, value, default)


def _is_defined(value: Any) -> Any:
    """Home Assistant's filter: a value that is not there ends the template, and nothing is taken."""
    if isinstance(value, Undefined):
        raise NotOurs("its template wants a value that is not in the message")
    return value


def _default(value: Any, default: Any = "", boolean: bool = False) -> Any:
    return default if isinstance(value, Undefined) or (boolean and not value) else value


def _replace(text: object, old: str, new: str) -> str:
    whole = _text(text)
    if len(whole) + whole.count(old) * len(new) > MAX_SIZE:
        raise Unusable(f"its template makes more than {MAX_SIZE:,} characters")
    return whole.replace(old, new)


def _join(items: Iterable[Any], between: str = "") -> str:
    texts = [str(sized(item)) for item in items]
    sized([*texts, between * min(len(texts), MAX_SIZE // max(1, len(between)) + 1)])
    return between.join(texts)


def _formatted(text: Any, *values: Any) -> str:
    check_format(_text(text))
    made: str = _text(text) % tuple(map(sized, values))
    return made


def _is_number(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except (ValueError, TypeError, OverflowError):
        return False


def _boolean(value: Any, default: Any = _NO_DEFAULT) -> Any:
    words = {"true": True, "yes": True, "on": True, "enable": True, "1": True, "1.0": True}
    words |= {"false": False, "no": False, "off": False, "disable": False, "0": False, "0.0": False}
    found = words.get(_text(value).strip().lower())
    if found is None and default is _NO_DEFAULT:
        raise Unusable(f"its template makes true or false of {reprlib.repr(value)}")
    return default if found is None else found


def _iif(value: Any, yes: Any = True, no: Any = False, none: Any = _NO_DEFAULT) -> Any:
    if value is None and none is not _NO_DEFAULT:
        return none
    return yes if value else no


def _from_json(text: Any) -> Any:
    return json.loads(_text(text))


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


@pass_context
def _map(context: Any, items: Iterable[Any], *given: Any, **named: Any) -> Any:
    """Not by filters that make something large of each item."""
    if given and given[0] not in _MAPPING:
        raise Unusable(f"its template maps by {given[0]!r}, which is not allowed")
    return JINJA["map"](context, items, *given, **named)


@pass_environment
def _sum(environment: Any, items: Iterable[Any], attribute: Any = None) -> Any:
    """Of numbers: lists that are added are copied each time."""
    return JINJA["sum"](environment, items, attribute)


def _of_all(name: str) -> Callable[..., float]:
    """That function of `statistics`. Takes a list, or the numbers themselves."""

    def taken(first: Any, *more: Any) -> float:
        import statistics  # what few templates need

        found: float = getattr(statistics, name)([first, *more] if more else [*first])
        return found

    return taken


def _as_timestamp(value: Any, default: Any = _NO_DEFAULT) -> Any:
    """Seconds since 1970."""
    told = moment(value, UTC) if isinstance(value, str) else None
    if told is None and default is _NO_DEFAULT:
        raise Unusable(f"its template makes a time of {reprlib.repr(value)}")
    return default if told is None else told.timestamp()


def _clamp(value: Any, low: Any, high: Any) -> float:
    return float(max(low, min(value, high)))


def _text(value: Any) -> str:
    return str(sized(value))


# Those that make nothing larger than what they are given.
_FROM_JINJA = (
    *("capitalize", "count", "dictsort", "first", "last", "length", "list", "lower", "max", "min", "reject"),
    *("rejectattr", "reverse", "select", "selectattr", "sort", "title", "tojson", "trim", "unique", "upper"),
)
_MAPPING = (
    *("abs", "bool", "default", "first", "float", "int", "is_number"),
    *("last", "length", "lower", "round", "upper"),
)
_MATH: dict[str, Callable[..., Any]] = {
    name: getattr(math, name) for name in ("sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "atan2")
}

FILTERS: dict[str, Callable[..., Any]] = {
    **{name: JINJA[name] for name in _FROM_JINJA},
    "abs": abs,
    "as_timestamp": _as_timestamp,
    "average": _of_all("fmean"),
    "bool": _boolean,
    "d": _default,
    "clamp": _clamp,
    "contains": lambda items, one: one in items,
    "default": _default,
    "float": _float,
    "format": _formatted,
    "from_json": _from_json,
    "iif": _iif,
    "int": _int,
    "is_defined": _is_defined,
    "is_number": _is_number,
    "join": _join,
    "map": _map,
    "median": _of_all("median"),
    "ord": ord,
    "replace": _replace,
    "round": _round,
    "string": _text,
    "sum": _sum,
    "to_json": _to_json,
    "add": lambda value, more: _float(value) + more,
    "multiply": lambda value, by: _float(value) * by,
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "bitwise_xor": operator.xor,
    "log": lambda value, base=math.e: math.log(float(value), base),
    **_MATH,
}
GLOBALS: dict[str, Any] = {
    **{name: FILTERS[name] for name in ("float", "int", "bool", "is_number", "iif", "log", *_MATH)},
    **{name: FILTERS[name] for name in ("as_timestamp", "average", "clamp", "median")},
    "max": max,
    "min": min,
    "pi": math.pi,
    "e": math.e,
    "namespace": Namespace,
    "range": lambda *given: list(range(*given)[:MAX_STEPS]),
}
