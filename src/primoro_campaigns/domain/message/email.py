"""An e-mail as it leaves: its subject, its text part and its HTML part, from plain words.

Strings only: headers, MIME and sending are the server's.
"""

import re
from dataclasses import dataclass
from html import escape

SUBJECT_LEAST = 5
"""Characters, after trimming (domain.md M14, EM8)."""

BODY_LEAST = 20
"""Characters, after trimming (domain.md M15, EM8)."""


@dataclass(frozen=True)
class Practice:
    """Who writes (domain.md L15).

    ``address`` is the postal address in one line; it and ``phone`` may be empty.
    """

    name: str
    address: str = ""
    phone: str = ""


@dataclass(frozen=True)
class EmailParts:
    """What the two parts of the message hold. The subject is one line."""

    subject: str
    text: str
    html: str


def compose(
    subject: str,
    body: str,
    practice: Practice,
    preview_text: str = "",
    unsubscribe_url: str = "",
    preferences_url: str = "",
) -> EmailParts:
    """Both parts for one patient, from the rendered subject and body.

    The body is plain text: a blank line parts paragraphs, web addresses become links, nothing is read as
    HTML. ``unsubscribe_url`` is empty for important notifications alone; promotions and newsletters always
    have one. ``preferences_url`` is where the patient chooses what else to get.
    """
    paragraphs = _paragraphs(body)
    return EmailParts(
        subject=one_line(subject),
        text=_text_part(paragraphs, practice, unsubscribe_url, preferences_url),
        html=_html_part(
            *(one_line(subject), paragraphs, practice, one_line(preview_text)),
            *(unsubscribe_url, preferences_url),
        ),
    )


def one_line(text: str) -> str:
    """Without line breaks and control characters, so that it can stand in a header."""
    if not text.isprintable():
        text = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(text.split())


def _paragraphs(body: str) -> list[list[str]]:
    lines = [each.strip() for each in re.split(r"\r\n|\r|\n", body.strip())]
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [each for each in paragraphs if each]


def _text_part(
    paragraphs: list[list[str]], practice: Practice, unsubscribe_url: str, preferences_url: str
) -> str:
    footer = [practice.name, *[each for each in (practice.address, practice.phone) if each]]
    if unsubscribe_url:
        footer += ["", "You can stop these messages at any time:", unsubscribe_url]
    if preferences_url:
        footer += ["", "Choose what we send you:", preferences_url]
    blocks = ["\n".join(each) for each in paragraphs]
    # "-- " with its blank is the mark of a signature (RFC 3676, section 4.3).
    return "\n\n".join([*blocks, "-- \n" + "\n".join(footer)]) + "\n"


_PAGE = """\
<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{subject}</title>
</head>
<body style="margin:0;padding:0;background:#f4f5f7;">
{preview}<div style="max-width:600px;margin:0 auto;padding:24px;background:#ffffff;{font}font-size:16px;\
line-height:1.5;color:#1f2933;">
{body}
</div>
<div style="max-width:600px;margin:0 auto;padding:16px 24px;{font}font-size:13px;line-height:1.5;\
color:#52606d;">
{footer}
</div>
</body>
</html>
"""
_FONT = "font-family:Arial,Helvetica,sans-serif;"
_PARAGRAPH = '<p style="margin:0 0 16px;">{}</p>'
_PREVIEW = '<div style="display:none;max-height:0;overflow:hidden;">{}</div>\n'


def _html_part(
    subject: str,
    paragraphs: list[list[str]],
    practice: Practice,
    preview_text: str,
    unsubscribe_url: str,
    preferences_url: str,
) -> str:
    footer = "<br>\n".join(escape(each) for each in (practice.name, practice.address, practice.phone) if each)
    if unsubscribe_url:
        footer += (
            f'\n<p style="margin:8px 0 0;"><a href="{escape(unsubscribe_url)}" style="color:#52606d;">'
            "Unsubscribe</a>: stop these messages at any time.</p>"
        )
    if preferences_url:
        footer += (
            f'\n<p style="margin:8px 0 0;"><a href="{escape(preferences_url)}" style="color:#52606d;">'
            "Choose what we send you</a></p>"
        )
    return _PAGE.format(
        subject=escape(subject),
        preview=_PREVIEW.format(escape(preview_text)) if preview_text else "",
        font=_FONT,
        body="\n".join(
            f'<p style="margin:0 0 16px;">{"<br>".join(map(_linked, each))}</p>' for each in paragraphs
        ),
        footer=footer,
    )


_LINK = re.compile(r"""https?://[^\s<>"']+""", re.IGNORECASE)


def _linked(line: str) -> str:
    """The line escaped, with its web addresses as links. Only http and https ever become one."""
    done, pieces = 0, []
    for match in _LINK.finditer(line):
        url = _without_trailing_marks(match[0])
        pieces.append(escape(line[done : match.start()]))
        pieces.append(f'<a href="{escape(url)}">{escape(url)}</a>')
        done = match.start() + len(url)
    return "".join([*pieces, escape(line[done:])])


def _without_trailing_marks(url: str) -> str:
    """A full stop or bracket behind an address is the sentence's, unless the address opened the bracket."""
    while url[-1] in ".,;:!?)]":
        if url[-1] == ")" and url.count("(") >= url.count(")"):
            break
        url = url[:-1]
    return url
