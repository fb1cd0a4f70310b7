"""How talking to the server can fail, in words for the person."""

from primoro_campaigns.domain.errors import PrimoroError


class UnreachableError(PrimoroError):
    """No answer, or none that makes sense: try again later. What was sent may or may not have arrived."""

    status = 503

    def __init__(
        self,
        title: str = "The server cannot be reached.",
        advice: str = "You can go on working: what you do is kept here, and sent when the server is back.",
        code: str = "remote.unreachable",
    ) -> None:
        super().__init__(title, advice, code)


class RefusedError(PrimoroError):
    """The server understood and said no. ``status`` is its HTTP status; ``fields`` are words by field."""

    def __init__(
        self, title: str, advice: str, code: str, status: int, fields: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(title, advice, code)
        self.status = status
        self.fields = fields


class SignedOutError(PrimoroError):
    """The session has ended; the person has to sign in again. What waits here stays."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "You are signed out.",
            "Sign in again to go on syncing. What you did meanwhile is kept on this computer.",
            "account.signed_out",
        )


class SignInLockedError(PrimoroError):
    """The keyring is there and does not give out the sign-in."""

    def __init__(self) -> None:
        super().__init__(
            "This computer's keyring did not give out your sign-in.",
            "What you did here is safe and will be sent later. Unlock the keyring, or sign in to this "
            "computer again.",
            "account.keyring_refused",
        )


class ServerTooNewError(PrimoroError):
    """The server speaks a newer language than this program."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"The server has been updated (to {version}), and this program is too old for it.",
            "Update this program. What you did here is safe and will be sent then.",
            "remote.server_too_new",
        )


class ServerTooOldError(PrimoroError):
    """This program speaks a newer language than the server."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"The server is older ({version}) than this program.",
            "Have the server updated. What you did here is safe and will be sent then.",
            "remote.server_too_old",
        )


class SnapshotGoneError(PrimoroError):
    """The server no longer keeps the copy that was being fetched."""

    def __init__(self) -> None:
        super().__init__(
            "This copy is no longer kept on the server.",
            "Nothing is lost. A new one is fetched.",
            "sync.snapshot_gone",
        )


class MassDeletionError(PrimoroError):
    """A round would take a large share of the patients away from this computer."""

    def __init__(self, gone: int, held: int) -> None:
        super().__init__(
            f"The server says that {gone:,} of the {held:,} patients here are gone.",
            "Nothing has been removed yet. If patients were moved or deleted on purpose, let it go on; "
            "if not, ask whoever looks after the server first.",
            "sync.mass_deletion",
        )


class CopyDiffersError(PrimoroError):
    """After fetching it again, this computer's copy still differs from the server's."""

    def __init__(self, rooms: frozenset[str]) -> None:
        super().__init__(
            "This computer's copy differs from the server's.",
            f"It was fetched again and still differs ({', '.join(sorted(rooms))}). You can go on working; "
            "tell whoever looks after your computers.",
            "sync.copy_differs",
        )
