"""Home Assistant's value templates, bounded. No input or output.

A template comes from the broker: it may be hostile, or just wrong. Jinja2's sandbox keeps it away from
Python, and here it is kept from using up time and memory, by what it may be made of: a loop has a budget,
every text and list a size, and what cannot be bounded (macros, regular expressions) is refused when it is
compiled. So no thread or process has to be watched, and a template costs some microseconds.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import Any

import msgspec
from jinja2 import TemplateError, nodes
from jinja2.environment import Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from devices.discovery.bounds import Budget, check_operands, sized
from devices.discovery.filters import FILTERS, GLOBALS
from devices.values import Unusable
from perfwatch.readings.codec import UNREADABLE

MAX_TEMPLATE = 8192

_REFUSED = (
    nodes.Macro,
    nodes.CallBlock,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
    nodes.Block,
)
_METHODS = frozenset(("split", "strip", "lstrip", "rstrip", "lower", "upper", "startswith", "endswith")) | {
    *("get", "items", "keys", "values", "isdigit", "find"),
}
_FAILURES = (
    TemplateError,
    ArithmeticError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    RecursionError,
)


class _Environment(ImmutableSandboxedEnvironment):
    """Operators whose results may be large are looked at before they are computed."""

    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        check_operands(operator, left, right)
        return sized(super().call_binop(context, operator, left, right))

    def wrap_str_format(self, value: Any) -> None:
        """Have `str.format` refused like any method that is not named: a width in it may be a billion."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        allowed = attr in _METHODS or not callable(value)
        return allowed and super().is_safe_attribute(obj, attr, value)


def _environment() -> _Environment:
    made = _Environment(autoescape=False, extensions=["jinja2.ext.loopcontrols"])
    made.filters = dict(FILTERS)
    made.globals = dict(GLOBALS)
    return made


_environ = _environment()


@lru_cache(5000)
def compiled(text: str) -> Template:
    """A template that may be rendered. Raises Unusable for what is broken or cannot be bounded."""
    if len(text) > MAX_TEMPLATE:
        raise Unusable(f"its template has {len(text):,} characters, and {MAX_TEMPLATE:,} are taken at most")
    try:
        tree = _environ.parse(text)
        return _environ.from_string(_bound(tree))
    except (*_FAILURES, AssertionError) as exc:
        raise Unusable(f"its template {text[:80]!r} cannot be used: {exc}") from exc


def _bound(tree: nodes.Template) -> nodes.Template:
    """Refuse what has no bound, and give the rest one."""
    for refused in tree.find_all(_REFUSED):
        raise Unusable(f"its template has a {type(refused).__name__.lower()}, which is not allowed")
    for name in tree.find_all(nodes.Name):
        if name.ctx != "load" and name.name.startswith("_"):
            raise Unusable(f"its template sets {name.name}, which is ours")
    bounded: nodes.Template = _Bounds().visit(tree)
    return bounded


class _Bounds(NodeTransformer):
    """Has all that repeats, grows or is written go through a `Budget`."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        if node.recursive:
            raise Unusable("its template has a loop that calls itself, which is not allowed")
        self.generic_visit(node)
        node.iter = _call("_iterate", node.iter)
        return node

    def visit_Output(self, node: nodes.Output) -> nodes.Node:
        self.generic_visit(node)
        node.nodes = [_call("_write", one) for one in node.nodes]
        return node

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Node:
        return nodes.Const(node.data)

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:
        self.generic_visit(node)
        if node.node is not None:  # else it is a block's, whose content is written
            node.node = _call("_read", node.node)
        return node

    def visit_Assign(self, node: nodes.Assign) -> nodes.Node:
        self.generic_visit(node)
        node.node = _call("_sized", node.node)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return nodes.Filter(nodes.List(node.nodes), "join", [], [], None, None)


def _call(name: str, given: Any) -> nodes.Call:
    return nodes.Call(nodes.Name(name, "load"), [given], [], None, None)


def render(template: Template, payload: bytes) -> str:
    """What a template makes of a payload, without blanks around it. Raises Unusable."""
    text = payload.decode("utf-8", "replace")
    budget = Budget()
    given: dict[str, Any] = {"value": text, "_iterate": budget.iterate, "_write": budget.write}
    given |= {"_read": budget.read, "_sized": sized}
    with suppress(*UNREADABLE):  # as in Home Assistant: only a template that asks for it fails
        given["value_json"] = msgspec.json.decode(payload)
    try:
        return template.render(given).strip()
    except _FAILURES as exc:
        raise Unusable(f"its template fails: {exc}") from exc
