"""What keeps a campaign from being submitted: everything at once, by field (domain.md M17)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from primoro_campaigns.domain.audience import check
from primoro_campaigns.domain.audience.rule import place
from primoro_campaigns.domain.campaign import lawful_basis, wording
from primoro_campaigns.domain.campaign.model import CHANNELS, Content, Kind, Receives, Timing
from primoro_campaigns.domain.consent.model import MARKETING, Channel, Purpose
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.message import sms, template
from primoro_campaigns.domain.message.email import BODY_LEAST, SUBJECT_LEAST
from primoro_campaigns.domain.patient.email_address import is_valid

SELECTION_LIMIT = 500
"""Patients selected for one send, before exclusions (domain.md M07, 2.1); a setting of the organisation."""


@dataclass(frozen=True)
class ReviewFacts:
    """What the review needs to know beside the content.

    ``longest`` holds, of each merge field, the longest value among the recipients; what is missing is taken
    from the samples. ``practice_name`` is the longest where several practices send. ``sms_takes_replies`` is
    False for a sender that is a name; then ``sms_link`` is the opt-out link as it will stand in the text, or
    empty. ``selected`` is None while it is not known.
    """

    now: datetime
    today: date
    practice_name: str
    longest: Mapping[template.Field, str] = field(default_factory=dict)
    sms_takes_replies: bool = True
    sms_link: str = ""
    selected: int | None = None
    selection_limit: int = SELECTION_LIMIT


@dataclass(frozen=True)
class Problem:
    """One thing to put right.

    ``field`` is a field of ``Content``; ``blocks`` False is only something to know.
    """

    field: str
    title: str
    advice: str
    code: str
    blocks: bool = True


class ContentRefusedError(PrimoroError):
    """A campaign was submitted with problems that block it. ``problems`` are all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        more = f" There are {len(problems)} things to put right." if len(problems) > 1 else ""
        super().__init__(first.title, f"Nothing was sent. {first.advice}{more}", first.code)
        self.problems = tuple(problems)


def require_sendable(content: Content, facts: ReviewFacts) -> None:
    """Raise ``ContentRefusedError`` when anything blocks the submit."""
    blocking = [each for each in review(content, facts) if each.blocks]
    if blocking:
        raise ContentRefusedError(blocking)


def review(content: Content, facts: ReviewFacts) -> tuple[Problem, ...]:
    """Every problem, in the order of the form.

    An audience that is empty is the caller's to tell: it needs a count.
    """
    channels = CHANNELS[content.channel_policy]
    found = [
        *_name(content),
        *_audience(content, facts),
        *_basis(content),
        *_timing(content, facts),
        *_recurrence(content),
    ]
    if Channel.EMAIL in channels:
        found += _email(content)
    if Channel.SMS in channels:
        found += _sms(content, facts)
    return (*found, *_words(content, channels))


