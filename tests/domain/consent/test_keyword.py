"""Texts that patients send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.consent.keyword import MEANINGS, Keyword, read

ALWAYS_STOP = ["STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "REVOKE", "OPTOUT", "OPT-OUT", "REMOVE"]
MAY_ANSWER = ["CANCEL", "END", "QUIT"]


@pytest.mark.parametrize("word", ALWAYS_STOP)
@pytest.mark.parametrize("answers", [True, False])
def test_s4_stop_words_opt_out_whatever_was_sent_before(word: str, answers: bool) -> None:
    for written in (word, word.lower(), f"  {word.capitalize()}. ", f"“{word}”!", f"\n{word}\r\n"):
        assert read(written, answers_service_message=answers) is Keyword.STOP


@pytest.mark.parametrize("word", MAY_ANSWER)
def test_s5_cancel_answers_a_reminder(word: str) -> None:
    assert read(word) is Keyword.STOP
    assert read(word, answers_service_message=True) is None


@pytest.mark.parametrize("word", sorted(MEANINGS))
def test_s5_a_service_message_takes_words_away_and_gives_none_a_new_meaning(word: str) -> None:
    answer = read(word, answers_service_message=True)
    assert answer is None or answer is read(word)
    assert (answer is None) == (word in {*MAY_ANSWER, "YES"})


@pytest.mark.parametrize(
    "text",
    [
        "please stop by at 3",
        "Don't stop",
        "stop it Ann",
        "",
        "...",
        "YES",
        "yes please",
        "ok",
        "cancel my appointment",
        "all stop",
        "nonstop",
        "S T O P",
    ],
)
def test_s4_only_the_whole_message_counts(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "keyword"),
    [("start", Keyword.START), ("UNSTOP!", Keyword.START), ("Help", Keyword.HELP), ("info?", Keyword.HELP)],
)
def test_s6_start_and_help(text: str, keyword: Keyword) -> None:
    assert read(text) is keyword
    assert read(text, answers_service_message=True) is keyword


@given(st.text(max_size=30))
def test_anything_can_be_texted(text: str) -> None:
    assert read(text) in (None, *Keyword)
    assert read(f"{text} hello there") is None
