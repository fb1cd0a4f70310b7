"""Refusals of the room that a person can act on."""

from primoro_campaigns.domain.consent.model import ConsentSource
from primoro_campaigns.domain.errors import ConflictError, PrimoroError
from primoro_campaigns.server.consent.suppression import AddressKind


class EvidenceMissingError(PrimoroError):
    """Opting in without saying who asked and how is not kept (domain.md E07, L05)."""

    def __init__(self) -> None:
        super().__init__(
            "Opting in needs a note of who asked and how.",
            "Nothing was changed. Write down who asked for it, when, and in which words.",
            "consent.evidence_missing",
        )


class SuppressedError(ConflictError):
    """What its holder took out, or mail came back from, is not opened again by staff (domain.md L10)."""

    def __init__(self, kind: AddressKind, source: ConsentSource) -> None:
        if source is ConsentSource.STOP_TEXT:
            title = "This mobile number answered STOP."
            advice = "Nothing was changed. It comes back only when the patient texts START from that number."
        else:
            name = "e-mail address" if kind is AddressKind.EMAIL else "mobile number"
            title = f"This {name} must not be used any more."
            advice = "Nothing was changed. Ask the patient for another one and correct the record first."
        super().__init__(title, advice, "consent.suppressed")
