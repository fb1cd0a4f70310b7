"""The one table of colours and sizes. Everything the theme draws comes from here."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QCoreApplication

import primoro_campaigns

RESOURCES = Path(primoro_campaigns.__file__).parent / "resources"

SCHEME_PROPERTY = "primoroScheme"


class Tone(StrEnum):
    """What something means, never by colour alone: words or an icon always go with it."""

    NEUTRAL = "neutral"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class ToneColours:
    """``text`` is read on ``soft``; ``solid`` is for bars, dots and edges."""

    text: str
    soft: str
    solid: str


@dataclass(frozen=True)
class Tokens:
    """Colours as #RRGGBB. ``window`` lies behind everything, ``surface`` is what one reads and types on."""

    name: str
    window: str
    bar: str
    surface: str
    sunken: str
    hover: str
    border: str
    border_strong: str
    scroll: str
    text: str
    text_muted: str
    text_disabled: str
    accent: str
    accent_hover: str
    accent_pressed: str
    on_accent: str
    accent_soft: str
    accent_text: str
    danger: str
    danger_hover: str
    on_danger: str
    focus: str
    neutral: ToneColours
    info: ToneColours
    success: ToneColours
    warning: ToneColours
    error: ToneColours

    def tone(self, tone: Tone) -> ToneColours:
        return {
            Tone.NEUTRAL: self.neutral,
            Tone.INFO: self.info,
            Tone.SUCCESS: self.success,
            Tone.WARNING: self.warning,
            Tone.ERROR: self.error,
        }[tone]


LIGHT = Tokens(
    name="light",
    window="#F3F5F7",
    bar="#E9EDF0",
    surface="#FFFFFF",
    sunken="#EDF0F3",
    hover="#EFF4F6",
    border="#D6DDE3",
    border_strong="#7C8A97",
    scroll="#B7C1CA",
    text="#1B242D",
    text_muted="#53616E",
    text_disabled="#87929D",
    accent="#0B6B78",
    accent_hover="#095A66",
    accent_pressed="#074A54",
    on_accent="#FFFFFF",
    accent_soft="#D9EDF0",
    accent_text="#0A5F6B",
    danger="#B3261E",
    danger_hover="#96201A",
    on_danger="#FFFFFF",
    focus="#0B6B78",
    neutral=ToneColours("#46535F", "#E6EAEE", "#7F8D9A"),
    info=ToneColours("#1D4F91", "#E3EDF9", "#3F7CC4"),
    success=ToneColours("#1C6338", "#DFF2E6", "#2F8F57"),
    warning=ToneColours("#744700", "#FCEFD3", "#C27C0E"),
    error=ToneColours("#9C2420", "#FBE6E4", "#C9433C"),
)

DARK = Tokens(
    name="dark",
    window="#151A1F",
    bar="#101418",
    surface="#1D242A",
    sunken="#12171B",
    hover="#262F37",
    border="#343E47",
    border_strong="#7A8894",
    scroll="#4A5661",
    text="#E6EBEF",
    text_muted="#A5B1BC",
    text_disabled="#74808B",
    accent="#5CC3D2",
    accent_hover="#7AD0DC",
    accent_pressed="#46AEBD",
    on_accent="#06252A",
    accent_soft="#17404A",
    accent_text="#78D2DF",
    danger="#F08A82",
    danger_hover="#F5A49D",
    on_danger="#3A0E0B",
    focus="#5CC3D2",
    neutral=ToneColours("#BAC5CE", "#2C353D", "#7F8C98"),
    info=ToneColours("#A2C8F8", "#1C3149", "#5C94D6"),
    success=ToneColours("#8ADBA6", "#173722", "#4FAE75"),
    warning=ToneColours("#F3C877", "#3C2E12", "#D29A3A"),
    error=ToneColours("#F6A8A1", "#45221F", "#DD6C64"),
)

GRID = 4
"""Pixels. Every margin and gap is a multiple of it."""

RADIUS = 6
"""Pixels, of the corners of fields, buttons and cards."""


def tokens() -> Tokens:
    """The tokens in force. Widgets that paint themselves ask for them each time they paint."""
    app = QCoreApplication.instance()
    return DARK if app is not None and app.property(SCHEME_PROPERTY) == DARK.name else LIGHT
