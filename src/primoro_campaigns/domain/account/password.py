"""Which passwords are taken: long ones, neither the user's name nor everybody's (NIST SP 800-63B)."""

import itertools

from primoro_campaigns.domain.errors import PrimoroError

SHORTEST = 10
"""Characters."""

LONGEST = 200
"""Characters. Hashing takes longer for longer ones, and a stranger may send them."""

COMMON: frozenset[str] = frozenset(
    {
        "password",
        "passwort",
        "qwerty",
        "qwertyuiop",
        "letmein",
        "welcome",
        "iloveyou",
        "admin",
        "administrator",
        "changeme",
        "reception",
        "dentist",
        "dental",
        "practice",
        "surgery",
        "primoro",
        "primorocampaigns",
        "abcdefghijklmnopqrstuvwxyz",
        "abcabcabc",
        "liverpool",
        "manchesterunited",
        "arsenal",
        "chelsea",
        "sunshine",
        "football",
        "trustno",
        "secret",
    }
)
"""Words that a password may not consist of, digits and marks aside: "Password123!" is one of them."""


class PasswordRefusedError(PrimoroError):
    """A password that is not taken.

    Codes: ``account.password_short``, ``_long``, ``_plain`` (few different characters), ``_username``,
    ``_common``.
    """

    def __init__(self, title: str, code: str) -> None:
        super().__init__(
            title, "Three words that do not belong together make a good one.", f"account.password_{code}"
        )


def require_acceptable(password: str, username: str) -> None:
    """Raise ``PasswordRefusedError`` for a password that is not taken.

    Nothing is said about kinds of characters.
    """
    if len(password) < SHORTEST:
        raise PasswordRefusedError(f"The password needs at least {SHORTEST} characters.", "short")
    if len(password) > LONGEST:
        raise PasswordRefusedError(f"The password may have {LONGEST} characters at most.", "long")
    if len(set(password)) < 4:
        raise PasswordRefusedError("The password needs more different characters.", "plain")
    folded = password.casefold()
    letters = "".join(each for each in folded if each.isalpha())
    name = username.casefold()
    if name and (folded == name or letters == "".join(each for each in name if each.isalpha()) != ""):
        raise PasswordRefusedError("The password cannot be the user name.", "username")
    if letters in COMMON or (not letters and _is_run(folded)):
        raise PasswordRefusedError("This password is one that many people use.", "common")


def _is_run(text: str) -> bool:
    """Whether the digits go up or down one by one: 1234567890."""
    digits = [int(each) for each in text if each.isdecimal()]
    steps = {(after - before) % 10 for before, after in itertools.pairwise(digits)}
    return steps in ({1}, {9})
