"""The pages before the workspace: which server, its first set-up, signing in."""

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QCloseEvent, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QLineEdit, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from primoro_campaigns.desktop.account.presenter import (
    SHORTEST_PASSWORD,
    AccountPresenter,
    AccountState,
    NewPractice,
    Page,
)
from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.button import button
from primoro_campaigns.desktop.kit.form import Field, Form
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.label import box, column, label, row, rule
from primoro_campaigns.desktop.kit.notice import Notice
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID, RADIUS, Tone, tokens

_CARD_WIDTH = 460
_WIDE_CARD = 760


class AccountWindow(QWidget):
    """One card in the middle of a window; ``bind`` a presenter before showing it."""

    def __init__(self, closed: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("account")
        self.setWindowTitle("Primoro Campaigns")
        self.resize(900, 700)
        self._closed = closed
        self._presenter: AccountPresenter | None = None
        self._pages: dict[Page, _CardPage] = {
            Page.WELCOME: _WelcomePage(self),
            Page.CONNECT: _ConnectPage(self),
            Page.SET_UP: _SetUpPage(self),
            Page.SIGN_IN: _SignInPage(self),
        }
        self._stack = QStackedWidget()
        for page in self._pages.values():
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)

    @property
    def presenter(self) -> AccountPresenter:
        if self._presenter is None:
            raise RuntimeError("the pages have no presenter")
        return self._presenter

    def bind(self, presenter: AccountPresenter) -> None:
        self._presenter = presenter

    def show_state(self, state: AccountState) -> None:
        page = self._pages[state.page]
        turned = self._stack.currentWidget() is not page
        self._stack.setCurrentWidget(page)
        page.show_state(state)
        if turned or not self.isVisible():
            page.enter(state)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self._closed()


class _CardPage(QScrollArea):
    """A card with a heading, a place for what stands in the way, and the page's own fields."""

    def __init__(
        self, window: AccountWindow, name: str, heading: str, lead: str, width: int = _CARD_WIDTH
    ) -> None:
        super().__init__()
        self._window = window
        self._name = name
        self._problem = _NoticeSlot(f"{name}.problem")
        self._good = _NoticeSlot(f"{name}.good")
        # Its line is kept free, so that the card does not jump when something is being done.
        self._busy = label("", TextRole.MUTED)
        self._busy.setObjectName(f"{name}.busy")
        self._busy.setAccessibleName("What is being done")
        self._was_busy = False
        self._heading = label(heading, TextRole.TITLE, wrap=True)
        self._lead = label(lead, TextRole.MUTED, wrap=True)
        self._body = QVBoxLayout()
        self._body.setSpacing(3 * GRID)
        product = row(_Mark(), label("Primoro Campaigns", TextRole.STRONG), None, gap=2)
        inner = column(product, rule(), self._heading, self._lead, self._problem, self._good, gap=3, margin=8)
        inner.addLayout(self._body)
        inner.addWidget(self._busy)
        inner.setContentsMargins(8 * GRID, 6 * GRID, 8 * GRID, 5 * GRID)
        card = box(inner, "card")
        card.setFixedWidth(width)
        middle = row(None, card, None)
        around = QWidget()
        around.setLayout(column(None, middle, None, margin=6))
        self.setWidget(around)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        # Its fields have the focus, and it follows them.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._actions: list[QWidget] = []

    def act(self, *controls: QWidget) -> None:
        """Controls that rest while something is being done."""
        self._actions += controls

    def show_state(self, state: AccountState) -> None:
        self._problem.show_words(Tone.ERROR, state.title, state.advice)
        self._good.show_words(Tone.SUCCESS, state.good, "")
        self._busy.setText(state.busy)
        for control in self._actions:
            control.setEnabled(not state.busy)
        back, self._was_busy = self._was_busy and not state.busy, bool(state.busy)
        self.show_errors(state)
        if back and not state.errors:
            # What rested lost the focus; the person goes on where it was.
            self.resume()

    def show_errors(self, state: AccountState) -> None:
        """What is wrong stands at its field, and the first such field gets the focus."""

    def resume(self) -> None:
        """Something has been done, or did not go well: put the focus where one goes on."""

    def enter(self, state: AccountState) -> None:
        """The page comes up: fill it, and put the focus where one begins."""


