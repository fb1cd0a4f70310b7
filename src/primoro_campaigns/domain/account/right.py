"""Rights, and the roles that are built from them (decisions.md, "Who, where")."""

from collections.abc import Mapping
from enum import StrEnum

from primoro_campaigns.domain.errors import NotAllowedError


class Right(StrEnum):
    """One thing a person may do.

    Checked on the server for each call; the desktop only hides what would be refused.
    """

    VIEW = "view"
    DRAFT = "draft"
    MANAGE = "manage"
    APPROVE = "approve"
    RESTRICT = "restrict"
    PERMIT = "permit"
    MATCH_CALLS = "match_calls"
    LISTEN_RECORDINGS = "listen_recordings"
    IMPORT = "import"
    EXPORT = "export"
    AUDIT = "audit"
    SETTINGS = "settings"


RIGHT_WORDS: Mapping[Right, str] = {
    Right.VIEW: "see patients and campaigns",
    Right.DRAFT: "draft campaigns",
    Right.MANAGE: "manage campaigns, also other people's drafts",
    Right.APPROVE: "approve campaigns for sending",
    Right.RESTRICT: "record that a patient wants no more messages",
    Right.PERMIT: "record that a patient wants messages again",
    Right.MATCH_CALLS: "match phone calls to patients",
    Right.LISTEN_RECORDINGS: "listen to call recordings",
    Right.IMPORT: "import patients",
    Right.EXPORT: "export lists",
    Right.AUDIT: "read the audit log",
    Right.SETTINGS: "change settings and users",
}


class Role(StrEnum):
    """A named bundle of rights, as practices use them."""

    RECEPTION = "reception"
    TREATMENT_COORDINATOR = "treatment_coordinator"
    MANAGER = "manager"
    OWNER = "owner"
    ADMINISTRATOR = "administrator"


ROLE_WORDS: Mapping[Role, str] = {
    Role.RECEPTION: "Reception",
    Role.TREATMENT_COORDINATOR: "Treatment co-ordinator",
    Role.MANAGER: "Manager",
    Role.OWNER: "Owner",
    Role.ADMINISTRATOR: "Administrator",
}

_RECEPTION = frozenset({Right.VIEW, Right.DRAFT, Right.RESTRICT, Right.MATCH_CALLS})
_MANAGER = _RECEPTION | {
    Right.MANAGE,
    Right.APPROVE,
    Right.PERMIT,
    Right.LISTEN_RECORDINGS,
    Right.IMPORT,
    Right.EXPORT,
}

ROLE_RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.RECEPTION: _RECEPTION,
    Role.TREATMENT_COORDINATOR: _RECEPTION | {Right.PERMIT},
    Role.MANAGER: _MANAGER,
    Role.OWNER: frozenset(Right),
    Role.ADMINISTRATOR: frozenset(Right),
}


def require(rights: frozenset[Right], right: Right) -> None:
    """Raise ``NotAllowedError`` (code ``account.right_missing``) unless ``right`` is among ``rights``."""
    if right not in rights:
        raise NotAllowedError(
            f"You may not {RIGHT_WORDS[right]}.",
            "Nothing was changed. Ask your practice manager if you need this.",
            "account.right_missing",
        )
