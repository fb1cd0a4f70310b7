"""What the sign-in pages ask of a server, from its first set-up on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from primoro_campaigns.desktop.account import door
from primoro_campaigns.desktop.account.door import SetUpForm
from primoro_campaigns.desktop.remote.http import AddressError, UnsafeAddressError
from primoro_campaigns.desktop.sync.failure import RefusedError, ServerTooNewError, UnreachableError
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.wire.sync import WIRE_VERSION
from tests.fakes.loopback_server import LoopbackServer
from tests.fakes.odd_server import OddServer, Said, health

DEVICE = "0198c000-0000-7000-8000-000000000001"
CODE = "ABCD-2345"


@pytest.fixture
def server(tmp_path: Path, _migrated_file: Path, clock: FixedClock) -> Iterator[LoopbackServer]:
    """Nobody has set it up yet."""
    made = LoopbackServer(tmp_path / "server", _migrated_file, clock)
    made.set_up_code = CODE
    yield made.start()
    made.close()


def form(**other: str) -> SetUpForm:
    return SetUpForm(
        **{
            "code": CODE,
            "organisation_name": "Riverside Dental",
            "location_name": "High Street",
            "display_name": "Anna Ash",
            "username": "Anna",
            "password": "three quiet words",
            **other,
        }
    )


def test_from_an_empty_server_to_the_first_person_signed_in(server: LoopbackServer) -> None:
    seen = door.look(server.address.removeprefix("http://"))
    assert (seen.address, seen.needs_set_up) == (server.address, True)
    door.set_up(seen.address, form())
    assert not door.look(seen.address).needs_set_up
    signed_in = door.sign_in(seen.address, "anna", "three quiet words", DEVICE)
    assert (signed_in.person.display_name, signed_in.person.role) == ("Anna Ash", Role.ADMINISTRATOR)
    assert signed_in.address == seen.address


@pytest.mark.parametrize("other", [{"code": "WRONG-1"}, {"password": "short"}, {"username": "a b"}])
def test_a_set_up_that_is_refused_says_why_and_changes_nothing(
    server: LoopbackServer, other: dict[str, str]
) -> None:
    with pytest.raises(RefusedError) as refused:
        door.set_up(server.address, form(**other))
    assert refused.value.title
    assert refused.value.advice
    assert door.look(server.address).needs_set_up


def test_only_the_first_may_set_it_up(server: LoopbackServer) -> None:
    door.set_up(server.address, form())
    with pytest.raises(RefusedError):
        door.set_up(server.address, form(username="eve"))
    with pytest.raises(RefusedError):
        door.sign_in(server.address, "eve", "three quiet words", DEVICE)


def test_what_is_not_our_server_is_told(server: LoopbackServer) -> None:
    with pytest.raises(AddressError):
        door.look("https://")
    with pytest.raises(UnsafeAddressError):
        door.look("http://example.org")
    hello = Said(200, b"<html>hello</html>", "text/html")
    with OddServer(lambda _path: hello) as odd, pytest.raises(UnreachableError) as failed:
        door.look(odd.address)
    assert failed.value.code == "remote.not_ours"
    with OddServer(lambda _path: health(WIRE_VERSION + 1)) as odd, pytest.raises(ServerTooNewError):
        door.look(odd.address)
    server.stop()
    with pytest.raises(UnreachableError):
        door.look(server.address)
