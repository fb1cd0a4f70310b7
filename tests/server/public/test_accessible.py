"""Every public page in a real browser: WCAG 2.2 AA by axe-core, without JavaScript, on a telephone."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright
from sqlalchemy import select

from primoro_campaigns.domain.consent.model import ConsentSource
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.patient.tables import patient
from tests.server.public.conftest import Reader
from tests.server.sender import PUBLIC, configure, consent_service

PHONE, DESK = (390, 844), (1366, 768)
NARROWEST = (320, 640)
"""As wide as a page of 1280 pixels magnified four times (WCAG 2.2, 1.4.10)."""

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]

once = pytest.mark.parametrize("migrated_database", ["sqlite"], indirect=True)
"""What a browser shows does not depend on the database."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all the tests here, from the system's package: nothing is fetched."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if program is None and shutil.which("dpkg-query"):
        pytest.fail("Chromium is missing: it is in installer/debian-packages.txt")
    if program is None:
        pytest.skip("Chromium is installed by itself on Debian alone, and there is none here")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program)
        yield running
        running.close()


class Patient:
    """Ann, who opens links. What her browser asks for goes to the server, and nowhere else."""

    def __init__(self, context: BrowserContext, reader: Reader) -> None:
        self.reader = reader
        self.strayed: list[str] = []
        context.route("**/*", self._answer)
        self.page = context.new_page()

    def opens(self, place: str) -> Page:
        self.page.goto(f"{PUBLIC}{place}")
        return self.page

    def presses(self, words: str) -> Page:
        self.page.get_by_role("button", name=words).click()
        self.page.wait_for_load_state()
        return self.page

    def ticks(self) -> dict[str, bool]:
        boxes = self.page.get_by_role("checkbox").all()
        return {str(box.get_attribute("value")): box.is_checked() for box in boxes}

    def _answer(self, route: Route) -> None:
        asked = route.request
        parts = urlsplit(asked.url)
        if f"{parts.scheme}://{parts.netloc}" != PUBLIC:
            self.strayed.append(asked.url)
            route.abort()
            return
        heads = {"content-type": asked.headers.get("content-type", "")}
        answer = self.reader.client.request(
            asked.method, parts.path, content=asked.post_data_buffer, headers=heads
        )
        route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.content)


@pytest.fixture
def opened(browser: Browser, reader: Reader) -> Iterator[Callable[..., Patient]]:
    """Opens a browser window with these settings for Ann."""
    contexts: list[BrowserContext] = []

    def make(*, java_script_enabled: bool = True) -> Patient:
        context = browser.new_context(
            viewport={"width": PHONE[0], "height": PHONE[1]}, java_script_enabled=java_script_enabled
        )
        contexts.append(context)
        return Patient(context, reader)

    yield make
    for each in contexts:
        each.close()


def choices(reader: Reader) -> str:
    return reader.path.replace("/u/", "/p/")


def close_both(reader: Reader) -> None:
    """Her number answered STOP, and mail to her came back."""
    with reader.database.write() as uow:
        number = uow.connection.execute(select(patient.c.mobile_e164)).scalar_one()
        consent_service().suppress(uow, AddressKind.MOBILE, number, source=ConsentSource.STOP_TEXT)
        consent_service().suppress(uow, AddressKind.EMAIL, "ann@example.com", source=ConsentSource.BOUNCE)


def unsubscribe_problem(ann: Patient) -> None:
    ann.opens(ann.reader.path)
    ann.presses("Stop these e-mails")
    close_both(ann.reader)
    ann.presses("again")


def choices_problem(ann: Patient) -> None:
    ann.opens(choices(ann.reader))
    close_both(ann.reader)
    ann.page.get_by_label("by text message").first.check()
    ann.presses("Save my choices")


def after(place: Callable[[Reader], str], *buttons: str) -> Callable[[Patient], None]:
    def act(ann: Patient) -> None:
        ann.opens(place(ann.reader))
        for words in buttons:
            ann.presses(words)

    return act


def unsubscribe(reader: Reader) -> str:
    return reader.path


