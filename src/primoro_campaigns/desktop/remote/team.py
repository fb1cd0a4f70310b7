"""The people who work here, over HTTP."""

from collections.abc import Sequence

from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from primoro_campaigns.desktop.colleague import Colleague, Newcomer
from primoro_campaigns.desktop.remote.http import Http
from primoro_campaigns.desktop.remote.session import Tokens, not_ours
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.ids import LocationId, UserId
from primoro_campaigns.wire.account import ChangeUser, NewPassword, NewUser, User

_USERS = TypeAdapter(list[User])


class ServerTeam:
    """``colleague.Team``. Needs an ``Http`` of its own; use it from one thread at a time."""

    def __init__(self, http: Http, tokens: Tokens) -> None:
        self._http = http
        self._tokens = tokens

    def colleagues(self) -> Sequence[Colleague]:
        try:
            return [_colleague(each) for each in _USERS.validate_json(self._ask("GET", "/users"))]
        except ValidationError as error:
            raise not_ours(error) from None

    def add(self, newcomer: Newcomer) -> None:
        asked = NewUser(
            username=newcomer.username,
            display_name=newcomer.display_name,
            role=newcomer.role,
            password=SecretStr(newcomer.password),
            location_ids=None if newcomer.location_ids is None else list(newcomer.location_ids),
        )
        self._ask("POST", "/users", asked)

    def change(self, user_id: UserId, role: Role, location_ids: tuple[LocationId, ...] | None) -> None:
        places = None if location_ids is None else list[str](location_ids)
        self._ask("PUT", f"/users/{user_id}", ChangeUser(role=role, location_ids=places))

    def activate(self, user_id: UserId) -> None:
        self._ask("POST", f"/users/{user_id}/activate")

    def deactivate(self, user_id: UserId) -> None:
        self._ask("POST", f"/users/{user_id}/deactivate")

    def set_password(self, user_id: UserId, password: str) -> None:
        self._ask("POST", f"/users/{user_id}/password", NewPassword(password=SecretStr(password)))

    def _ask(self, method: str, path: str, asked: BaseModel | None = None) -> bytes:
        body = None if asked is None else _plain(asked)
        return self._tokens.call(lambda access: self._http.json(method, path, body, token=access))


def _plain(asked: BaseModel) -> str:
    """As JSON with its secrets in it: pydantic would star them out."""
    secrets = {name: value.get_secret_value() for name, value in asked if isinstance(value, SecretStr)}
    return _JSON.dump_json(asked.model_dump(mode="json") | secrets).decode()


_JSON: TypeAdapter[dict[str, object]] = TypeAdapter(dict[str, object])


def _colleague(user: User) -> Colleague:
    places = tuple(map(LocationId, user.location_ids))
    return Colleague(
        user_id=UserId(user.user_id),
        username=user.username,
        display_name=user.display_name,
        role=user.role,
        location_ids=None if user.all_locations else places,
        active=user.active,
    )
