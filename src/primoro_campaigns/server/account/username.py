"""User names: the same whatever the capitals."""

import unicodedata

from primoro_campaigns.domain.errors import ConflictError, PrimoroError

SHORTEST = 3


class UsernameError(PrimoroError):
    def __init__(self) -> None:
        super().__init__(
            f"A user name has at least {SHORTEST} characters and no spaces.",
            "Nothing was changed. Choose another one.",
            "account.username_form",
        )


class UsernameTakenError(ConflictError):
    def __init__(self) -> None:
        super().__init__(
            "This user name is already used.",
            "Nothing was changed. Choose another one.",
            "account.username_taken",
        )


def folded(username: str) -> str:
    """The form in which a user name is stored and looked up."""
    return unicodedata.normalize("NFKC", username).strip().casefold()


def checked(username: str) -> str:
    """The folded user name. Raises ``UsernameError`` when it cannot be one."""
    name = folded(username)
    if len(name) < SHORTEST or any(character.isspace() or not character.isprintable() for character in name):
        raise UsernameError
    return name
