"""The practice's colour on the pages that patients see, as bright or dark as everybody can read it."""

from dataclasses import dataclass

_NEEDED = 4.5
"""Contrast between words and what they stand on (WCAG 2.2, 1.4.3)."""

_STEPS = 50

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Colours:
    """Of buttons and links: on the light page, and on the dark one. The words on a button follow from it."""

    light: str
    dark: str


HOUSE = Colours("#0b5d66", "#7cd4de")
LIGHT_PAPER, DARK_PAPER = "#ffffff", "#1f2933"


def colours(practice_colour: str) -> Colours:
    """``practice_colour`` is ``#rrggbb``, or empty for the house's own."""
    if not practice_colour:
        return HOUSE
    return Colours(
        _readable(practice_colour, LIGHT_PAPER, towards=(0.0, 0.0, 0.0)),
        _readable(practice_colour, DARK_PAPER, towards=(1.0, 1.0, 1.0)),
    )


def contrast(first: str, second: str) -> float:
    """The ratio that WCAG asks for, 1 to 21."""
    bright, dark = sorted((_luminance(_rgb(first)), _luminance(_rgb(second))), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _readable(colour: str, paper: str, towards: Rgb) -> str:
    """The colour, with as little of black or white mixed in as it takes."""
    given = _rgb(colour)
    for step in range(_STEPS + 1):
        share = step / _STEPS
        mixed = [old + (new - old) * share for old, new in zip(given, towards, strict=True)]
        found = "#" + "".join(f"{round(part * 255):02x}" for part in mixed)
        if contrast(found, paper) >= _NEEDED:
            return found
    raise AssertionError("black and white can be read on any paper that we have")


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
