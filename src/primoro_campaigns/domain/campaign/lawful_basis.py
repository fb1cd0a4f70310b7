"""Why a campaign may choose patients by data on their health (domain.md L18; UK GDPR, article 9).

The condition is the author's to choose and to answer for; the program keeps it with what was approved, and
lets no such campaign go without one.
"""

from collections.abc import Mapping

from primoro_campaigns.domain.audience.check import uses_clinical_data
from primoro_campaigns.domain.campaign.model import Content, LawfulBasis

LAWFUL_BASIS_WORDS: Mapping[LawfulBasis, str] = {
    LawfulBasis.EXPLICIT_CONSENT: "They agreed, in so many words, to our using their records for this",
    LawfulBasis.HEALTH_CARE: "It is part of their care; somebody bound to secrecy answers for it",
    LawfulBasis.OTHER: "Another reason that the law allows; the note says which",
}

_ARTICLE: Mapping[LawfulBasis, str] = {
    LawfulBasis.EXPLICIT_CONSENT: "UK GDPR art. 9(2)(a)",
    LawfulBasis.HEALTH_CARE: "UK GDPR art. 9(2)(h)",
    LawfulBasis.OTHER: "",
}


def on_record(content: Content, *, with_note: bool = True) -> str:
    """One line to keep and to show; empty where no rule uses clinical data, or nothing was chosen.

    The note is in the author's own words, and may name somebody.
    """
    basis = content.lawful_basis
    if basis is None or not uses_clinical_data(content.audience):
        return ""
    note = content.lawful_basis_note.strip() if with_note else ""
    parts = (LAWFUL_BASIS_WORDS[basis], _ARTICLE[basis], note)
    return "; ".join(part for part in parts if part)


def missing(content: Content) -> str:
    """The field of ``content`` that has to be filled in first; empty when none has."""
    if not uses_clinical_data(content.audience):
        return ""
    if content.lawful_basis is None:
        return "lawful_basis"
    if content.lawful_basis is LawfulBasis.OTHER and not content.lawful_basis_note.strip():
        return "lawful_basis_note"
    return ""
