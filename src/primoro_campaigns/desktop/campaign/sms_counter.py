"""How long the text is and what it costs, as one writes it (domain.md C31, S1, S3)."""

from dataclasses import dataclass

from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.campaign.review import ReviewFacts, opt_out_of
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.message import template
from primoro_campaigns.domain.message.sms import SMS_MOST, compose
from primoro_campaigns.domain.message.sms_segments import Encoding, measure, replace_non_gsm


@dataclass(frozen=True)
class SmsCount:
    """``replaceable``: letters could be replaced by plain ones, which would make the text cheaper."""

    words: str
    replaceable: bool = False


def count_sms(content: Content, facts: ReviewFacts) -> SmsCount:
    """Counted as the longest recipient gets it: names filled in, the practice named, the way out added."""
    if not content.sms_body.strip():
        return SmsCount("The practice's name and the words on how to opt out are added and count too.")
    values = {**template.FIELD_SAMPLES, template.Field.PRACTICE_NAME: facts.practice_name, **facts.longest}
    try:
        longest = template.parse(content.sms_body).longest(values)
        text = compose(longest, facts.practice_name, opt_out_of(content.purpose, facts))
    except PrimoroError:
        return SmsCount("The text cannot be counted yet: a field is not complete.")
    found = measure(text)
    texts = "1 text" if found.segments == 1 else f"{found.segments} texts"
    words = f"{found.characters} of {SMS_MOST} characters, {texts} for each patient"
    if found.encoding is Encoding.GSM_7:
        return SmsCount(words)
    plain = replace_non_gsm(content.sms_body)
    replaceable = bool(plain.changed) and not plain.kept
    return SmsCount(f"{words}. A letter outside the plain alphabet makes it longer to send.", replaceable)
