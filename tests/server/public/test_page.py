"""The page behind an unsubscribe link, and one-click unsubscribing (domain.md EM1 to EM3, EM6, L10)."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from sqlalchemy import select, update

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.consent.tables import permission
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.patient.tables import patient
from tests.server.practice import actor, contacts_of
from tests.server.public.conftest import Reader
from tests.server.sender import CONTENT, consent_service, lines

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
UNKNOWN = [
    "/u/",
    "/u/AAAAAAAAAAAAAAAAAAAAAA",
    "/u/%ff%00",
    "/u/a/b/c",
    f"/u/{'x' * 5000}",
    "/u/..%2F..%2Fetc",
]


class _Page(HTMLParser):
    """The buttons and the words of a page; an element that is never closed fails."""

    def __init__(self) -> None:
        super().__init__()
        self.buttons: list[str | None] = []
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "button":
            self.buttons.append(dict(attrs)["value"])
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and "style" not in self.open:
            self.words.append(" ".join(data.split()))


def page(html: str) -> _Page:
    read = _Page()
    read.feed(html)
    read.close()
    assert read.open == []
    return read


def test_em3_opening_the_link_changes_nothing_however_often(reader: Reader) -> None:
    before = (reader.seq(), reader.entries(), reader.restricted(), reader.permissions())
    for _ in range(10):
        shown = reader.client.get(reader.path)
        assert shown.status_code == 200
        assert reader.client.head(reader.path).status_code == 200
    assert (reader.seq(), reader.entries(), reader.restricted(), reader.permissions()) == before
    read = page(shown.text)
    assert read.buttons == ["channel", "everything"]
    assert "Messages from Bridge Street" in read.words
    assert "We send you information about products, services and promotions." in " ".join(read.words)


def test_the_page_loads_nothing_is_kept_nowhere_and_names_no_patient(reader: Reader) -> None:
    shown = reader.client.get(reader.path)
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "noindex" in shown.headers["x-robots-tag"]
    assert "set-cookie" not in shown.headers
    assert not {"<script", "src=", "http://", "https://"} & {
        each for each in ("<script", "src=", "http://", "https://") if each in shown.text
    }
    assert "ann" not in shown.text.lower().replace("channel", "")


def test_em2_one_click_needs_nothing_but_the_post(reader: Reader) -> None:
    answer = reader.client.post(reader.path, data=ONE_CLICK)
    assert answer.status_code == 200
    assert not answer.history
    assert reader.restricted() == {"promotions": "one_click"}
    line = contacts_of(reader.database, "ann")[-1]
    assert (line.kind, line.direction, line.title, line.detail) == (
        "consent",
        "in",
        "Asked for no more promotions",
        "Recorded by one-click unsubscribe in the mail program.",
    )
    # Said again, it is a no of its own: a yes from before it comes too late.
    assert reader.client.post(reader.path, data=ONE_CLICK).status_code == 200
    assert reader.restricted() == {"promotions": "one_click"}
    assert contacts_of(reader.database, "ann")[-1] == line


def test_em2_one_click_in_the_other_encoding_of_forms(reader: Reader) -> None:
    answer = reader.client.post(reader.path, files={name: (None, value) for name, value in ONE_CLICK.items()})
    assert answer.status_code == 200
    assert reader.restricted() == {"promotions": "one_click"}


def test_l08_after_one_click_the_next_campaign_leaves_her_out(reader: Reader) -> None:
    reader.client.post(reader.path, data=ONE_CLICK)
    assert reader.sent(replace(CONTENT, name="Summer offer"), "c2") == []
    assert {who: row.reason for who, row in lines(reader.database).items()} == {"ann": "restricted"}


def test_this_channel_only(reader: Reader) -> None:
    shown = reader.press("channel")
    assert shown.status_code == 200
    assert "you will get no more e-mails" in shown.text
    assert reader.restricted() == {}
    assert reader.permissions() == {
        ("email", "promotions"): ("opted_out", "unsubscribe_page"),
        ("email", "newsletters"): ("opted_out", "unsubscribe_page"),
    }
    assert contacts_of(reader.database, "ann")[-1].detail == "Recorded on the unsubscribe page."
    assert page(shown.text).buttons == ["everything", "again"]


def test_everything(reader: Reader) -> None:
    shown = reader.press("everything")
    assert "It is done" in shown.text
    assert reader.restricted() == {"promotions": "unsubscribe_page", "newsletters": "unsubscribe_page"}
    assert page(shown.text).buttons == ["again"]
    lines = contacts_of(reader.database, "ann")[-2:]
    assert {line.title for line in lines} == {
        "Asked for no more promotions",
        "Asked for no more newsletters",
    }


@pytest.mark.parametrize("first", ["channel", "everything"])
def test_opting_back_in(reader: Reader, first: str) -> None:
    reader.press(first)
    shown = reader.press("again")
    assert "You will get information about products, services and promotions again." in shown.text
    assert "promotions" not in reader.restricted()
    state, _ = reader.permissions()["email", "promotions"]
    assert state == "opted_in"
    assert page(reader.client.get(reader.path).text).buttons == ["channel", "everything"]


def test_opting_back_in_is_for_what_the_page_names_alone(reader: Reader) -> None:
    with reader.database.write() as uow:
        consent = consent_service()
        consent.restrict(uow, actor(), "ann", Purpose.NEWSLETTERS)
        consent.permit(
            uow, actor(), "ann", Channel.SMS, Purpose.PROMOTIONS, PermissionState.OPTED_OUT, how="Rang"
        )
    reader.press("everything")
    reader.press("again")
    assert reader.restricted() == {"newsletters": "staff"}
    assert reader.permissions()["sms", "promotions"] == ("opted_out", "staff")


def test_opting_back_in_keeps_its_evidence(reader: Reader) -> None:
    reader.press("channel")
    reader.press("again")
    with reader.database.read() as connection:
        row = connection.execute(select(permission).where(permission.c.id == "ann:email:promotions")).one()
    assert (row.how, row.wording, row.source) == (
        "Asked for it on the unsubscribe page.",
        "I would like to get them again",
        "unsubscribe_page",
    )
    assert "I would like to get them again" in reader.client.get(reader.press("channel").url.path).text


def test_an_address_that_nobody_may_use_is_not_opened_by_a_link(reader: Reader) -> None:
    reader.press("channel")
    with reader.database.write() as uow:
        consent_service().suppress(uow, AddressKind.EMAIL, "ann@example.com", source=ConsentSource.BOUNCE)
    shown = reader.press("again")
    assert shown.status_code == 200
    assert "must not be used any more" in shown.text
    assert reader.permissions()["email", "promotions"][0] == "opted_out"


@pytest.mark.parametrize("path", UNKNOWN)
def test_a_link_that_is_not_ours_gets_a_page_that_knows_nothing(reader: Reader, path: str) -> None:
    before = (reader.seq(), reader.entries())
    pages = [
        reader.client.get(path),
        reader.client.post(path, data=ONE_CLICK),
        *(reader.press(what, path) for what in ("channel", "everything", "again", "")),
    ]
    assert {each.status_code for each in pages} == {404}
    assert len({each.text for each in pages}) == 1
    assert "This link does not work" in pages[0].text
    assert "Bridge Street" not in pages[0].text
    assert pages[0].headers["content-type"].startswith("text/html")
    assert pages[0].headers["cache-control"] == "no-store"
    assert (reader.seq(), reader.entries()) == before


def test_a_garbled_token_is_not_the_token(reader: Reader) -> None:
    token = reader.path.rpartition("/")[2]
    for garbled in (token[:-1], f"{token}=", token.swapcase(), f"{token}/", f" {token}"):
        assert reader.client.get(f"/u/{garbled}").status_code == 404
    assert reader.client.get(f"/u/{token}").status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"what=nonsense", b"what=", b"List-Unsubscribe=no", b"\xff\xfe", b"&".join([b"a=1"] * 300)],
)
def test_a_post_that_asks_for_nothing_changes_nothing(reader: Reader, body: bytes) -> None:
    before = reader.seq()
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = reader.client.post(reader.path, content=body, headers=form)
    assert (answer.status_code, page(answer.text).buttons) == (200, ["channel", "everything"])
    broken = {"content-type": "multipart/form-data"}
    assert reader.client.post(reader.path, content=body, headers=broken).status_code == 200
    assert reader.seq() == before


def test_a_body_that_is_too_large_is_refused(reader: Reader) -> None:
    before = reader.seq()
    answer = reader.client.post(reader.path, data={**ONE_CLICK, "more": "x" * 10_000})
    assert answer.status_code == 413
    assert reader.seq() == before


def test_a_patient_who_is_gone_gets_the_page_that_knows_nothing(reader: Reader) -> None:
    with reader.database.write() as uow:
        uow.connection.execute(patient.delete())
    shown = reader.press("everything")
    assert (shown.status_code, "This link does not work" in shown.text) == (404, True)


def test_the_link_belongs_to_the_purpose_of_its_message(reader: Reader) -> None:
    newsletter = replace(CONTENT, name="News", purpose=Purpose.NEWSLETTERS)
    with reader.database.write() as uow:
        manager = actor(Role.MANAGER)
        consent_service().permit(
            uow,
            manager,
            "ann",
            Channel.EMAIL,
            Purpose.NEWSLETTERS,
            PermissionState.OPTED_IN,
            how="Asked at the desk",
            wording="News by e-mail?",
        )
        # As if the promotion had come a month ago: two messages in a week are too many.
        uow.connection.exec_driver_sql("DELETE FROM contact")
        uow.connection.execute(update(patient).values(last_contacted_on=None))
        uow.connection.execute(update(delivery).values(at=uow.now))
    reader.gets(newsletter, "c2")
    assert "We send you newsletters." in reader.client.get(reader.path).text
    reader.client.post(reader.path, data=ONE_CLICK)
    assert reader.restricted() == {"newsletters": "one_click"}
