"""What each route takes and gives. A test holds that no route is missing here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dashboard.alerts import bodies
from dashboard.auth import credentials, join, login, second_factor, tokens, users
from dashboard.devices import bodies as device_bodies
from dashboard.export.summary import Summary
from dashboard.live import tags
from dashboard.openapi import alert_answers, answers, device_answers, history_answers
from perfwatch.alerting.protocol import RuleSaid
from perfwatch.history.policy import Policy

_TIME = "A time like 2026-11-23T14:00:00Z; without a zone it is UTC"
_RANGE = {
    "metric_type": "A metric, as /api/history/metrics/types lists them",
    "start_time": _TIME,
    "end_time": _TIME,
    "interval": "auto, or a duration like 5s, 1m or 1h",
    "limit": "The most points of a host, from 1 to 10000",
}
_SERIES = {"host": "A host's name", "field": "A field's name; may be given again"}
_COMPARED = {
    "metric_type": _RANGE["metric_type"],
    "field": "A field's name",
    "host": "A host's name; without it the mean of all",
    "tag": "A kind of part, with part",
    "part": "A part's name, with tag",
    "period": "hour, day or week",
    "compare_to": "yesterday or last_week",
    **dict.fromkeys(("start_time", "end_time", "compare_start_time", "compare_end_time"), _TIME),
}
# Those that a metric is not named without.
REQUIRED = frozenset({"metric_type"})
REPEATED = frozenset({"field", "host", "part"})
_HISTORY = (501, 503)
# What is asked of the alerts service, or of the devices'.
_ASKED = (424, 503, 504)
_OF_DEVICES = (409, *_ASKED)


class Operation(NamedTuple):
    """`answer` and `body` are types; None where there is `media` and no JSON. `query` tells of parameters."""

    summary: str
    answer: Any
    query: Mapping[str, str] = {}
    body: Any = None
    status: int = 200
    errors: tuple[int, ...] = ()
    public: bool = False
    media: str = "text/*"


OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("POST", "/api/auth/login"): Operation(
        "Log in", answers.LoggedIn, body=login.Credentials, errors=(429,), public=True
    ),
    ("POST", "/api/auth/logout"): Operation("End the session and its sockets", answers.Detail, errors=(409,)),
    ("GET", "/api/auth/me"): Operation("Who it is, and until when", answers.Me),
    ("PUT", "/api/auth/password"): Operation(
        "A new password for oneself", answers.Detail, body=users.NewPassword, errors=(409, 429)
    ),
    ("GET", "/api/auth/sessions"): Operation("Where one is logged in", answers.OwnSessions),
    ("DELETE", "/api/auth/sessions/{id}"): Operation(
        "End one of one's own sessions", answers.Detail, errors=(404, 409)
    ),
    ("POST", "/api/auth/second-factor"): Operation(
        "A secret for an app that shows codes, not asked for yet",
        answers.SecondFactorSecret,
        body=second_factor.Password,
        errors=(409, 429),
    ),
    ("PUT", "/api/auth/second-factor"): Operation(
        "From now on a login needs a code of that app",
        answers.RecoveryCodes,
        body=second_factor.Code,
        errors=(409,),
    ),
    ("POST", "/api/auth/second-factor/remove"): Operation(
        "The password alone is enough again", answers.Detail, body=second_factor.Password, errors=(409, 429)
    ),
    ("GET", "/api/users"): Operation("Who may come in", answers.Users),
    ("POST", "/api/users"): Operation(
        "Let somebody in", answers.User, body=users.NewUser, status=201, errors=(409, 429)
    ),
    ("PUT", "/api/users/{name}"): Operation(
        "Another role or password", answers.User, body=users.Change, errors=(404, 409, 429)
    ),
    ("DELETE", "/api/users/{name}"): Operation("Let somebody in no more", answers.Detail, errors=(404, 409)),
    ("GET", "/api/tokens"): Operation("The tokens of programs", answers.Tokens, errors=(503,)),
    ("POST", "/api/tokens"): Operation(
        "A token for a program, shown once", answers.NewToken, body=tokens.NewToken, status=201, errors=(409,)
    ),
    ("DELETE", "/api/tokens/{name}"): Operation("Revoke a token", answers.Detail, errors=(404,)),
    ("GET", "/api/hosts"): Operation(
        "Every host and device",
        answers.Hosts,
        {"past": "true: only those whose newest reading only the history remembers"},
    ),
    ("PUT", "/api/hosts/tags"): Operation(
        "Give hosts tags, or take them away", answers.Tagged, body=tags.Tagging, errors=(404, 503)
    ),
    ("GET", "/api/history/metrics"): Operation(
        "Past readings", history_answers.Readings, {**_RANGE, **_SERIES}, errors=_HISTORY
    ),
    ("GET", "/api/history/metrics/types"): Operation(
        "What there is to ask",
        history_answers.MetricTypes,
        {
            "offset": "The first series of a page, from 0",
            "limit": "Series of a page, 1 to 10000; default: all",
        },
        errors=_HISTORY,
    ),
    ("GET", "/api/history/series"): Operation(
        "What a chart may be made of; answers 304 by ETag", history_answers.Catalogue, errors=_HISTORY
    ),
    ("GET", "/api/history/query"): Operation(
        "The lines of a chart, in columns",
        history_answers.Chart,
        {**_RANGE, "tag": "A kind of part", "part": "A part's name; may be given again", **_SERIES},
        errors=_HISTORY,
    ),
    ("GET", "/api/history/recent"): Operation(
        "The last five minutes of what the Hosts page draws of these hosts",
        history_answers.Recent,
        {"host": "A host's name; may be given again, up to 100 times"},
        errors=_HISTORY,
    ),
    ("GET", "/api/history/host"): Operation(
        "All lines of one host over one range, in columns",
        history_answers.HostChart,
        {
            "host": "A host's name",
            "start_time": _TIME,
            "end_time": _TIME,
            "field": "A field's name, like cpu.user or cpu.core.usage_percent; may be given again",
        },
        errors=_HISTORY,
    ),
    ("GET", "/api/history/compare"): Operation(
        "A number beside itself at another time", history_answers.Comparison, _COMPARED, errors=_HISTORY
    ),
    ("GET", "/api/retention"): Operation("How long the history keeps what", Policy, errors=_HISTORY),
    ("PUT", "/api/retention"): Operation(
        "Keep it for longer, or not as long", Policy, body=Policy, errors=_HISTORY
    ),
    ("GET", "/api/retention/cleanup"): Operation("How far a cleanup is", history_answers.Cleanup),
    ("POST", "/api/retention/cleanup"): Operation(
        "Remove what is older now", history_answers.CleanedUp, errors=(409, *_HISTORY)
    ),
    ("GET", "/api/config"): Operation("The settings of hosts, as they report them", answers.Config),
    ("PUT", "/api/config"): Operation(
        "Change the settings of one host", answers.Collector, body=dict[str, Any], errors=(404, 503, 504)
    ),
    ("POST", "/api/join"): Operation(
        "A line by which a further machine joins",
        answers.JoinLine,
        body=join.Machine,
        status=201,
        errors=(409,),
    ),
    ("GET", "/api/credentials"): Operation(
        "MQTT accounts of programs", answers.Credentials, errors=(501, 503)
    ),
    ("POST", "/api/credentials"): Operation(
        "An MQTT account for a program, shown once",
        answers.NewCredential,
        body=credentials.NewCredential,
        status=201,
        errors=(409, 501, 504),
    ),
    ("DELETE", "/api/credentials/{name}"): Operation(
        "Revoke an MQTT account", answers.Detail, errors=(404, 501, 504)
    ),
    ("GET", "/api/system"): Operation("What each part says of itself", answers.System),
    ("GET", "/api/system/tiers"): Operation(
        "What the history holds, row by row", history_answers.Tiers, errors=_HISTORY
    ),
    ("GET", "/api/summary"): Operation(
        "A few numbers for a tile or a display, flat and stable", Summary, {"host": "Of that host alone"}
    ),
    ("GET", "/api/devices"): Operation(
        "Which devices are taken in, and what was found", device_answers.Devices, errors=_ASKED
    ),
    ("PUT", "/api/devices"): Operation(
        "Take in by these presets", answers.Detail, body=device_bodies.Choice, errors=_OF_DEVICES
    ),
    ("POST", "/api/devices/mappings"): Operation(
        "One more mapping", answers.Detail, body=device_bodies.MappingBody, status=201, errors=_OF_DEVICES
    ),
    ("DELETE", "/api/devices/mappings/{place}"): Operation(
        "Take the mapping with this number away", answers.Detail, errors=(404, *_OF_DEVICES)
    ),
    ("POST", "/api/devices/try"): Operation(
        "What a message becomes", device_answers.Messages, body=device_bodies.Trial, errors=_OF_DEVICES
    ),
    ("POST", "/api/devices/listen"): Operation(
        "Messages on the broker as they come; it listens while it is asked",
        device_answers.Messages,
        errors=_OF_DEVICES,
    ),
    ("GET", "/api/alerts"): Operation(
        "Where rules stand",
        alert_answers.Alerts,
        {
            "state": "firing, pending, unknown, ok, all, or wrong: all but ok, which is the default",
            "host": "Of that host alone",
            "limit": "The most of them, from 0 to 10000",
        },
    ),
    ("GET", "/api/alerts/recent"): Operation(
        "What fires, and what fired and is over; of the last 30 days if no time is given",
        alert_answers.RecentAlerts,
        {"start_time": _TIME, "end_time": _TIME, "host": "Of that host alone"},
        errors=_ASKED,
    ),
    ("POST", "/api/alerts/acknowledge"): Operation(
        "Tell it no more while it lasts", answers.Detail, body=bodies.Which, errors=(404, *_ASKED)
    ),
    ("POST", "/api/alerts/snooze"): Operation(
        "Tell nothing of it for some time", answers.Detail, body=bodies.Snoozing, errors=_ASKED
    ),
    ("PUT", "/api/alerts/maintenance"): Operation(
        "Tell nothing of a host until then", answers.Detail, body=bodies.Maintenance, errors=_ASKED
    ),
    ("GET", "/api/alerts/rules"): Operation(
        "The rules, and which hosts are paused",
        alert_answers.AlertRules,
        {"host": "A host's name: only rules that are on for it; may be given again"},
    ),
    ("POST", "/api/alerts/rules"): Operation(
        "A further rule", answers.Detail, body=bodies.NewRule, status=201, errors=(409, *_ASKED)
    ),
    ("GET", "/api/alerts/rules/{id}"): Operation("One rule", RuleSaid, errors=(404,)),
    ("PUT", "/api/alerts/rules/{id}"): Operation(
        "Another table for a rule", answers.Detail, body=bodies.RuleBody, errors=(404, *_ASKED)
    ),
    ("DELETE", "/api/alerts/rules/{id}"): Operation(
        "Take a rule away; one that ships becomes what it was", answers.Detail, errors=(404, 409, *_ASKED)
    ),
    ("POST", "/api/alerts/rules/preview"): Operation(
        "How often a rule would have fired in the last 30 days",
        alert_answers.Preview,
        body=bodies.RuleBody,
        errors=_HISTORY,
    ),
    ("GET", "/api/alerts/export"): Operation(
        "alerts.toml, as it is kept", None, errors=_ASKED, media="application/toml"
    ),
    ("POST", "/api/alerts/import"): Operation(
        "Another alerts.toml in its place", answers.Detail, body=bodies.RulesFile, errors=_ASKED
    ),
    ("GET", "/api/alerts/channels"): Operation(
        "Where messages go; addresses are never shown", alert_answers.Channels
    ),
    ("PUT", "/api/alerts/channels/{name}"): Operation(
        "A channel, or another address for it", answers.Detail, body=bodies.ChannelBody, errors=_ASKED
    ),
    ("DELETE", "/api/alerts/channels/{name}"): Operation(
        "Take a channel away", answers.Detail, errors=(404, *_ASKED)
    ),
    ("POST", "/api/alerts/channels/{name}/test"): Operation(
        "Send a message on it now", answers.Detail, errors=(404, *_ASKED)
    ),
    ("GET", "/health"): Operation("Whether all that is needed is there", answers.Health, public=True),
    ("GET", "/metrics"): Operation("The newest readings, for Prometheus", None),
    ("GET", "/api/openapi.json"): Operation("This document", dict[str, Any]),
    ("GET", "/api/docs"): Operation("The same, for people", None),
}
