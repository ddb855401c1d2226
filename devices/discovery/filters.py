"""The filters and functions of Home Assistant's templates, each with a bound. No input or output."""

from __future__ import annotations

import json
import math
import operator
import reprlib
from collections.abc import Callable, Iterable
from typing import Any

from jinja2 import Undefined
from jinja2.utils import Namespace

from devices.discovery.bounds import MAX_SIZE, MAX_STEPS, check_format, sized
from devices.values import Unusable

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
        raise Unusable("its template wants a value that is not in the message")
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
    return json.dumps(sized(value))


def _text(value: Any) -> str:
    return str(sized(value))


FILTERS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "bool": _boolean,
    "d": _default,
    "default": _default,
    "first": lambda items: next(iter(items), None),
    "float": _float,
    "format": _formatted,
    "from_json": _from_json,
    "iif": _iif,
    "int": _int,
    "is_defined": _is_defined,
    "is_number": _is_number,
    "join": _join,
    "last": lambda items: items[-1] if items else None,
    "length": len,
    "list": list,
    "lower": lambda text: _text(text).lower(),
    "max": max,
    "min": min,
    "replace": _replace,
    "round": _round,
    "string": _text,
    "sum": sum,
    "title": lambda text: _text(text).title(),
    "to_json": _to_json,
    "tojson": _to_json,
    "trim": lambda text: _text(text).strip(),
    "upper": lambda text: _text(text).upper(),
    "add": lambda value, more: _float(value) + more,
    "multiply": lambda value, by: _float(value) * by,
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "log": lambda value, base=math.e: math.log(float(value), base),
    "sqrt": lambda value: math.sqrt(float(value)),
}
GLOBALS: dict[str, Callable[..., Any]] = {
    **{
        name: FILTERS[name]
        for name in ("float", "int", "bool", "is_number", "iif", "max", "min", "log", "sqrt")
    },
    "namespace": Namespace,
    "range": lambda *given: list(range(*given)[:MAX_STEPS]),
}
