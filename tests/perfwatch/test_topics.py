from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.errors import TopicError
from perfwatch.topics import Kind, Topic, Topics, discovery_topic, plain_id, safe_level

LEVELS = st.text(min_size=1).map(lambda text: text.strip()).filter(bool).map(safe_level)
WORDS = ("status", "info", "tags", "config", "watch", "alert")
METRICS = LEVELS.filter(lambda level: level not in WORDS)
PREFIXES = st.lists(LEVELS, min_size=1, max_size=3).map("/".join)


@st.composite
def topics(draw: st.DrawFn) -> Topic:
    kind = draw(st.sampled_from(Kind))
    host = draw(LEVELS)
    if kind in (Kind.METRIC, Kind.WATCHED):
        return Topic(kind, host, draw(METRICS))
    if kind is Kind.SCALAR:
        return Topic(kind, host, draw(METRICS), tuple(draw(st.lists(LEVELS, min_size=1, max_size=4))))
    if kind is Kind.ALERT:
        return Topic(kind, host, path=(draw(LEVELS),))
    return Topic(kind, host)


@given(PREFIXES, topics())
def test_a_topic_that_is_built_is_parsed_back_to_itself(prefix: str, topic: Topic) -> None:
    names = Topics(prefix)
    assert names.parse(names.build(topic)) == topic


@given(st.text())
def test_a_name_that_is_parsed_is_built_back_to_itself(rest: str) -> None:
    names = Topics()
    name = f"perfwatch/{rest}"
    topic = names.parse(name)
    assert topic is None or names.build(topic) == name


@given(st.text())
def test_a_safe_level_stays_as_it_is_and_holds_nothing_special(name: str) -> None:
    try:
        level = safe_level(name)
    except TopicError:
        assert not name.strip()
        return
    assert not set(level) & set("+#/$\x00\x1f\x7f")
    assert safe_level(level) == level


@pytest.mark.parametrize(
    ("host", "level"),
    [("nas", "nas"), ("a/b+c#d$e", "a_b_c_d_e"), ("küche 1", "küche 1"), (" pi \n", "pi"), ("a\tb", "a_b")],
)
def test_host_names_become_topic_levels(host: str, level: str) -> None:
    assert safe_level(host) == level


@pytest.mark.parametrize(
    "name",
    [
        "perfwatch",
        "perfwatch/nas",
        "perfwatch//cpu",
        "perfwatch/nas/",
        "perfwatch/nas/cpu/",
        "perfwatch/nas/status/more",
        "perfwatch-bridge/main/stats",
        "other/nas/cpu",
        "",
    ],
)
def test_what_is_no_hosts_topic_is_none(name: str) -> None:
    assert Topics().parse(name) is None


@pytest.mark.parametrize("prefix", ["", "/a", "a/", "a//b", "a/+", "#", "$SYS"])
def test_a_prefix_that_cannot_start_a_topic_is_refused(prefix: str) -> None:
    with pytest.raises(TopicError, match="cannot start a topic"):
        Topics(prefix)


def test_the_names_are_those_of_the_contract() -> None:
    names = Topics()
    assert names.status("nas") == "perfwatch/nas/status"
    assert names.info("nas") == "perfwatch/nas/info"
    assert names.metric("nas", "cpu") == "perfwatch/nas/cpu"
    assert names.scalar("nas", "cpu", ("per_core", "0")) == "perfwatch/nas/cpu/per_core/0"
    assert names.config_set("nas") == "perfwatch/nas/config/set"
    assert names.config("nas") == "perfwatch/nas/config"
    assert names.config_error("nas") == "perfwatch/nas/config/error"
    assert names.watch("nas") == "perfwatch/nas/watch"
    assert names.watched("nas", "cpu") == "perfwatch/nas/watch/cpu"
    assert names.bridge("main", "rejected") == "perfwatch-bridge/main/rejected"


@given(st.text(), st.text())
def test_a_plain_id_is_plain_and_tells_names_apart(one: str, other: str) -> None:
    assert re.fullmatch("[a-zA-Z0-9_-]+", plain_id(one))
    assert (plain_id(one) == plain_id(other)) == (one == other)


def test_a_plain_name_is_its_own_id() -> None:
    assert plain_id("nas-2_b") == "nas-2_b"
    assert discovery_topic("nas") == "homeassistant/device/perfwatch_nas/config"
    assert discovery_topic("nas", part=2) == "homeassistant/device/perfwatch_nas/2/config"
    assert discovery_topic("nas.lan", "ha/x") == "ha/x/device/perfwatch_nas_lan_e1c4bcfe/config"


def test_a_bridge_topic_is_taken_apart() -> None:
    topics = Topics("home/watch")
    assert topics.parse_bridge(topics.bridge("one", "stats")) == ("one", "stats")
    for rest in ("/one/stats", "-bridge/one", "-bridge/one/other", "-bridge//stats"):
        assert topics.parse_bridge(f"home/watch{rest}") is None
