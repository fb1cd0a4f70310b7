"""Texts and what they cost, against 3GPP TS 23.038 and TS 23.040."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.message.sms_segments import (
    GSM_BASIC,
    GSM_EXTENSION,
    Encoding,
    encoding_of,
    measure,
    replace_non_gsm,
    split,
)

EMOJI = "\U0001f600"
texts = st.text(st.sampled_from([*GSM_BASIC]), max_size=400) | st.text(max_size=200)
mixed = texts | st.text(st.sampled_from(["a", "€", EMOJI, "ë", "’", "\n"]), max_size=400)


@pytest.mark.parametrize(
    ("letter", "times", "segments"),
    [
        ("a", 1, 1),
        ("a", 160, 1),
        ("a", 161, 2),
        ("a", 306, 2),
        ("a", 307, 3),
        ("a", 260, 2),
        ("a", 459, 3),
        ("ë", 70, 1),
        ("ë", 71, 2),
        ("ë", 134, 2),
        ("ë", 135, 3),
        ("ë", 260, 4),
        ("€", 80, 1),
        ("€", 81, 2),
        ("€", 152, 2),
        ("€", 153, 3),
        (EMOJI, 35, 1),
        (EMOJI, 36, 2),
        (EMOJI, 66, 2),
        (EMOJI, 67, 3),
    ],
)
def test_s1_segments(letter: str, times: int, segments: int) -> None:
    assert measure(letter * times).segments == segments


def test_s1_one_letter_outside_the_alphabet_turns_all_of_it() -> None:
    assert measure("a" * 160).encoding is Encoding.GSM_7
    turned = measure("a" * 159 + "’")
    assert (turned.encoding, turned.units, turned.segments) == (Encoding.UCS_2, 160, 3)


def test_s1_the_alphabet_is_the_whole_table() -> None:
    assert len(GSM_BASIC) == len(set(GSM_BASIC)) == 127
    assert len(GSM_EXTENSION) == len(set(GSM_EXTENSION)) == 10
    assert not set(GSM_BASIC) & set(GSM_EXTENSION)
    # Places in the table of TS 23.038, section 6.2.1; behind the escape at 0x1B all stand one place lower.
    for place, letter in {
        0x00: "@",
        0x0A: "\n",
        0x10: "Δ",
        0x1A: "Ξ",
        0x20: " ",
        0x40: "¡",
        0x7F: "à",
    }.items():
        assert GSM_BASIC[place - (place > 0x1B)] == letter
    for letter in "0Az":
        assert GSM_BASIC[ord(letter) - 1] == letter


@pytest.mark.parametrize("letter", list("ç`áíóúâêîôûëïÿœ’“–…•\t"))
def test_s1_these_are_not_in_it(letter: str) -> None:
    assert encoding_of(letter) is Encoding.UCS_2


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 152 + "€" + "b" * 10, ["a" * 152, "€" + "b" * 10]),
        ("ë" * 66 + EMOJI + "b" * 10, ["ë" * 66, EMOJI + "b" * 10]),
        ("a" * 160, ["a" * 160]),
        ("", []),
    ],
)
def test_s2_no_pair_is_cut_in_two(text: str, parts: list[str]) -> None:
    assert split(text) == parts


@given(mixed)
def test_s2_parts_fit_and_are_the_whole_text(text: str) -> None:
    parts, whole = split(text), measure(text)
    assert "".join(parts) == text
    assert whole.segments == len(parts)
    room = {Encoding.GSM_7: (160, 153), Encoding.UCS_2: (70, 67)}[whole.encoding][len(parts) > 1]
    for part in parts:
        if whole.encoding is Encoding.UCS_2:
            used = len(part.encode("utf-16-be", "surrogatepass")) // 2
        else:
            used = len(part) + sum(part.count(each) for each in GSM_EXTENSION)
        assert 0 < used <= room
    assert 0 <= whole.left <= room


@given(mixed, mixed)
def test_a_longer_text_never_costs_less(text: str, more: str) -> None:
    assert measure(text).segments <= measure(text + more).segments


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("We’re “open” – come in…", 'We\'re "open" - come in...'),
        ("Zoë and François", "Zoe and Francois"),
        ("Café at 5\u00a0pm", "Café at 5 pm"),
        ("Zoe\u0308", "Zoe"),
        ("Smile™", "SmileTM"),
        ("Łódź", "Lodz"),
    ],
)
def test_letters_that_make_a_text_dearer_are_replaced(text: str, better: str) -> None:
    found = replace_non_gsm(text)
    assert found.text == better
    assert found.kept == ()
    assert encoding_of(found.text) is Encoding.GSM_7


@pytest.mark.parametrize("text", ["10½", "10²"])
def test_a_number_never_becomes_another_number(text: str) -> None:
    assert replace_non_gsm(text).text == text


def test_what_has_no_likeness_is_kept_and_named() -> None:
    found = replace_non_gsm(f"Smile {EMOJI}, it’s free")
    assert found.text == f"Smile {EMOJI}, it's free"
    assert found.kept == (EMOJI,)
    assert found.changed == {"’": "'"}


@given(mixed)
def test_replacing_twice_changes_nothing_and_never_costs_more(text: str) -> None:
    once = replace_non_gsm(text)
    assert replace_non_gsm(once.text).text == once.text
    assert (encoding_of(once.text) is Encoding.GSM_7) == (not once.kept)
    if not once.kept and encoding_of(text) is Encoding.UCS_2 and len(once.text) <= len(text):
        assert measure(once.text).segments <= measure(text).segments


@given(texts)
def test_gsm_text_is_left_alone(text: str) -> None:
    if encoding_of(text) is Encoding.GSM_7:
        assert replace_non_gsm(text).text == text