class _Mark(QWidget):
    """The mark of the product."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(28, 28)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().accent))
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        shown = icon.pixmap("campaigns", Tint.ON_ACCENT, 18, self.devicePixelRatioF())
        painter.drawPixmap(5, 5, shown)
        painter.end()


class _NoticeSlot(QWidget):
    """Room for one notice."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._shown = ("", "")
        self.hide()

    def show_words(self, tone: Tone, title: str, advice: str) -> None:
        if (title, advice) == self._shown:
            return
        self._shown = (title, advice)
        while (item := self._layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        if title:
            self._layout.addWidget(Notice(tone, title, advice))
        self.setAccessibleName(f"{title} {advice}".strip())
        self.setVisible(bool(title))


class _WelcomePage(_CardPage):
    def __init__(self, window: AccountWindow) -> None:
        super().__init__(
            window,
            "welcome",
            "Welcome",
            "Patients and campaigns live on one server in your practice or at your provider. "
            "Every computer at the desk connects to it.",
        )
        connect = button("&Connect to a server", lambda: window.presenter.connect_to_server(), role="primary")
        connect.setObjectName("welcome.connect")
        own = button("&Use this computer as the server", lambda: window.presenter.use_this_computer())
        own.setObjectName("welcome.own_server")
        self._first = connect
        for control, words in (
            (connect, "Your practice has a server already: you need its address."),
            (own, "For a first try, or one computer. The server runs while this program is open."),
        ):
            control.setAccessibleDescription(words)
            self._body.addLayout(column(control, label(words, TextRole.CAPTION, wrap=True), gap=1))
        self.act(connect, own)

    def enter(self, state: AccountState) -> None:  # noqa: ARG002 - nothing to fill
        self._first.setFocus()

    def resume(self) -> None:
        self._first.setFocus()


class _ConnectPage(_CardPage):
    def __init__(self, window: AccountWindow) -> None:
        super().__init__(
            window, "connect", "Connect to a server", "Whoever looks after your computers knows the address."
        )
        self._address = QLineEdit()
        self._address.setObjectName("connect.address")
        self._address.setPlaceholderText("https://campaigns.example.org")
        self._form = Form()
        self._form.add("address", Field("Server &address", self._address))
        self._body.addWidget(self._form)
        go = button("C&onnect", self._go, role="primary")
        go.setObjectName("connect.submit")
        test = button("&Test the connection", lambda: window.presenter.test_address(self._address.text()))
        test.setObjectName("connect.test")
        back = button("&Back", lambda: window.presenter.back())
        self._body.addLayout(row(back, None, test, go))
        self._address.returnPressed.connect(self._go)
        self.act(self._form, go, test, back)

    def _go(self) -> None:
        self._window.presenter.use_address(self._address.text())

    def show_errors(self, state: AccountState) -> None:
        self._form.show_errors(state.errors)

    def resume(self) -> None:
        self._address.setFocus()

    def enter(self, state: AccountState) -> None:
        self._address.setText(state.address)
        self._address.setFocus()


class _SetUpPage(_CardPage):
    def __init__(self, window: AccountWindow) -> None:
        super().__init__(
            window,
            "set_up",
            "Set the practice up",
            "This server is new. You become its first administrator; you can add colleagues later, under"
            " Team in the account menu.",
            _WIDE_CARD,
        )
        self._form = Form()
        self._code = _line("set_up.code")
        self._organisation = _line("set_up.organisation")
        self._location = _line("set_up.location")
        self._display = _line("set_up.name")
        self._username = _line("set_up.username")
        self._password = _password("set_up.password")
        self._again = _password("set_up.password_again")
        the_practice = QVBoxLayout()
        you = QVBoxLayout()
        for side, title, fields in (
            (
                the_practice,
                "The practice",
                {
                    "code": Field("Set-up &code", self._code, "The server showed it when it was started."),
                    "organisation": Field("&Practice name", self._organisation),
                    "location": Field("First &location", self._location, "Others can be added later."),
                },
            ),
            (
                you,
                "You",
                {
                    "name": Field("Your &name", self._display, "Colleagues see it beside what you do."),
                    "username": Field("&User name", self._username, "You sign in with it."),
                    "password": Field(
                        "Pass&word",
                        self._password,
                        f"At least {SHORTEST_PASSWORD} characters. "
                        "Three words that do not belong together make a good one.",
                    ),
                    "password_again": Field("Password a&gain", self._again),
                },
            ),
        ):
            side.setSpacing(3 * GRID)
            side.addWidget(label(title, TextRole.HEADING))
            for name, field in fields.items():
                self._form.take(name, field)
                side.addWidget(field)
        you.addWidget(_show_password(self._password, self._again))
        the_practice.addStretch(1)
        you.addStretch(1)
        self._form.place(row(the_practice, you, gap=8))
        self._code_field = self._form.field("code")
        self._body.addWidget(self._form)
        go = button("&Set up and sign in", self._go, role="primary")
        go.setObjectName("set_up.submit")
        back = button("&Back", lambda: window.presenter.back())
        self._body.addLayout(row(back, None, go))
        self._again.returnPressed.connect(self._go)
        self.act(self._form, go, back)

    def _go(self) -> None:
        self._window.presenter.set_up(
            NewPractice(
                code=self._code.text(),
                organisation_name=self._organisation.text(),
                location_name=self._location.text(),
                display_name=self._display.text(),
                username=self._username.text(),
                password=self._password.text(),
                password_again=self._again.text(),
            )
        )

    def show_state(self, state: AccountState) -> None:
        self._code_field.setVisible(state.code_needed)
        super().show_state(state)

    def show_errors(self, state: AccountState) -> None:
        self._form.show_errors(state.errors)

    def resume(self) -> None:
        self._again.setFocus()

    def enter(self, state: AccountState) -> None:
        (self._code if state.code_needed else self._organisation).setFocus()


class _SignInPage(_CardPage):
    def __init__(self, window: AccountWindow) -> None:
        super().__init__(window, "sign_in", "Sign in", "")
        self._form = Form()
        self._username = _line("sign_in.username")
        self._password = _password("sign_in.password")
        self._form.add("username", Field("&User name", self._username))
        self._form.add("password", Field("&Password", self._password))
        self._body.addWidget(self._form)
        self._body.addWidget(_show_password(self._password))
        go = button("&Sign in", self._go, role="primary")
        go.setObjectName("sign_in.submit")
        other = button("&Other server", lambda: window.presenter.other_server())
        other.setObjectName("sign_in.other_server")
        self._body.addLayout(row(other, None, go))
        self._username.returnPressed.connect(self._password.setFocus)
        self._password.returnPressed.connect(self._go)
        self.act(self._form, go, other)

    def _go(self) -> None:
        self._window.presenter.sign_in(self._username.text(), self._password.text())

    def show_state(self, state: AccountState) -> None:
        self._lead.setText(state.server_words)
        super().show_state(state)

    def show_errors(self, state: AccountState) -> None:
        self._form.show_errors(state.errors)

    def resume(self) -> None:
        self._password.setFocus()
        self._password.selectAll()

    def enter(self, state: AccountState) -> None:
        self._username.setText(state.username)
        self._password.clear()
        (self._password if state.username else self._username).setFocus()


def _line(name: str) -> QLineEdit:
    result = QLineEdit()
    result.setObjectName(name)
    result.setMaxLength(200)
    return result


def _password(name: str) -> QLineEdit:
    result = _line(name)
    result.setEchoMode(QLineEdit.EchoMode.Password)
    return result


def _show_password(*fields: QLineEdit) -> QCheckBox:
    tick = QCheckBox("Show what I t&ype")

    def show(on: bool) -> None:
        for each in fields:
            each.setEchoMode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)

    tick.toggled.connect(show)
    return tick
