"""A report as a PDF: it can be read back, is the same each time, and takes any text."""

import re

from primoro_campaigns.documents.report import Report, Section, pdf

REPORT = Report(
    "A copy of your data",
    ("Bridge Street Dental holds this about you.",),
    (
        Section("Contacts", ("When", "What"), [("03/03/2026", "Spring offer")]),
        Section("Calls", ("When", "What"), []),
    ),
    "Bridge Street Dental",
)


def pages(content: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", content))


def test_a_report_is_a_pdf_with_its_title_and_the_same_each_time() -> None:
    content = pdf(REPORT)
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert b"A copy of your data" in content
    assert pages(content) == 1
    assert pdf(REPORT) == content


def test_a_long_report_goes_on_over_the_pages() -> None:
    rows = [(f"{number:02}/03/2026", "A message\nof two lines") for number in range(1, 100)]
    assert pages(pdf(Report("Long", (), (Section("Contacts", ("When", "What"), rows),), "x"))) > 3


def test_any_text_is_taken() -> None:
    odd = "Małgorzata <b>&amp; Siân\n日本語 🙂\x00 " + "x" * 5000
    assert pages(pdf(Report(odd[:60], (odd,), (Section(odd[:30], ("a",), [(odd,)]),), odd[:20]))) >= 1
