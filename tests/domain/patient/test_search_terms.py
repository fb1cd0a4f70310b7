"""What is typed at the front desk, and that it finds the patient it means."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.patient.search_terms import (
    COLUMNS,
    MOST_TOKENS,
    SearchText,
    Token,
    TokenKind,
    fold,
    search_text,
    tokens,
)

TODAY = date(2026, 3, 3)


def name(text: str) -> Token:
    return Token(TokenKind.NAME, text)


def digits(text: str) -> Token:
    return Token(TokenKind.DIGITS, text)


def day(text: str) -> Token:
    return Token(TokenKind.DATE, text)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ()),
        ("  '-. ", ()),
        ("o'brien", (name("obrien"),)),
        ("O’Brien", (name("obrien"),)),
        ("ann smi", (name("ann"), name("smi"))),
        ("Smith-Jones, Zoë", (name("smith"), name("jones"), name("zoe"))),
        ("MÜLLER Straße Łódź", (name("muller"), name("strasse"), name("lodz"))),
        ("12/03/1980", (day("19800312"),)),
        ("1.2.80", (day("19800201"),)),
        ("1-2-2026", (day("20260201"),)),
        ("1980-03-12", (day("19800312"),)),
        ("12 March 1980", (day("19800312"),)),
        ("3rd mar 80", (day("19800303"),)),
        ("12031980", (day("19800312"),)),
        ("12/03", (day("0312"),)),
        ("12/03/", (day("0312"),)),
        ("12/03/19", (day("0312"),)),
        ("12/03/198", (day("0312"),)),
        ("29/02", (day("0229"),)),
        ("01/02/25", (day("20250201"),)),
        ("01/02/27", (day("19270201"),)),
        ("smith 12/03/1980", (day("19800312"), name("smith"))),
        ("07700 900123", (digits("7700900123"),)),
        ("+44 (0)7700 900123", (digits("447700900123"),)),
        ("+44 7700", (digits("447700"),)),
        ("0044 7700 900123", (digits("447700900123"),)),
        ("(020) 8366 1177", (digits("2083661177"),)),
        ("900123", (digits("900123"),)),
        ("1980", (digits("1980"),)),
        ("0", ()),
        ("Ann.Smith@Exam", (Token(TokenKind.EMAIL, "ann smith exam"),)),
        ("ann smith@example.com", (Token(TokenKind.EMAIL, "smith example com"), name("ann"))),
    ],
)
def test_what_is_typed(typed: str, expected: tuple[Token, ...]) -> None:
    assert tokens(typed, TODAY) == expected


@pytest.mark.parametrize("typed", ["31/02/1980", "99/99", "45/45/1980"])
def test_what_is_no_date_is_looked_up_as_digits(typed: str) -> None:
    assert {each.kind for each in tokens(typed, TODAY)} == {TokenKind.DIGITS}


def found(typed: str, text: SearchText) -> bool:
    """What an index of word beginnings answers."""
    words = {each: getattr(text, each).split() for each in ("names", "born", "digits", "email")}

    def in_column(run: list[str], column: list[str]) -> bool:
        return any(
            column[at : at + len(run) - 1] == run[:-1]
            and len(column) >= at + len(run)
            and column[at + len(run) - 1].startswith(run[-1])
            for at in range(len(column))
        )

    looked_for = tokens(typed, TODAY)
    return bool(looked_for) and all(
        any(in_column(token.text.split(), words[column]) for column in COLUMNS[token.kind])
        for token in looked_for
    )


PATIENT = search_text(
    ["Siân", "O'Brien-Núñez", "Mrs"],
    date(1980, 3, 12),
    ["+447700900123", "+442083661177", "+16175550134"],
    ["sian.obrien@example.co.uk"],
)


@pytest.mark.parametrize(
    "typed",
    [
        "sian",
        "Siân",
        "obrien",
        "o'brien",
        "o brien",
        "brien",
        "nunez",
        "o'brien-nunez",
        "obriennunez",
        "sia o'b",
        "12/03/1980",
        "12/3/80",
        "12/03",
        "1980",
        "12031980",
        "12 mar 1980",
        "07700 900123",
        "07700",
        "7700 900",
        "+447700900123",
        "0044 77",
        "900123",
        "020 8366",
        "617 555",
        "+1617",
        "sian.obrien@example.co.uk",
        "sian.obr",
        "sian.obrien@",
        "sian.obrien@exa",
        "obrien 12/03/1980 07700",
    ],
)
def test_all_of_these_find_her(typed: str) -> None:
    assert found(typed, PATIENT)


@pytest.mark.parametrize(
    "typed", ["smith", "sian smith", "13/03/1980", "07700 900124", "bob@example.co.uk", "1981"]
)
def test_none_of_these_find_her(typed: str) -> None:
    assert not found(typed, PATIENT)


letters = st.text(st.characters(categories=["Lu", "Ll", "Lo"], max_codepoint=0x24F), min_size=1, max_size=12)


@given(st.lists(letters, min_size=1, max_size=3), st.sampled_from(["-", "'", "’", " "]), st.data())
def test_every_beginning_of_every_name_finds_its_patient(
    parts: list[str], glue: str, data: st.DataObject
) -> None:
    whole = glue.join(parts)
    typed = whole[: data.draw(st.integers(1, len(whole)))]
    if tokens(typed, TODAY):
        assert found(typed, search_text([whole], None, [], []))
        assert found(typed.upper(), search_text([whole], None, [], []))


@given(st.dates(date(1900, 1, 1), TODAY))
def test_every_way_to_write_a_day_finds_it(born_on: date) -> None:
    text = search_text([], born_on, [], [])
    for style in ("%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d%m%Y", "%d %B %Y", "%d/%m", "%Y"):
        assert found(born_on.strftime(style), text), style


@given(st.from_regex(r"\+44[1-9][0-9]{9}", fullmatch=True), st.data())
def test_every_beginning_of_a_number_finds_it(e164: str, data: st.DataObject) -> None:
    national = "0" + e164[3:]
    typed = national[: data.draw(st.integers(2, 7))]
    assert found(typed, search_text([], None, [e164], []))
    assert found(e164[:8], search_text([], None, [e164], []))


@given(st.text(max_size=60))
def test_anything_can_be_typed(typed: str) -> None:
    answer = tokens(typed, TODAY)
    assert len(answer) <= MOST_TOKENS
    for token in answer:
        assert token.text
        assert all(word.isalnum() for word in token.text.split())


def test_a_whole_letter_is_not_read_as_a_search() -> None:
    assert len(tokens(" ".join(f"word{each}x" for each in "abcdefghijklmnop"), TODAY)) == MOST_TOKENS


@given(st.text(max_size=20))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_nothing_on_file_is_nothing_to_index() -> None:
    assert search_text([], None, [], []) == SearchText("", "", "", "")
