"""What a mail that came back says about its address (RFC 3463, RFC 3464; domain.md EM7)."""

import re
from enum import StrEnum


class Weight(StrEnum):
    """``HARD``: nobody reads mail at this address, for good. ``SOFT``: this mail did not arrive. ``NONE``:
    it did, or still may.
    """

    HARD = "hard"
    SOFT = "soft"
    NONE = "none"


ABOUT_THE_ADDRESS = frozenset(
    {
        "5.1.1",  # there is no such mailbox
        "5.1.2",  # there is no such domain
        "5.1.3",  # it cannot be an address
        "5.1.6",  # the mailbox has moved, nobody knows where
        "5.1.10",  # the domain takes no mail at all (RFC 7505)
        "5.2.1",  # the mailbox was closed
    }
)
"""All other permanent failures are about this message or about us: too large, a full mailbox, a policy."""

_VAGUE = frozenset({"", "5.0.0"})
_CODE = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")


def weigh(action: str, status: str, diagnostic: str = "") -> Weight:
    """``action``, ``status`` and ``diagnostic`` are the fields of one recipient in the delivery report.

    A status that says nothing ("5.0.0") leaves it to the code that the other mail server gave.
    """
    if action.strip().lower() != "failed":
        return Weight.NONE
    found = _CODE.search(status)
    code = found.group() if found else ""
    if code in _VAGUE:
        told = _CODE.findall(diagnostic)
        code = told[0] if told else code
    return Weight.HARD if code in ABOUT_THE_ADDRESS else Weight.SOFT
