"""A text as it leaves: who writes, the words, and the way out."""

from primoro_campaigns.domain.errors import PrimoroError

SMS_LEAST = 20
"""Characters of the author's own words (domain.md M15, S3)."""

SMS_MOST = 260
"""Characters as rendered for the longest recipient, sender and opt-out words included (domain.md A17, S3)."""

STOP_WORDS = "Reply STOP to opt out"


class NoWayOutError(PrimoroError):
    """A promotional text from a sender that cannot be answered, without a link to opt out."""

    def __init__(self) -> None:
        super().__init__(
            "Patients could not opt out of this text.",
            "Nothing was sent. A sender that is a name cannot be answered: use a telephone number, or set up "
            "the address of the unsubscribe page.",
            "message.no_way_out",
        )


def opt_out_words(takes_replies: bool, link: str = "") -> str:
    """How to opt out of texts from this sender. A sender that takes no replies needs a link (domain.md S8).

    Raises ``NoWayOutError`` when there is neither.
    """
    if takes_replies:
        return STOP_WORDS
    if not link:
        raise NoWayOutError
    return f"Opt out: {link}"


def compose(body: str, practice_name: str, opt_out: str) -> str:
    """The whole text for one patient, from the rendered body.

    A body that does not name the practice gets the name in front (domain.md L15). ``opt_out`` is empty for
    important notifications alone.
    """
    words = body.strip()
    if practice_name.casefold() not in words.casefold():
        words = f"{practice_name}: {words}"
    return f"{words}\n{opt_out}" if opt_out else words
