"""A keyring that lives as long as one test."""

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class MemoryKeyring(KeyringBackend):
    """Keeps secrets in a dict, and behaves like a real backend where a secret is missing."""

    # The attribute that keyring ranks its backends by.
    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring leaves its constructor untyped
        self.secrets: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.secrets.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.secrets[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        try:
            del self.secrets[service, username]
        except KeyError:
            raise PasswordDeleteError(f"no secret of {service} for {username}") from None


class LockedKeyring(MemoryKeyring):
    """Gives nothing out, and takes nothing in."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked(f"{service}: {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        del password
        raise KeyringLocked(f"{service}: {username}")
