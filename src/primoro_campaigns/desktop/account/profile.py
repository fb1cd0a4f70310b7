"""Who uses this computer and which server: a small file without secrets."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.support.ids import new_id

_FILE = "profile.json"


class ProfileNotKeptError(PrimoroError):
    """The file could not be written: a full disk, or a folder that may not be written to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            "This computer could not keep its settings.",
            "What was kept before is safe. Make room on the disk, and see that the program may write to "
            f"{folder}; then try again.",
            "account.profile_not_kept",
        )


@dataclass(frozen=True)
class Account:
    """The person signed in last, by whom the cache is found again."""

    organisation_id: str
    user_id: str
    username: str


@dataclass(frozen=True)
class Profile:
    """``own_server``: this computer is the server, and it is started with the program. ``scheme`` and
    ``text_size`` are the names of ``kit.theme.Scheme`` and ``TextSize``.
    """

    device_id: str
    server: str = ""
    own_server: bool = False
    account: Account | None = None
    scheme: str = "system"
    text_size: str = "normal"


def key_name(account: Account) -> str:
    """Not by the device: its id is made anew when the profile is lost, and the cache must not go with it."""
    return f"cache key {account.organisation_id} {account.user_id}"


def refresh_name(profile: Profile, account: Account) -> str:
    """Under this name the refresh token lies in the keyring."""
    return f"refresh token {profile.device_id} {account.organisation_id} {account.user_id}"


class ProfileFolder:
    """``folder`` holds the profile and the caches."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.profile = self._read()

    def keep(self, profile: Profile) -> None:
        """Replaces the file in one step: a cut leaves the old one or the new one.

        Raises ``ProfileNotKeptError``.
        """
        draft = self.folder / f"{_FILE}.new"
        try:
            draft.write_text(json.dumps(asdict(profile), indent=2), "utf-8")
            draft.replace(self.folder / _FILE)
        except OSError as error:
            raise ProfileNotKeptError(self.folder) from error
        self.profile = profile

    def sign_in_as(self, account: Account | None) -> None:
        self.keep(replace(self.profile, account=account))

    def cache_path(self, account: Account) -> Path:
        """One file for each person of each organisation: nobody sees another person's locations."""
        return self.folder / f"cache-{account.organisation_id}-{account.user_id}.db"

    def _read(self) -> Profile:
        fresh = Profile(device_id=new_id())
        try:
            kept = kept_profile(self.folder)
        except OSError:
            # Somebody holds it for a moment. It is not written over before the person has signed in.
            return fresh
        if kept is not None:
            return kept
        # A new one costs the person one sign-in, and the cache is found again then.
        with suppress(ProfileNotKeptError):
            self.keep(fresh)
        return fresh


def kept_profile(folder: Path) -> Profile | None:
    """None where there is none, or what lies there is none. Raises ``OSError`` when it cannot be read now."""
    try:
        return _profile(json.loads((folder / _FILE).read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return None


_KNOWN = frozenset(field.name for field in fields(Profile))


def _profile(plain: dict[str, object]) -> Profile:
    """Raises when it is not a profile. What another version of the program keeps besides is left out."""
    account = plain["account"]
    values = {name: value for name, value in plain.items() if name in _KNOWN - {"account"}}
    if not all(type(value) is type(getattr(_BLANK, name)) for name, value in values.items()):
        raise TypeError("a value of another kind")
    if account is None:
        return replace(_BLANK, **values)  # type: ignore[arg-type]  # looked at above
    if not isinstance(account, dict) or not all(isinstance(each, str) for each in account.values()):
        raise TypeError("not an account")
    return replace(_BLANK, **values, account=Account(**account))  # type: ignore[arg-type]  # looked at above


_BLANK = Profile(device_id="")
