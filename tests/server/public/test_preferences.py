"""The preferences page: for each purpose and channel, by the same link (domain.md P33, E05 to E07, L10)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from httpx2 import Response
from sqlalchemy import select

from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.consent.tables import consent_entry, permission
from primoro_campaigns.server.patient.tables import patient
from tests.server.practice import actor, add_permission, contacts_of
from tests.server.public.conftest import Reader
from tests.server.sender import CONTENT, add_willing, configure, consent_service, lines

MAIL, TEXT = "promotions.email", "promotions.sms"
NEWS_MAIL, NEWS_TEXT = "newsletters.email", "newsletters.sms"


class _Form(HTMLParser):
    """What a mail program's browser would send: the ticks that are in, and those that can be put in."""

    def __init__(self) -> None:
        super().__init__()
        self.ticked: set[str] = set()
        self.open: set[str] = set()
        self.was: list[str] = []
        self.labels = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        self.labels += tag == "label"
        if tag == "input" and has["type"] == "checkbox":
            self.ticked |= {str(has["value"])} if "checked" in has else set()
            self.open |= set() if "disabled" in has else {str(has["value"])}
        elif tag == "input":
            assert (has["type"], has["name"]) == ("hidden", "was")
            self.was.append(str(has["value"]))


def form(page: Response) -> _Form:
    assert page.status_code == 200
    read = _Form()
    read.feed(page.text)
    return read


def path(reader: Reader) -> str:
    return reader.path.replace("/u/", "/p/")


def shown(reader: Reader) -> _Form:
    return form(reader.client.get(path(reader)))


def save(reader: Reader, was: Iterable[str], want: Iterable[str]) -> Response:
    fields = {"what": "save", "was": list(was), "want": list(want)}
    return reader.client.post(path(reader), data=fields)


def move(reader: Reader, *, put_in: Sequence[str] = (), take_out: Sequence[str] = ()) -> _Form:
    """Open the page, move these ticks, save. Returns the page that follows."""
    page = shown(reader)
    assert set(put_in) <= page.open - page.ticked
    assert set(take_out) <= page.ticked
    return form(save(reader, page.was, (page.ticked | set(put_in)) - set(take_out)))


def titles(reader: Reader, before: int = 0) -> list[str]:
    return [line.title for line in contacts_of(reader.database, "ann") if line.kind == "consent"][before:]


def say(reader: Reader, state: PermissionState, channel: Channel, purpose: Purpose) -> None:
    with reader.database.write() as uow:
        consent_service().permit(*(uow, SERVER, "ann", channel, purpose, state), how="Rang", wording="Texts?")


def test_the_mail_and_the_unsubscribe_page_lead_there(reader: Reader) -> None:
    mail = reader.mail.caught[-1].content.replace(b"=\r\n", b"").decode()
    assert mail.count(f"https://practice.example{path(reader)}") == 2, "in both parts"
    page = reader.client.get(reader.path).text
    token = reader.path.removeprefix("/u/")
    assert f'<a href="../p/{token}">' in page
    assert reader.client.get(f"{reader.path}/../../p/{token}").status_code == 200


def test_em3_opening_the_page_changes_nothing_however_often(reader: Reader) -> None:
    before = (reader.seq(), reader.entries(), reader.restricted(), reader.permissions())
    for _ in range(5):
        assert reader.client.get(path(reader)).status_code == 200
        assert reader.client.head(path(reader)).status_code == 200
        assert reader.client.put(path(reader), data={"what": "everything"}).status_code == 405
    assert (reader.seq(), reader.entries(), reader.restricted(), reader.permissions()) == before


def test_the_ticks_show_what_stands(reader: Reader) -> None:
    page = shown(reader)
    assert page.ticked == set(page.was) == {MAIL}
    assert page.open == {MAIL, TEXT, NEWS_MAIL, NEWS_TEXT}
    assert page.labels == 4
    reader.press("everything")
    assert shown(reader).ticked == set()
    reader.press("again")
    assert shown(reader).ticked == {MAIL}
    say(reader, PermissionState.OPTED_IN, Channel.WHATSAPP, Purpose.PROMOTIONS)
    assert shown(reader).ticked == {MAIL, "promotions.whatsapp"}


def test_a_soft_opt_in_is_ticked_where_the_practice_relies_on_it(reader: Reader) -> None:
    with reader.database.write() as uow:
        add_permission(uow, "ann", Channel.SMS, Purpose.PROMOTIONS, PermissionState.UNKNOWN, soft_opt_in=True)
    assert shown(reader).ticked == {MAIL, TEXT}
    with reader.database.write() as uow:
        configure(uow, soft_opt_in_allowed="false")
    assert shown(reader).ticked == {MAIL}


def test_the_page_loads_nothing_and_names_no_patient(reader: Reader) -> None:
    page = reader.client.get(path(reader))
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "Bridge Street" in page.text
    for word in ("<script", "src=", "http://", "https://", "Ann", "example.com", "+44"):
        assert word not in page.text
    assert "set-cookie" not in page.headers


