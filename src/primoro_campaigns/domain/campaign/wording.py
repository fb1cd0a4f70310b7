"""Words that may not stand in a message, and what is found of them."""

import re
from collections.abc import Iterable

# Prescription-only medicines must not be advertised to the public in any medium (Human Medicines Regulations
# 2012, reg. 284; CAP Code, rule 12.12; domain.md CT1). Names of botulinum toxins, phrases that stand for
# them, and injections for losing weight.
_PRESCRIPTION_ONLY = re.compile(
    r"""(?x) \b(?:
      botox\w* | botulin\w* | dysport | azzalure | bocouture | xeomin | vistabel | nuceiva
    | alluzience | letybo | relfydess | evabotulinum\w*
    | (?:anti|relax\w*|smooth\w*)[\s\-‐‑–]*wrinkles?[\s\-‐‑–]*(?:injections?|jabs?|treatments?)
    | wrinkles?[\s\-‐‑–]*(?:relax|reduc|smooth|soften)\w*[\s\-‐‑–]*(?:injections?|jabs?|treatments?)?
    | ozempic | wegovy | mounjaro | saxenda | semaglutide | tirzepatide
    )\b""",
    re.IGNORECASE,
)

# What makes an important notification marketing (domain.md L12).
_PROMOTIONAL = re.compile(
    r"""(?x)
      \b(?:special|exclusive|limited|introductory)[\s\-]+offers? | \boffers?\b | \bdiscount\w* | \bsale\b
    | \bvouchers?\b | \bpromotion\w*\b | \brefer\s+a\s+friend\b | \bbuy\s+one\b | \blimited\s+time\b
    | \d\s*%\s*off\b | \bper\s*cent\s+off\b | [£€$]\s*\d+\s+off\b | \bhalf[\s\-]+price\b | \bmoney\s+off\b
    | \bsave\s+(?:[£€$]\s*\d|up\s+to) | \bbook\s+(?:now|today)\b
    | \bfree\s+(?:consultation|whitening|check[\s\-]?up|gift)s?\b
    """,
    re.IGNORECASE,
)

# What tells something of one patient's health to whoever sees the screen (domain.md L19).
_CLINICAL = re.compile(
    r"""(?x)
      \byour\s+(?:\w+\s+)?(?:root\s+canal|extraction|filling|crown|implant|denture|diagnosis|biopsy|prescription
        |x[\s\-]?rays?|test\s+results?|treatment(?:\s+plan)?|infection|abscess|gum\s+disease|decay|surgery)s?\b
    | \bdiagnos\w+ | \bbiops\w+ | \bperiodontitis\b | \babscess\w*\b | \boral\s+cancer\b | \btest\s+results?\b
    | \bhiv\b | \bhepatitis\b
    """,
    re.IGNORECASE,
)


def prescription_only(text: str) -> tuple[str, ...]:
    """Words that advertise a prescription-only medicine, as they stand in the text, each once."""
    return _found(_PRESCRIPTION_ONLY, text)


def promotional(text: str) -> tuple[str, ...]:
    """Words that make a message marketing."""
    return _found(_PROMOTIONAL, text)


def clinical(text: str) -> tuple[str, ...]:
    """Words that tell something of a patient's health."""
    return _found(_CLINICAL, text)


def names_campaign(text: str, name: str) -> bool:
    """True when the internal name stands in the text, as whole words and in any case (domain.md C06).

    A name of a single word is not looked for: "Whitening" is a fair name and a fair word.
    """
    words = name.split()
    if len(words) < 2:
        return False
    return (
        re.search(r"(?<!\w)" + r"\s+".join(map(re.escape, words)) + r"(?!\w)", text, re.IGNORECASE)
        is not None
    )


def quoted(words: Iterable[str]) -> str:
    """The words for a sentence: “a”, “b”."""
    return ", ".join(f"“{each}”" for each in words)


def _found(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(match[0].split()).casefold() for match in pattern.finditer(text)))
