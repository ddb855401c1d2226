"""Templates as they are announced, and as an enemy would announce them."""

from __future__ import annotations

import time

import pytest

from devices.discovery.template import compiled, render
from devices.values import Unusable


def rendered(template: str, payload: str = "{}") -> str:
    return render(compiled(template), payload.encode())


@pytest.mark.parametrize(
    ("template", "payload", "expected"),
    [
        ("{{ value }}", "21.5", "21.5"),
        ("{{ value_json.temperature }}", '{"temperature": 21.5}', "21.5"),
        ("{{value_json['ENERGY']['Total']}}", '{"ENERGY": {"Total": 6.294}}', "6.294"),
        ("{{ value_json.a | float | round(1) }}", '{"a": "21.46"}', "21.5"),
        ("{{ value_json.a | int }}", '{"a": "21.9"}', "21"),
        ("{{ value_json.a | float(0) }}", '{"a": "x"}', "0"),
        ("{{ value_json.a | round(0) }}", '{"a": 21.5}', "22"),
        ("{{ value_json.missing }}", "{}", ""),
        ("{{ value_json.a | default(5) }}", "{}", "5"),
        ("{{ 'ON' if value_json.a else 'OFF' }}", "{}", "OFF"),
        ("{% if value_json.output %}on{% else %}off{% endif %}", '{"output": true}', "on"),
        ("{{value.split(';')[0]}}", "1;2", "1"),
        ("{{ '%0.1f'|format(value_json.r) }}", '{"r": 12.34}', "12.3"),
        ("{{ '%.2f' % value_json.r }}", '{"r": 12.345}', "12.35"),
        ("{{ value_json.a * 100 / 255 }}", '{"a": 51}', "20.0"),
        ("{{ value_json.a ~ '/' ~ value_json.b }}", '{"a": 1, "b": 2}', "1/2"),
        ("{{ iif(value_json.a > 1, 'high', 'low') }}", '{"a": 2}', "high"),
        (
            "{% for x in value_json.l %}{% if x > 1 %}{{ x }}{% break %}{% endif %}{% endfor %}",
            '{"l": [1, 2, 3]}',
            "2",
        ),
        (
            "{% set n = namespace(t=0) %}{% for x in [1,2] %}{% set n.t = n.t + x %}{% endfor %}{{ n.t }}",
            "",
            "3",
        ),
        ("{{ (value | from_json).a }}", '{"a": 3}', "3"),
        ("{{ value | bool }}", "yes", "True"),
        ("{{ value | bitwise_and(1) if false else value }}", "x", "x"),
    ],
)
def test_a_template_makes_what_home_assistant_would(template: str, payload: str, expected: str) -> None:
    assert rendered(template, payload) == expected


HOSTILE = [
    "{{ ''.__class__.__mro__ }}",
    "{{ value.__init__.__globals__ }}",
    "{{ self }}{{ cycler.__init__.__globals__.os }}",
    "{{ 'a' * 1000000000 }}",
    "{{ [1] * 1000000000 }}",
    "{{ 9 ** 9 ** 9 ** 9 }}",
    "{% for a in range(999) %}" * 3 + "{% endfor %}" * 3,
    "{% set a = value %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "{% set a = value %}" + "{% set a = a + a %}" * 60 + "{{ a }}",
    "{% set a = [value] %}" + "{% set a = [a, a] %}" * 200 + "{{ a }}",
    "{% set a = [value] %}" + "{% set a = [a, a] %}" * 200 + "{{ a | string | length }}",
    "{% set a = [value] %}" + "{% set a = [a, a] %}" * 200 + "{{ a == a | list }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ '%*d' | format(1000000000, 1) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ 'a'.ljust(1000000000) }}",
    "{{ value | center(1000000000) }}",
    "{{ value | replace('', value * 3) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% set _write = value %}{{ _write }}",
    "{% for _sized in [1] %}{% endfor %}",
    "{{ value | regex_findall('(a+)+$') }}",
    "{% include 'x' %}",
    "{{ value_json.a.b.c }}",
    "{{ 1 / 0 }}",
    "{{ value | int }}",
    "{{ " + "(" * 5000,
    "{% for x in value_json %}",
    "x" * 9000,
    "{{ range(1000000000) | sum / 0 }}",
    "{% for x in range(1000) %}{% if value | list | length %}{% endif %}{% endfor %}",
    "{% for x in range(1000) %}{% if value | list | sort | unique | list %}{% endif %}{% endfor %}",
    "{{ value | map('replace', '', value) | list }}",
    "{{ value | list | map('string') | list }}",
    "{{ [[1], [2]] | sum(start=[]) }}",
    "{% for x in range(1000) %}{{ value }}{{ value }}{{ value }}{% endfor %}",
]


@pytest.mark.parametrize("template", HOSTILE, ids=lambda text: text[:40])
def test_a_hostile_or_broken_template_is_refused_and_costs_nothing(template: str) -> None:
    began = time.process_time()
    with pytest.raises(Unusable):
        rendered(template, "a" * 5000)
    assert time.process_time() - began < 3