def test_taking_a_tick_out_is_a_no_to_that_way_alone(reader: Reader) -> None:
    page = move(reader, take_out=[MAIL])
    assert page.ticked == set()
    assert reader.permissions() == {("email", "promotions"): ("opted_out", "preference_page")}
    assert reader.restricted() == {}
    line = contacts_of(reader.database, "ann")[-1]
    assert (line.kind, line.direction, line.title, line.detail) == (
        "consent",
        "in",
        "Said no to promotions by e-mail",
        "Recorded on the preferences page.",
    )


def test_l05_putting_a_tick_in_keeps_its_evidence(reader: Reader) -> None:
    page = move(reader, put_in=[TEXT, NEWS_MAIL])
    assert page.ticked == {MAIL, TEXT, NEWS_MAIL}
    with reader.database.read() as connection:
        row = connection.execute(select(permission).where(permission.c.id == "ann:sms:promotions")).one()
        entry = connection.execute(
            select(consent_entry).where(consent_entry.c.channel == "sms", consent_entry.c.patient_id == "ann")
        ).one()
    wording = "Information about products, services and promotions: by text message"
    assert (row.state, row.source, row.how, row.wording) == (
        *("opted_in", "preference_page", "Chosen on the preferences page."),
        wording,
    )
    assert (entry.what, entry.state, entry.wording, entry.at) == (
        *("permission_set", "opted_in", wording),
        reader.database.clock.now(),
    )
    words = reader.client.get(path(reader)).text
    assert all(each in words for each in wording.split(": ")), "it is what stood on the page"
    assert "Said yes to promotions by SMS" in titles(reader)


def test_everything(reader: Reader) -> None:
    page = form(reader.client.post(path(reader), data={"what": "everything"}))
    assert page.ticked == set()
    assert reader.restricted() == {"promotions": "preference_page", "newsletters": "preference_page"}
    assert titles(reader) == ["Asked for no more newsletters", "Asked for no more promotions"]
    assert reader.sent(replace(CONTENT, name="Summer offer"), "c2") == []
    assert lines(reader.database)["ann"].reason == "restricted"


def test_l10_back_in_opens_what_was_ticked_and_nothing_else(reader: Reader) -> None:
    say(reader, PermissionState.OPTED_IN, Channel.SMS, Purpose.PROMOTIONS)
    say(reader, PermissionState.OPTED_IN, Channel.APP, Purpose.PROMOTIONS)
    reader.press("everything")
    before = len(titles(reader))
    page = move(reader, put_in=[MAIL])
    assert page.ticked == {MAIL}
    assert reader.restricted() == {"newsletters": "unsubscribe_page"}
    assert {way: state for way, (state, _) in reader.permissions().items()} == {
        ("email", "promotions"): "opted_in",
        ("sms", "promotions"): "opted_out",
        ("app", "promotions"): "opted_out",
    }
    assert titles(reader, before)[-1] == "Wants promotions again"
    assert contacts_of(reader.database, "ann")[-1].detail == (
        "Recorded on the preferences page. Chosen on the preferences page. "
        "Ticked: Information about products, services and promotions: by e-mail."
    )


def test_a_page_that_was_open_long_brings_nothing_back(reader: Reader) -> None:
    say(reader, PermissionState.OPTED_IN, Channel.EMAIL, Purpose.NEWSLETTERS)
    page = shown(reader)
    assert page.ticked == {MAIL, NEWS_MAIL}
    with reader.database.write() as uow:
        consent_service().restrict(uow, actor(), "ann", Purpose.PROMOTIONS)
    say(reader, PermissionState.OPTED_OUT, Channel.EMAIL, Purpose.NEWSLETTERS)
    assert form(save(reader, page.was, page.ticked)).ticked == set()
    assert reader.restricted() == {"promotions": "staff"}
    # A yes from it is for what was ticked now: the e-mails that it still shows ticked stay away.
    assert form(save(reader, page.was, {*page.ticked, TEXT})).ticked == {TEXT}
    assert reader.permissions()["email", "promotions"][0] == "opted_out"
    assert reader.permissions()["email", "newsletters"][0] == "opted_out"


def test_saving_without_a_change_writes_nothing_down(reader: Reader) -> None:
    before = (reader.seq(), reader.entries())
    move(reader)
    assert (reader.seq(), reader.entries()) == before


