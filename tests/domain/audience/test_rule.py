"""The JSON form of audiences."""

import json
import random
from contextlib import suppress
from typing import get_args

import pytest
from hypothesis import given
from pydantic import TypeAdapter

from primoro_campaigns.domain.audience.rule import (
    MAX_CHOICES,
    MAX_DEPTH,
    MAX_MEMBERS,
    RULE_KINDS,
    AudienceUnreadableError,
    Group,
    LeadRule,
    LocationRule,
    Rule,
    from_plain,
    place,
    rules_of,
    size_of,
    to_plain,
)
from tests.strategies.audience import groups

PYDANTIC = TypeAdapter(Group)


def group_of(*members: object) -> dict[str, object]:
    return {"kind": "group", "match": "all", "members": list(members)}


def nested(depth: int) -> Group:
    group = Group()
    for _ in range(depth - 1):
        group = Group(members=(group,))
    return group


@given(group=groups())
def test_what_is_written_reads_back(group: Group) -> None:
    assert from_plain(json.loads(json.dumps(to_plain(group)))) == group


@given(group=groups())
def test_pydantic_writes_the_same_and_reads_it(group: Group) -> None:
    """The wire uses pydantic; both must speak of the same JSON."""
    assert PYDANTIC.dump_python(group, mode="json") == to_plain(group)
    assert PYDANTIC.validate_json(json.dumps(to_plain(group))) == group


def test_every_kind_of_rule_is_listed_under_its_name() -> None:
    assert set(RULE_KINDS.values()) == set(get_args(Rule))
    for kind, make in RULE_KINDS.items():
        assert make.__dataclass_fields__["kind"].default == kind  # type: ignore[attr-defined]  # a dataclass


@pytest.mark.parametrize(
    ("plain", "code", "says"),
    [
        (None, "audience.unreadable", "outermost group"),
        ([], "audience.unreadable", "outermost group"),
        ({}, "audience.unknown_rule", "outermost group"),
        ({"kind": "lead", "is_lead": True}, "audience.unreadable", "not a group"),
        ({"kind": "group", "match": "none", "members": []}, "audience.unreadable", "match"),
        ({"kind": "group", "match": ["all"], "members": []}, "audience.unreadable", "match"),
        ({"kind": "group", "match": "all", "members": {}}, "audience.unreadable", "match"),
        (group_of() | {"not": True}, "audience.unreadable", "match"),
        (
            group_of({"kind": "horoscope"}),
            "audience.unknown_rule",
            "Rule 1 is of a kind not known here: “horoscope”",
        ),
        (group_of({"kind": ["lead"]}), "audience.unknown_rule", "Rule 1"),
        (
            group_of({"kind": "lead", "is_lead": True}, group_of({"kind": "lead"})),
            "audience.unreadable",
            "Rule 2.1",
        ),
        (group_of({"kind": "lead", "is_lead": 1}), "audience.unreadable", "is_lead is not yes or no"),
        (group_of({"kind": "lead", "is_lead": True, "x": 1}), "audience.unreadable", "“x”"),
        (
            group_of({"kind": "age", "at_least": True}),
            "audience.unreadable",
            "at_least is not a whole number",
        ),
        (group_of({"kind": "age", "at_least": 10**9}), "audience.unreadable", "at_least"),
        (group_of({"kind": "status", "statuses": "active"}), "audience.unreadable", "statuses is not a list"),
        (
            group_of({"kind": "status", "statuses": ["hungry"]}),
            "audience.unreadable",
            "one of the known values",
        ),
        (
            group_of({"kind": "tag", "operator": "any", "tags": ["x" * 201]}),
            "audience.unreadable",
            "200 characters",
        ),
        (
            group_of({"kind": "day", "fact": "last_visit", "operator": "on", "day": "31/03/2026"}),
            "audience.unreadable",
            "day is not a day as YYYY-MM-DD",
        ),
        (
            group_of({"kind": "location", "location_ids": ["l"] * (MAX_CHOICES + 1)}),
            "audience.unreadable",
            f"a list of at most {MAX_CHOICES}",
        ),
        (group_of(*[{"kind": "lead", "is_lead": True}] * (MAX_MEMBERS + 1)), "audience.too_large", "100"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(plain: object, code: str, says: str) -> None:
    with pytest.raises(AudienceUnreadableError) as refused:
        from_plain(plain)
    assert refused.value.code == code
    assert says in refused.value.title
    assert "Nothing was changed." in refused.value.advice


def test_groups_nest_so_deep_and_no_deeper() -> None:
    assert from_plain(to_plain(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    with pytest.raises(AudienceUnreadableError) as refused:
        from_plain(to_plain(nested(MAX_DEPTH + 1)))
    assert refused.value.code == "audience.too_large"


@given(group=groups())
def test_a_spoilt_form_is_read_or_refused_in_words(group: Group) -> None:
    """Whatever a broken file holds, the reader says so; it never fails in any other way."""
    text = json.dumps(to_plain(group))
    draw = random.Random(text)
    for _ in range(20):
        place_of_fault = draw.randrange(len(text))
        spoilt = text[:place_of_fault] + draw.choice('0"[]{},x') + text[place_of_fault + 1 :]
        try:
            plain = json.loads(spoilt)
        except ValueError:
            continue
        with suppress(AudienceUnreadableError):
            from_plain(plain)


def test_rules_are_told_by_their_places() -> None:
    one, other = LeadRule(is_lead=True), LocationRule(("l",))
    group = Group(members=(one, Group(members=(Group(members=(other,)), one))))
    assert list(rules_of(group)) == [((0,), one), ((1, 0, 0), other), ((1, 1), one)]
    assert [place(path) for path, _ in rules_of(group)] == ["Rule 1", "Rule 2.1.1", "Rule 2.2"]
    assert size_of(group) == 5
