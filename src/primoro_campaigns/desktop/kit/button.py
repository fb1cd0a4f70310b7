"""Buttons with their look, icon and name set in one go."""

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton, QToolButton

from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.theme import set_role

_TINTS = {"primary": Tint.ON_ACCENT, "danger": Tint.ON_DANGER, "link": Tint.ACCENT}


def button(
    text: str, pressed: Callable[[], None], *, role: str = "", icon_name: str = "", tooltip: str = ""
) -> QPushButton:
    """``text`` carries the mnemonic ("&New campaign"). ``role``: "" plain, "primary" (one a page), "quiet",
    "danger" or "link". Where a button is disabled, ``tooltip`` should say why (``set_allowed``).
    """
    result = QPushButton(text)
    result.setAutoDefault(False)
    result.setAccessibleName(text.replace("&", ""))
    result.setToolTip(tooltip)
    if role:
        set_role(result, role)
    if icon_name:
        icon.put(result, icon_name, _TINTS.get(role, Tint.TEXT))
    result.clicked.connect(lambda: pressed())
    return result


def icon_button(name: str, icon_name: str, pressed: Callable[[], None]) -> QToolButton:
    """A button that is only an icon; ``name`` is its tooltip and what a screen reader says."""
    result = QToolButton()
    result.setAccessibleName(name)
    result.setToolTip(name)
    icon.put(result, icon_name, Tint.MUTED)
    result.clicked.connect(lambda: pressed())
    return result


def set_allowed(control: QPushButton | QToolButton, allowed: bool, why_not: str = "") -> None:
    """Enable or disable; while disabled the tooltip and the accessible description say why."""
    control.setEnabled(allowed)
    control.setToolTip("" if allowed else why_not)
    control.setAccessibleDescription("" if allowed else why_not)