@pytest.mark.parametrize(
    ("kind", "address", "source", "closed", "words"),
    [
        (AddressKind.MOBILE, "", ConsentSource.STOP_TEXT, {TEXT, NEWS_TEXT}, "Text START"),
        (AddressKind.EMAIL, "ann@example.com", ConsentSource.BOUNCE, {MAIL, NEWS_MAIL}, "which one is right"),
    ],
)
def test_l10_what_nobody_may_use_cannot_be_ticked(
    reader: Reader, kind: AddressKind, address: str, source: ConsentSource, closed: set[str], words: str
) -> None:
    open_before = shown(reader)
    with reader.database.write() as uow:
        number = uow.connection.execute(select(patient.c.mobile_e164)).scalar_one()
        consent_service().suppress(uow, kind, address or number, source=source)
    page = shown(reader)
    assert page.open == {MAIL, TEXT, NEWS_MAIL, NEWS_TEXT} - closed
    assert not page.ticked & closed
    assert words in reader.client.get(path(reader)).text
    # A page that was open before: the no stands, what else was asked for is done.
    wanted = {MAIL, TEXT, NEWS_MAIL, NEWS_TEXT}
    answer = save(reader, open_before.was, wanted)
    assert "Please ring the practice" in answer.text
    assert 'role="alert"' in answer.text
    assert form(answer).ticked == wanted - closed
    assert not {way for way, (state, _) in reader.permissions().items() if state == "opted_in"} & {
        (each.partition(".")[2], each.partition(".")[0]) for each in closed - {MAIL}
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"what=nonsense&want=promotions.sms",
        b"want=promotions.sms",
        b"what=save",
        b"what=save&what=everything",
        b"what=save&want=important.email&want=promotions.pigeon&want=&want=promotions&was=%00",
        b"what=save&was=important.email",
        b"\xff\xfe",
        b"&".join([b"want=promotions.sms"] * 300),
        b"List-Unsubscribe=One-Click",
    ],
)
def test_a_post_that_asks_for_nothing_we_know_changes_nothing(reader: Reader, body: bytes) -> None:
    before = (reader.seq(), reader.entries())
    heads = {"content-type": "application/x-www-form-urlencoded"}
    answer = reader.client.post(path(reader), content=body, headers=heads)
    assert form(answer).ticked == {MAIL}
    assert (reader.seq(), reader.entries()) == before


def test_a_body_that_is_too_large_is_refused(reader: Reader) -> None:
    before = reader.seq()
    answer = reader.client.post(path(reader), data={"what": "everything", "more": "x" * 10_000})
    assert (answer.status_code, reader.seq()) == (413, before)


def test_a_token_of_somebody_else_changes_nothing_of_hers(reader: Reader) -> None:
    with reader.database.write() as uow:
        add_willing(uow, "bob")
    (mail,) = reader.sent(replace(CONTENT, name="Summer offer"), "c2")
    assert mail.recipients == ("bob@example.com",)
    found = re.search(rb"^List-Unsubscribe: <https://practice.example/u/([^>]*)>", mail.content, re.MULTILINE)
    assert found is not None
    before = (reader.restricted(), reader.permissions())
    his = found.group(1).decode()
    assert form(reader.client.post(f"/p/{his}", data={"what": "everything"})).ticked == set()
    assert form(reader.client.post(f"/p/{his}", data={"what": "save", "want": TEXT})).ticked == {TEXT}
    assert reader.client.post(f"/u/{his}", data={"what": "channel"}).status_code == 200
    assert (reader.restricted(), reader.permissions()) == before
    assert len(contacts_of(reader.database, "bob")) > 3


def test_a_token_that_we_did_not_give_out_changes_nothing(reader: Reader) -> None:
    before = (reader.seq(), reader.entries())
    unknown = set()
    token = reader.path.removeprefix("/u/")
    for wrong in (
        "",
        token[:-1],
        f"{token}x",
        token.swapcase(),
        "A" * 22,
        "%ff%00",
        "x" * 5000,
        "ann",
    ):
        for answer in (
            reader.client.get(f"/p/{wrong}"),
            reader.client.post(f"/p/{wrong}", data={"what": "everything"}),
            reader.client.post(f"/p/{wrong}", data={"what": "save", "was": MAIL}),
            reader.client.post(f"/p/{wrong}", data={"what": "save", "want": TEXT}),
        ):
            assert answer.status_code == 404
            unknown.add(answer.text)
    assert len(unknown) == 1
    assert "This link does not work" in unknown.pop()
    assert (reader.seq(), reader.entries()) == before


def test_a_patient_who_is_gone_gets_the_page_that_knows_nothing(reader: Reader) -> None:
    with reader.database.write() as uow:
        uow.connection.execute(patient.delete())
    for fields in ({"what": "everything"}, {"what": "save", "was": MAIL}, {"what": "save", "want": TEXT}):
        answer = reader.client.post(path(reader), data=fields)
        assert (answer.status_code, "This link does not work" in answer.text) == (404, True)


def test_the_page_is_in_the_practices_colour(reader: Reader) -> None:
    assert "--deed: #0b5d66;" in reader.client.get(path(reader)).text
    with reader.database.write() as uow:
        configure(uow, practice_colour="#7a1fa2")
    for page in (reader.path, path(reader)):
        assert "--deed: #7a1fa2;" in reader.client.get(page).text
