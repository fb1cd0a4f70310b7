"""A plain report: a title, some lines, and tables under headings."""

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor  # type: ignore[import-untyped]  # it has no types
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]  # it has no types
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]  # it has no types
from reportlab.lib.units import mm  # type: ignore[import-untyped]  # it has no types
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # it has no types
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]  # it has no types
from reportlab.platypus import (  # type: ignore[import-untyped]  # it has no types
    LongTable,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
)

_REGULAR, _BOLD = "Vera", "VeraBd"
_INK, _RULE = HexColor("#1b2430"), HexColor("#c3cad4")
_MARGIN = 18 * mm
_LONGEST_CELL = 2000
"""Characters; more does not fit on a page, which a row of a table cannot leave."""


class _Canvas(Protocol):
    """What we use of reportlab's canvas."""

    def setFont(self, name: str, size: float) -> None: ...  # noqa: N802  # reportlab's name

    def drawString(self, x: float, y: float, text: str) -> None: ...  # noqa: N802  # reportlab's name


class _Page(Protocol):
    page: int


@dataclass(frozen=True)
class Section:
    """Rows of text under a heading; ``nothing`` is said where there are none."""

    heading: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    nothing: str = "Nothing on record."


@dataclass(frozen=True)
class Report:
    """``footer`` stands on every page beside its number."""

    title: str
    lines: tuple[str, ...]
    sections: tuple[Section, ...]
    footer: str


def pdf(report: Report) -> bytes:
    """The report on A4 pages. The same report gives the same bytes.

    What the font has no glyph for is written without its accent, or as a question mark.
    """
    styles = _styles()
    parts: list[object] = [_paragraph(report.title, styles["title"])]
    parts += [_paragraph(line, styles["text"]) for line in report.lines]
    for section in report.sections:
        parts += [Spacer(1, 5 * mm), _paragraph(section.heading, styles["heading"])]
        parts.append(_table(section, styles) if section.rows else _paragraph(section.nothing, styles["text"]))
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=_printable(report.title),
        invariant=1,
    )

    def footer(canvas: _Canvas, page: _Page) -> None:
        canvas.setFont(_REGULAR, 7)
        canvas.drawString(_MARGIN, 9 * mm, _printable(f"{report.footer}    Page {page.page}"))

    document.build(parts, onFirstPage=footer, onLaterPages=footer)
    return out.getvalue()


def _table(section: Section, styles: dict[str, object]) -> object:
    head = [_paragraph(each, styles["head"]) for each in section.columns]
    rows = [[_paragraph(cell[:_LONGEST_CELL], styles["cell"]) for cell in row] for row in section.rows]
    width = (A4[0] - 2 * _MARGIN) / len(section.columns)
    return LongTable(
        [head, *rows],
        colWidths=[width] * len(section.columns),
        repeatRows=1,
        splitInRow=1,
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ],
    )


def _paragraph(text: str, style: object) -> object:
    return Paragraph(escape(_printable(text)).replace("\n", "<br/>"), style)


@cache
def _styles() -> dict[str, object]:
    for name in (_REGULAR, _BOLD):
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    sizes = {
        "title": (_BOLD, 15, 20),
        "heading": (_BOLD, 10.5, 15),
        "head": (_BOLD, 7, 9.5),
        "text": (_REGULAR, 8.5, 12),
        "cell": (_REGULAR, 7, 9.5),
    }
    return {
        name: ParagraphStyle(name, fontName=font, fontSize=size, leading=leading, textColor=_INK)
        for name, (font, size, leading) in sizes.items()
    }


def _printable(text: str) -> str:
    _styles()
    glyphs = pdfmetrics.getFont(_REGULAR).face.charToGlyph
    return "".join(each if ord(each) in glyphs or each == "\n" else _plain(each, glyphs) for each in text)


def _plain(character: str, glyphs: object) -> str:
    known = glyphs if isinstance(glyphs, dict) else {}
    plain = "".join(each for each in unicodedata.normalize("NFKD", character) if ord(each) in known)
    return plain or "?"
