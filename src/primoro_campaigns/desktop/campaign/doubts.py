"""The question about messages that are not certain: whose they are, and what each answer would do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from primoro_campaigns.desktop.campaign.words import address_words, channel_words, number
from primoro_campaigns.desktop.local.campaigns import RecipientRow
from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.delivery.doubt import ANSWERS, CHOICE_RIGHTS, Choice
from primoro_campaigns.domain.ids import DeliveryId

_MOST_NAMES = 6

_NOT_YOURS = {
    Right.MANAGE: "Your role does not include managing campaigns.",
    Right.APPROVE: "Your role does not include approving campaigns for sending.",
}
_AWAY = "The server cannot be reached, and only the server sends. You can choose this when it is back."


@dataclass(frozen=True)
class Option:
    """One answer. ``does`` are its consequences, ``ok`` names the act; ``why_not`` is empty where it may be
    chosen.
    """

    choice: Choice
    label: str
    does: str
    ok: str
    why_not: str = ""


@dataclass(frozen=True)
class Question:
    """``people`` are the first of them by name; ``more`` says how many others there are."""

    title: str
    lead: str
    people: tuple[str, ...]
    more: str
    options: tuple[Option, ...]
    line_ids: tuple[DeliveryId, ...]


def question(lines: Sequence[RecipientRow], may: Callable[[Right], bool], *, online: bool) -> Question:
    """What to ask about ``lines``, of which there is at least one."""
    amount = len(lines)
    messages = number(amount, "message", "messages")
    others = amount - _MOST_NAMES
    return Question(
        title=f"What became of {messages if amount > 1 else 'this message'}?",
        lead=meaning(amount),
        people=tuple(_person(each) for each in lines[:_MOST_NAMES]),
        more=f"and {number(others, 'more', 'more')}" if others > 0 else "",
        options=(
            _ask(lines, may),
            Option(
                Choice.SENT,
                "&Count as sent",
                "Nothing more goes out. A patient whom it did not reach hears nothing of this campaign.",
                f"Count {messages} as sent",
                _lacks(Choice.SENT, may),
            ),
            Option(
                Choice.AGAIN,
                "Send a&gain",
                "A patient whom the first one did reach gets it twice. Before it goes, the server asks again"
                " whether they may be written to.",
                f"Send {messages} again",
                _lacks(Choice.AGAIN, may) or ("" if online else _AWAY),
            ),
        ),
        line_ids=tuple(each.delivery_id for each in lines),
    )


def meaning(amount: int) -> str:
    """What it means that so many messages are not certain."""
    if amount == 1:
        return (
            "The sending broke off while it was leaving. It may have reached the patient or not; it is not"
            " sent again by itself."
        )
    return (
        "The sending broke off while they were leaving. Each may have reached its patient or not; nothing is"
        " sent again by itself."
    )


def open_to(lines: Sequence[RecipientRow], may: Callable[[Right], bool]) -> str:
    """Why nothing can be decided about these here; empty when it can."""
    if not lines:
        return "Select a patient whose message is not certain."
    return "" if any(may(right) for right in CHOICE_RIGHTS.values()) else _NOT_YOURS[Right.MANAGE]


def _ask(lines: Sequence[RecipientRow], may: Callable[[Right], bool]) -> Option:
    asked = sum(each.channel in ANSWERS for each in lines)
    silent = len(lines) - asked
    does = "It keeps a list of what it took, and answers within minutes. Nothing is sent."
    why_not = _lacks(Choice.ASK, may)
    if not asked:
        does, why_not = "", why_not or "A mail server cannot be asked what it took."
    elif silent:
        does += f" The {number(silent, 'e-mail', 'e-mails')} among them stay as they are."
    return Option(
        Choice.ASK, "&Ask the text gateway", does, f"Ask about {number(asked, 'text', 'texts')}", why_not
    )


def _lacks(choice: Choice, may: Callable[[Right], bool]) -> str:
    right = CHOICE_RIGHTS[choice]
    return "" if may(right) else _NOT_YOURS[right]


def _person(line: RecipientRow) -> str:
    name = line.name or "Record no longer here"
    if line.channel is None:
        return name
    return f"{name}, by {channel_words(line.channel)} to {address_words(line.channel, line.address)}"
