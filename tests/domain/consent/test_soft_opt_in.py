"""Four conditions, and never three."""

import pytest

from primoro_campaigns.domain.consent.soft_opt_in import (
    CONDITION_WORDS,
    Condition,
    SoftOptInError,
    in_words,
    require_all,
)


@pytest.mark.parametrize("missing", list(Condition))
def test_l02_each_of_the_four_conditions_is_needed(missing: Condition) -> None:
    with pytest.raises(SoftOptInError) as refused:
        require_all({*Condition} - {missing})
    assert CONDITION_WORDS[missing] in refused.value.advice
    assert sum(words in refused.value.advice for words in CONDITION_WORDS.values()) == 1
    require_all(list(Condition))


def test_l02_the_record_says_when_and_all_that_holds() -> None:
    said = in_words("The patient gave it: when booking a check-up.")
    assert said.startswith("The patient gave it: when booking a check-up. The patient gave it to us")
    assert all(words in said for words in CONDITION_WORDS.values())
