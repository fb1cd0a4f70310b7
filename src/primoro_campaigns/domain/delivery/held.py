"""What stands in the ledger beside a patient who waits because of a rest or a limit."""

from primoro_campaigns.domain.consent.model import REFUSAL_WORDS, Refusal

WAITS_WORDS = "Waits: "
"""So begins what stands beside who is held back, and beside nobody else."""


def held_words(reason: Refusal) -> str:
    words = REFUSAL_WORDS[reason]
    return f"{WAITS_WORDS}{words[0].lower()}{words[1:]}"
