"""The foot of the workspace bar: who is signed in, how the program looks, and signing out."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton

from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.theme import Scheme, TextSize, em, set_role

_SCHEMES = (
    (Scheme.SYSTEM, "&As this computer"),
    (Scheme.LIGHT, "&Light"),
    (Scheme.DARK, "&Dark"),
)
_SIZES = (
    (TextSize.NORMAL, "&Normal"),
    (TextSize.LARGE, "&Large"),
    (TextSize.LARGEST, "Lar&gest"),
)


@dataclass(frozen=True)
class Look:
    """How the program looks on this computer."""

    scheme: Scheme
    text_size: TextSize


class AccountButton(QToolButton):
    """``looked`` is told of each new choice."""

    def __init__(
        self,
        name: str,
        practice: str,
        look: Look,
        looked: Callable[[Look], None],
        shortcuts: Callable[[], None],
        sign_out: Callable[[], None],
        sending: Callable[[], None] | None = None,
        team: Callable[[], None] | None = None,
    ) -> None:
        """For those who may look: ``sending`` leads to the providers, ``team`` to the colleagues."""
        super().__init__()
        self._look = look
        self._looked = looked
        self.setObjectName("shell.account")
        self.setText("Account")
        self.setAccessibleName(f"Account of {name}")
        self.setToolTip(f"{name}, {practice}")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        set_role(self, "workspace")
        icon.put(self, "user", Tint.TEXT, 24)
        menu = QMenu(self)
        who = menu.addAction(f"{name}\n{practice}".replace("&", "&&"))
        who.setEnabled(False)
        menu.addSeparator()
        self._choices(menu.addMenu("&Colours"), _SCHEMES, look.scheme, self._on_scheme)
        self._choices(menu.addMenu("&Text size"), _SIZES, look.text_size, self._on_size)
        if sending is not None:
            go = menu.addAction("S&ending")
            go.setObjectName("shell.sending")
            go.triggered.connect(lambda: sending())
        if team is not None:
            go = menu.addAction("Tea&m")
            go.setObjectName("shell.team")
            go.triggered.connect(lambda: team())
        menu.addAction("&Keyboard shortcuts").triggered.connect(lambda: shortcuts())
        menu.addSeparator()
        leave = menu.addAction("&Sign out")
        leave.setObjectName("shell.sign_out")
        leave.triggered.connect(lambda: sign_out())
        self.setMenu(menu)

    def sizeHint(self) -> QSize:
        return QSize(em(5.4), em(3.9))

    def _choices(
        self,
        menu: QMenu,
        choices: tuple[tuple[Scheme | TextSize, str], ...],
        chosen: Scheme | TextSize,
        then: Callable[[str], None],
    ) -> None:
        group = QActionGroup(menu)
        for choice, words in choices:
            action = QAction(words, menu)
            action.setObjectName(f"shell.look.{choice.value}")
            action.setCheckable(True)
            action.setChecked(choice is chosen)
            action.triggered.connect(lambda _checked=False, value=choice.value: then(value))
            group.addAction(action)
            menu.addAction(action)

    def _on_scheme(self, value: str) -> None:
        self._tell(Look(Scheme(value), self._look.text_size))

    def _on_size(self, value: str) -> None:
        self._tell(Look(self._look.scheme, TextSize(value)))

    def _tell(self, look: Look) -> None:
        self._look = look
        self._looked(look)
