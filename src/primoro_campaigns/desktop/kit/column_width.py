"""How the columns of a table share its width."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QFont, QFontMetrics


@dataclass(frozen=True)
class Wish:
    """What one column would like, in pixels: for its words, and at least for its heading."""

    words: int
    heading: int
    stretch: bool


def share_width(wishes: Sequence[Wish], room: int, around: int, narrowest: int) -> list[int]:
    """Each column has its width, and ``around`` for the space at both sides of the words.

    Those that stretch share what is left, or give way down to ``narrowest`` words where it is too little.
    """
    widths = [max(wish.words, wish.heading) + around for wish in wishes]
    left = room - sum(widths)
    stretched = [number for number, wish in enumerate(wishes) if wish.stretch]
    for place, number in enumerate(stretched):
        share = left // (len(stretched) - place)
        least = max(narrowest, wishes[number].heading) + around
        width = max(widths[number] + share, min(least, widths[number]))
        left -= width - widths[number]
        widths[number] = width
    return widths


def heading_width(font: QFont, words: str, sorts: bool) -> int:
    """Pixels of a heading, which is half-bold, with room for its arrow where it ``sorts``."""
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return QFontMetrics(bold).horizontalAdvance(words) + (18 if sorts else 0)
