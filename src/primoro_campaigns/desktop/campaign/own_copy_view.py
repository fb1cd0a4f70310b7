"""Asks where the copy for oneself goes, and says over the page what became of it."""

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QLineEdit, QWidget

from primoro_campaigns.desktop.campaign.own_copy import OwnCopy
from primoro_campaigns.desktop.context import Notices
from primoro_campaigns.desktop.kit.dialog import Dialog
from primoro_campaigns.desktop.kit.form import Field, Form
from primoro_campaigns.desktop.kit.label import column
from primoro_campaigns.desktop.trial import TrialTold
from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.errors import PrimoroError

_CAPTIONS = {Channel.EMAIL: "Your &e-mail address", Channel.SMS: "Your &mobile number"}


class NotSentError(PrimoroError):
    def __init__(self, words: str) -> None:
        super().__init__("The test could not be sent.", words, "campaign.own_copy")


class OwnCopyDialog(Dialog):
    """``addresses`` are those that were typed."""

    def __init__(self, parent: QWidget | None, known: Mapping[Channel, str]) -> None:
        content = QWidget()
        super().__init__(
            "Send it to yourself",
            content,
            parent,
            lead="As a made-up patient would get it, marked as a test. No patient gets it, and the campaign "
            "does not count it.",
            ok="&Send the test",
        )
        self.setObjectName("own_copy.dialog")
        self._form = Form()
        self._typed: dict[Channel, QLineEdit] = {}
        for channel, address in known.items():
            typed = QLineEdit(address)
            typed.setObjectName(f"own_copy.{channel.value}")
            typed.setMaxLength(320)
            self._typed[channel] = typed
            hint = "Your own, and in no patient's file. It is remembered for the next test."
            if len(known) > 1:
                hint = f"{hint} Empty: not on this channel."
            self._form.add(channel.value, Field(_CAPTIONS[channel], typed, hint))
        content.setLayout(column(self._form))
        self.set_check(self._is_there)
        first = next(iter(self._typed.values()))
        first.selectAll()
        first.setFocus()

    @property
    def addresses(self) -> dict[Channel, str]:
        return {channel: each.text().strip() for channel, each in self._typed.items() if each.text().strip()}

    def _is_there(self) -> bool:
        missing = {} if self.addresses else {next(iter(self._typed)).value: "Type where it is to go."}
        self._form.show_errors(missing)
        return not missing


class OwnCopyView:
    """``own_copy.View`` on a page. ``busy`` is told while the server is asked."""

    def __init__(self, page: QWidget, notices: Notices, busy: Callable[[bool], None]) -> None:
        self._page = page
        self._notices = notices
        self._busy = busy
        self._presenter: OwnCopy | None = None

    def bind(self, presenter: OwnCopy) -> None:
        self._presenter = presenter

    def ask_addresses(self, content: Content, known: Mapping[Channel, str]) -> None:
        dialog = OwnCopyDialog(self._page, known)

        def send() -> None:
            if self._presenter is not None:
                self._presenter.send(content, dialog.addresses)

        dialog.ask(send)

    def show_told(self, told: TrialTold) -> None:
        if told.sent:
            self._notices.tell(f"The test was sent. {told.words}")
        else:
            self._notices.problem(NotSentError(told.words))

    def show_problem(self, error: PrimoroError) -> None:
        self._notices.problem(error)

    def show_busy(self, busy: bool) -> None:
        self._busy(busy)
