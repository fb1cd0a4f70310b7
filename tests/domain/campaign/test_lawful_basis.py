"""Rules over clinical data need their condition in law on record; other rules need none (domain.md L18)."""

from dataclasses import replace

import pytest

from primoro_campaigns.domain.audience.rule import (
    DateFact,
    Group,
    KnownRule,
    LeadRule,
    UnscheduledTreatmentRule,
)
from primoro_campaigns.domain.campaign.lawful_basis import LAWFUL_BASIS_WORDS, missing, on_record
from primoro_campaigns.domain.campaign.model import Content, LawfulBasis

PLAIN = Content(name="Spring", audience=Group(members=(LeadRule(False),)))
CLINICAL = [
    UnscheduledTreatmentRule(True),
    KnownRule(DateFact.RECALL_DUE, known=True),
    Group(members=(LeadRule(False), UnscheduledTreatmentRule(False))),
]


@pytest.mark.parametrize("rule", CLINICAL)
def test_l18_a_rule_over_clinical_data_asks_for_a_basis(rule: UnscheduledTreatmentRule | Group) -> None:
    content = replace(PLAIN, audience=Group(members=(LeadRule(False), rule)))
    assert missing(content) == "lawful_basis"
    assert on_record(content) == ""
    chosen = replace(content, lawful_basis=LawfulBasis.EXPLICIT_CONSENT, lawful_basis_note=" Form 12. ")
    assert missing(chosen) == ""
    words = LAWFUL_BASIS_WORDS[LawfulBasis.EXPLICIT_CONSENT]
    assert on_record(chosen) == f"{words}; UK GDPR art. 9(2)(a); Form 12."


def test_l18_another_reason_is_named_in_the_note() -> None:
    content = replace(
        PLAIN, audience=Group(members=(UnscheduledTreatmentRule(True),)), lawful_basis=LawfulBasis.OTHER
    )
    assert missing(replace(content, lawful_basis_note=" ")) == "lawful_basis_note"
    assert missing(replace(content, lawful_basis_note="Art. 9(2)(i)")) == ""


def test_other_rules_ask_for_none_and_record_none() -> None:
    chosen = replace(PLAIN, lawful_basis=LawfulBasis.HEALTH_CARE)
    assert (missing(PLAIN), missing(chosen), on_record(chosen)) == ("", "", "")