def batches(selected: int, limit: int = SELECTION_LIMIT) -> int:
    """Into how many paced sends a selection is offered to be split."""
    return -(-selected // limit)


def _name(content: Content) -> Iterator[Problem]:
    if not content.name.strip():
        yield Problem(
            "name", "The campaign has no name.", "Give it a name; patients never see it.", "campaign.no_name"
        )


def _audience(content: Content, facts: ReviewFacts) -> Iterator[Problem]:
    for each in check.problems(content.audience, facts.today):
        yield Problem("audience", f"{place(each.path)}: {each.words}", "Correct the rule.", each.code)
    one_send = content.kind in (Kind.ONE_OFF, Kind.NEWSLETTER)
    if one_send and facts.selected is not None and facts.selected > facts.selection_limit:
        yield Problem(
            "audience",
            f"{facts.selected} patients are selected; one send takes {facts.selection_limit}.",
            f"It is sent in {batches(facts.selected, facts.selection_limit)} batches, one after the other.",
            "campaign.over_limit",
            blocks=False,
        )


def _basis(content: Content) -> Iterator[Problem]:
    match lawful_basis.missing(content):
        case "lawful_basis" as field:
            yield Problem(
                field,
                "A rule uses data on patients' health, and why that is lawful is not on record.",
                "Choose the reason below the rules, or take the rule out.",
                "campaign.no_lawful_basis",
            )
        case "lawful_basis_note" as field:
            yield Problem(
                field,
                "Which other reason makes it lawful is not on record.",
                "Write it down in the note, or choose another reason.",
                "campaign.no_lawful_basis",
            )


def _timing(content: Content, facts: ReviewFacts) -> Iterator[Problem]:
    if content.timing is not Timing.SCHEDULED:
        return
    if content.scheduled_at is None:
        yield Problem(
            "scheduled_at", "The day and time of the send are missing.", "Choose them.", "campaign.no_time"
        )
    elif content.scheduled_at <= facts.now:
        yield Problem(
            "scheduled_at",
            "The time of the send has passed.",
            "Choose a time to come, or send it as soon as it is approved.",
            "campaign.time_passed",
        )


def _recurrence(content: Content) -> Iterator[Problem]:
    """Without a cool-down, who falls out of the rules and in again would be written to day after day
    (domain.md C23).
    """
    if content.kind is not Kind.ONGOING or content.receives is not Receives.EVERY_TIME:
        return
    if content.cool_down_days < 1:
        yield Problem(
            "cool_down_days",
            "A patient could get this again and again.",
            "Say how many days at least lie between two messages to one patient.",
            "campaign.no_cool_down",
        )


def _email(content: Content) -> Iterator[Problem]:
    yield from _merge_fields("subject", content.subject)
    yield from _merge_fields("preview_text", content.preview_text)
    yield from _merge_fields("email_body", content.email_body)
    subject, body = _shortest(content.subject), _shortest(content.email_body)
    if subject is not None and len(subject) < SUBJECT_LEAST:
        yield Problem(
            "subject",
            f"The subject is shorter than {SUBJECT_LEAST} characters.",
            "Say in a few words what the message is about.",
            "campaign.subject_short",
        )
    if body is not None and len(body) < BODY_LEAST:
        yield Problem(
            "email_body",
            f"The e-mail is shorter than {BODY_LEAST} characters.",
            "Write what patients should know.",
            "campaign.email_short",
        )
    if content.reply_to and not is_valid(content.reply_to):
        yield Problem(
            "reply_to",
            "The address for replies is not an e-mail address.",
            "Correct it, or leave it empty for the practice's own.",
            "campaign.reply_to_invalid",
        )


def _sms(content: Content, facts: ReviewFacts) -> Iterator[Problem]:
    yield from _merge_fields("sms_body", content.sms_body)
    shortest = _shortest(content.sms_body)
    if shortest is not None and len(shortest) < sms.SMS_LEAST:
        yield Problem(
            "sms_body",
            f"The text is shorter than {sms.SMS_LEAST} characters.",
            "Write what patients should know.",
            "campaign.sms_short",
        )
    try:
        opt_out = opt_out_of(content.purpose, facts)
    except sms.NoWayOutError as missing:
        yield Problem(
            "sms_body", missing.title, missing.advice.removeprefix("Nothing was sent. "), missing.code
        )
        return
    parsed = template.parse(content.sms_body)
    if not _readable(parsed):
        return
    longest = parsed.longest(
        {**template.FIELD_SAMPLES, template.Field.PRACTICE_NAME: facts.practice_name, **facts.longest}
    )
    length = len(sms.compose(longest, facts.practice_name, opt_out))
    if length > sms.SMS_MOST:
        yield Problem(
            "sms_body",
            f"The text has up to {length} characters with the names filled in; {sms.SMS_MOST} is the most.",
            f"Take out {length - sms.SMS_MOST}. The practice's name and the opt-out words count too.",
            "campaign.sms_long",
        )


def opt_out_of(purpose: Purpose, facts: ReviewFacts) -> str:
    """The opt-out words that a text for this purpose carries; none for important notifications."""
    return sms.opt_out_words(facts.sms_takes_replies, facts.sms_link) if purpose in MARKETING else ""


def _readable(parsed: template.Template) -> bool:
    return all(each.code == "no_fallback" for each in parsed.problems)


def _shortest(source: str) -> str | None:
    """The author's words at about their shortest, trimmed; None while they cannot be read."""
    parsed = template.parse(source)
    if not _readable(parsed):
        return None
    fallbacks = {
        each.field: each.fallback
        for each in parsed.segments
        if isinstance(each, template.Merge) and each.fallback is not None
    }
    return parsed.render({**template.FIELD_SAMPLES, **fallbacks}).strip()


def _merge_fields(name: str, source: str) -> Iterator[Problem]:
    for each in template.parse(source).problems:
        yield Problem(name, each.words, f"It is at character {each.start + 1}.", f"message.{each.code}")


_WHERE: Mapping[str, str] = {
    "subject": "The subject",
    "preview_text": "The preview text",
    "email_body": "The e-mail",
    "sms_body": "The text",
    "from_name": "The name of the sender",
}
_BY_CHANNEL: Mapping[Channel, tuple[str, ...]] = {
    Channel.EMAIL: ("subject", "preview_text", "email_body", "from_name"),
    Channel.SMS: ("sms_body",),
}
_SEEN_BY_OTHERS = frozenset({"subject", "preview_text", "sms_body", "from_name"})


def _words(content: Content, channels: Sequence[Channel]) -> Iterator[Problem]:
    for name in (name for channel in channels for name in _BY_CHANNEL[channel]):
        words: str = getattr(content, name)
        if found := wording.prescription_only(words):
            yield Problem(
                name,
                f"{_WHERE[name]} advertises a prescription-only medicine: {wording.quoted(found)}.",
                "Take the words out: the law forbids it in every medium. Invite to a consultation instead.",
                "campaign.prescription_only",
            )
        if content.purpose is Purpose.IMPORTANT and (found := wording.promotional(words)):
            yield Problem(
                name,
                f"{_WHERE[name]} of an important notification promotes: {wording.quoted(found)}.",
                "Take the words out, or change the reason of the campaign to promotions.",
                "campaign.promotional",
            )
        if name in _SEEN_BY_OTHERS and (found := wording.clinical(words)):
            yield Problem(
                name,
                f"{_WHERE[name]} tells of a patient's health, where others see it: {wording.quoted(found)}.",
                "Take the words out, and ask the patient to call or to sign in instead.",
                "campaign.clinical",
            )
        if wording.names_campaign(words, content.name):
            yield Problem(
                name,
                f"{_WHERE[name]} holds the internal name of the campaign.",
                "Take it out, or give the campaign another name.",
                "campaign.name_in_message",
            )