STATES: dict[str, tuple[Callable[[Patient], None], str]] = {
    "unsubscribe": (after(unsubscribe), "What would you like?"),
    "unsubscribe-channel": (after(unsubscribe, "Stop these e-mails"), "you will get no more e-mails"),
    "unsubscribe-everything": (after(unsubscribe, "Stop everything"), "It is done"),
    "unsubscribe-again": (after(unsubscribe, "Stop everything", "again"), "You will get information"),
    "unsubscribe-problem": (unsubscribe_problem, "must not be used any more"),
    "choices": (after(choices), "Change the ticks as you like"),
    "choices-saved": (after(choices, "Save my choices"), "Saved."),
    "choices-everything": (after(choices, "Stop everything"), "Saved."),
    "choices-problem": (choices_problem, "This mobile number answered STOP. Please ring the practice."),
    "unknown": (after(lambda _: "/u/no-such-link"), "This link does not work"),
    "unknown-choices": (after(lambda _: "/p/no-such-link"), "This link does not work"),
}


def wrong(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": RULES}).response
    assert len(found["passes"]) > 10, "it has looked at the page"
    return [
        f"{each['id']} ({each['impact']}): {node['html']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@once
@pytest.mark.parametrize("state", STATES)
def test_every_page_in_every_state_is_accessible(
    opened: Callable[[], Patient], tmp_path: Path, state: str
) -> None:
    reach, words = STATES[state]
    ann = opened()
    reach(ann)
    assert words in ann.page.inner_text("main")
    for scheme, (width, height) in (("light", DESK), ("light", PHONE), ("dark", PHONE), ("dark", NARROWEST)):
        ann.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words, in a tuple
        ann.page.set_viewport_size({"width": width, "height": height})
        assert ann.page.evaluate("document.documentElement.scrollWidth") <= width, "nothing is cut off"
        if width != NARROWEST[0]:
            assert wrong(ann.page) == [], (scheme, width)
        # Kept when the test fails.
        (tmp_path / f"{state}-{scheme}-{width}.png").write_bytes(ann.page.screenshot(full_page=True))
    assert ann.strayed == []


@once
def test_the_practices_colour_hurts_nobody(opened: Callable[[], Patient], reader: Reader) -> None:
    ann = opened()
    for colour, scheme in (("#ffff00", "light"), ("#000080", "dark")):
        with reader.database.write() as uow:
            configure(uow, practice_colour=colour)
        ann.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words, in a tuple
        for place in (reader.path, choices(reader)):
            assert wrong(ann.opens(place)) == []


def test_what_is_wrong_is_found(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(
        "<title>x</title><main><h1>x</h1><input><p style='color:#aaa'>pale</p></main>" + "<p>y" * 12
    )
    found = " ".join(wrong(page))
    page.close()
    assert all(rule in found for rule in ("label (critical)", "color-contrast", "html-has-lang"))


@once
def test_everything_can_be_done_without_javascript_and_without_a_mouse(
    opened: Callable[..., Patient], reader: Reader
) -> None:
    ann = opened(java_script_enabled=False)
    ann.opens(reader.path)
    ann.page.get_by_role("link", name="Choose what we send you").click()
    assert urlsplit(ann.page.url).path == choices(reader)
    assert ann.ticks() == {
        "promotions.email": True,
        "promotions.sms": False,
        "newsletters.email": False,
        "newsletters.sms": False,
    }
    ann.page.keyboard.press("Tab")
    ann.page.keyboard.press("Space")
    ann.page.keyboard.press("Tab")
    ann.page.keyboard.press("Space")
    ann.page.keyboard.press("Enter")
    ann.page.get_by_role("status").wait_for()
    assert ann.ticks() == {
        "promotions.email": False,
        "promotions.sms": True,
        "newsletters.email": False,
        "newsletters.sms": False,
    }
    assert {way: state for way, (state, _) in reader.permissions().items()} == {
        ("email", "promotions"): "opted_out",
        ("sms", "promotions"): "opted_in",
    }
    ann.presses("Stop everything")
    assert set(reader.restricted()) == {"promotions", "newsletters"}
    assert ann.strayed == []
