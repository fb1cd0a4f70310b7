"""The whole text: who writes, the words, the way out."""

import pytest

from primoro_campaigns.domain.message.sms import STOP_WORDS, NoWayOutError, compose, opt_out_words

PRACTICE = "Riverside Dental"


def test_s3_the_opt_out_words_are_part_of_the_text() -> None:
    text = compose("Free check-ups at Riverside Dental in May.", PRACTICE, STOP_WORDS)
    assert text == "Free check-ups at Riverside Dental in May.\nReply STOP to opt out"


def test_l15_a_text_that_does_not_say_who_writes_gets_the_name() -> None:
    assert compose(" Free check-ups in May. ", PRACTICE, "") == "Riverside Dental: Free check-ups in May."
    assert compose("RIVERSIDE DENTAL is closed today.", PRACTICE, "") == "RIVERSIDE DENTAL is closed today."


def test_s8_a_sender_that_takes_no_replies_needs_a_link() -> None:
    assert opt_out_words(takes_replies=True) == STOP_WORDS
    assert (
        opt_out_words(takes_replies=False, link="https://p.example/u/x") == "Opt out: https://p.example/u/x"
    )
    with pytest.raises(NoWayOutError) as refused:
        opt_out_words(takes_replies=False)
    assert refused.value.code == "message.no_way_out"
