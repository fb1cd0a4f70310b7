"""Who uses this computer and which server: a small file without secrets."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from primoro_campaigns.support.ids import new_id

_FILE = "profile.json"


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


class ProfileFolder:
    """``folder`` holds the profile and the caches."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.profile = self._read()

    def keep(self, profile: Profile) -> None:
        """Replaces the file in one step: a cut leaves the old one or the new one."""
        draft = self.folder / f"{_FILE}.new"
        draft.write_text(json.dumps(asdict(profile), indent=2), "utf-8")
        draft.replace(self.folder / _FILE)
        self.profile = profile

    def sign_in_as(self, account: Account | None) -> None:
        self.keep(replace(self.profile, account=account))

    def cache_path(self, account: Account) -> Path:
        """One file for each person of each organisation: nobody sees another person's locations."""
        return self.folder / f"cache-{account.organisation_id}-{account.user_id}.db"

    def _read(self) -> Profile:
        try:
            plain = json.loads((self.folder / _FILE).read_text("utf-8"))
            account = plain.pop("account")
            return Profile(**plain, account=None if account is None else Account(**account))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            # None yet, or unreadable: a new one costs the person one sign-in, and the cache is found again
            # then.
            fresh = Profile(device_id=new_id())
            self.keep(fresh)
            return fresh
