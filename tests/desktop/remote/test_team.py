"""The team, asked for by a real client of a real server."""

import pytest

from primoro_campaigns.desktop.account import door
from primoro_campaigns.desktop.colleague import Newcomer
from primoro_campaigns.desktop.remote.http import Http
from primoro_campaigns.desktop.remote.session import Tokens
from primoro_campaigns.desktop.remote.team import ServerTeam
from primoro_campaigns.desktop.sync.failure import RefusedError
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.ids import LocationId, UserId
from primoro_campaigns.support.secrets import SessionSecrets
from tests.fakes.loopback_server import LoopbackServer

DEVICE = "0198c000-0000-7000-8000-000000000001"
PASSWORD = "four loud herons"
HERE = (LocationId("loc-1"),)
CARA = Newcomer("cara", "Cara Lund", Role.RECEPTION, HERE, PASSWORD)


def team_of(server: LoopbackServer, http: Http, name: str) -> ServerTeam:
    session = server.signed_in(name, DEVICE)
    return ServerTeam(http, Tokens(http, SessionSecrets(), "refresh", lambda _session: None, session))


@pytest.fixture
def team(server: LoopbackServer, http: Http) -> ServerTeam:
    server.add_user("anna", Role.ADMINISTRATOR)
    return team_of(server, http, "anna")


def shown(team: ServerTeam) -> dict[str, tuple[str, Role, tuple[LocationId, ...] | None, bool]]:
    return {
        each.username: (each.display_name, each.role, each.location_ids, each.active)
        for each in team.colleagues()
    }


def id_of(team: ServerTeam, name: str) -> UserId:
    return next(each.user_id for each in team.colleagues() if each.username == name)


def test_a_colleague_comes_changes_and_goes(server: LoopbackServer, team: ServerTeam) -> None:
    team.add(CARA)
    assert shown(team)["cara"] == ("Cara Lund", Role.RECEPTION, HERE, True)
    assert door.sign_in(server.address, "cara", PASSWORD, DEVICE).person.display_name == "Cara Lund"
    cara = id_of(team, "cara")
    team.change(cara, Role.MANAGER, None)
    assert shown(team)["cara"] == ("Cara Lund", Role.MANAGER, None, True)
    team.deactivate(cara)
    assert shown(team)["cara"][3] is False
    with pytest.raises(RefusedError):
        door.sign_in(server.address, "cara", PASSWORD, DEVICE)
    team.activate(cara)
    team.set_password(cara, "five mild badgers")
    assert door.sign_in(server.address, "cara", "five mild badgers", DEVICE).person.role is Role.MANAGER


def test_the_servers_refusals_arrive_in_words(server: LoopbackServer, http: Http, team: ServerTeam) -> None:
    with pytest.raises(RefusedError) as last:
        team.change(id_of(team, "anna"), Role.RECEPTION, None)
    assert last.value.code == "account.last_administrator"
    team.add(CARA)
    with pytest.raises(RefusedError) as taken:
        team.add(CARA)
    assert taken.value.code == "account.username_taken"
    with pytest.raises(RefusedError) as no_right:
        team_of(server, http, "reception").colleagues()
    assert no_right.value.code == "account.right_missing"
