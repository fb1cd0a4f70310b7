"""What a patient chooses on the preferences page: for each purpose and channel, without signing in."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from primoro_campaigns.domain.consent.model import MARKETING, Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.errors import SuppressedError
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.standing import Way, standing
from primoro_campaigns.server.consent.suppression import KIND_OF, AddressKind
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery import service as delivery
from primoro_campaigns.server.delivery.service import Addressee

PURPOSE_LABEL: Mapping[Purpose, str] = {
    Purpose.PROMOTIONS: "Information about products, services and promotions",
    Purpose.NEWSLETTERS: "Newsletters",
}
CHANNEL_LABEL: Mapping[Channel, str] = {
    Channel.EMAIL: "by e-mail",
    Channel.SMS: "by text message",
    Channel.WHATSAPP: "by WhatsApp",
    Channel.APP: "in the patient app",
}
"""The words beside a tick. After those of its purpose they are a permission's wording (domain.md L05)."""

_ALWAYS_SHOWN = frozenset({Channel.EMAIL, Channel.SMS})
_CLOSED = {
    AddressKind.EMAIL: "We may not use your e-mail address any more. "
    "Please tell the practice which one is right.",
    AddressKind.MOBILE: "Your number answered STOP. Text START to the number that our texts came from, "
    "and we may write again.",
}
_HOW = "Chosen on the preferences page."
_SOURCE = ConsentSource.PREFERENCE_PAGE


@dataclass(frozen=True)
class Tick:
    """``value`` stands for the way in the form. ``closed`` says why it cannot be ticked, or is empty."""

    value: str
    label: str
    wanted: bool
    closed: str


@dataclass(frozen=True)
class Group:
    """The ticks of one purpose."""

    label: str
    ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class Preferences:
    """What the page says. ``problem`` is what could not be done of what was asked for, in words."""

    practice_name: str
    practice_colour: str
    groups: tuple[Group, ...]
    saved: bool = False
    problem: str = ""


def preferences(connection: Connection, consent: ConsentService, token: str) -> Preferences | None:
    """What stands now; None for a link that is not ours."""
    found = delivery.addressee(connection, token)
    return None if found is None else _shown(connection, consent, found)


def choose(
    uow: UnitOfWork, consent: ConsentService, token: str, was: Iterable[str], wanted: Iterable[str]
) -> Preferences | None:
    """Do what the patient changed; None for a link that is not ours, which changes nothing.

    ``was`` are the values of the ticks that were in when the page was shown, ``wanted`` of those that are in
    now. Only a tick that the patient moved says anything: a page that has been open for a week must not
    bring back what was stopped since.
    """
    found = delivery.addressee(uow.connection, token)
    if found is None:
        return None
    shown, ticked = _ways(was), _ways(wanted)
    for channel, purpose in sorted(shown - ticked):
        _permit(uow, consent, found, (channel, purpose), PermissionState.OPTED_OUT)
    problem = ""
    for purpose in sorted(MARKETING):
        ways = [way for way in sorted(ticked - shown) if way[1] is purpose]
        problem = _open(uow, consent, found, purpose, ways) or problem
    return _shown(uow.connection, consent, found, saved=True, problem=problem)


def stop_everything(uow: UnitOfWork, consent: ConsentService, token: str) -> Preferences | None:
    """Promotions and newsletters on every channel; None for a link that is not ours."""
    found = delivery.addressee(uow.connection, token)
    if found is None:
        return None
    for purpose in sorted(MARKETING):
        consent.restrict(uow, SERVER, found.patient_id, purpose, source=_SOURCE)
    return _shown(uow.connection, consent, found, saved=True)


def _open(
    uow: UnitOfWork, consent: ConsentService, found: Addressee, purpose: Purpose, ways: Collection[Way]
) -> str:
    """A yes to these ways and to no other. Returns what could not be done, in words."""
    before = standing(uow.connection, found.patient_id)
    opened, problem = [], ""
    for way in ways:
        try:
            _permit(uow, consent, found, way, PermissionState.OPTED_IN)
        except SuppressedError as error:
            problem = error.title
        else:
            opened.append(way)
    if opened and purpose in before.restricted:
        # The restriction also held back channels with a yes of their own: they were shown without a tick.
        for way in sorted(before.opted_in | before.soft_opt_in):
            if way[1] is purpose and way not in opened:
                _permit(uow, consent, found, way, PermissionState.OPTED_OUT)
        why = f"{_HOW} Ticked: {'; '.join(_wording(way) for way in opened)}."
        consent.lift(uow, SERVER, found.patient_id, purpose, why=why, source=_SOURCE)
    return problem


def _permit(
    uow: UnitOfWork, consent: ConsentService, found: Addressee, way: Way, state: PermissionState
) -> None:
    yes = state is PermissionState.OPTED_IN
    consent.permit(
        *(uow, SERVER, found.patient_id, *way, state),
        how=_HOW if yes else "",
        wording=_wording(way) if yes else "",
        source=_SOURCE,
    )


def _wording(way: Way) -> str:
    channel, purpose = way
    return f"{PURPOSE_LABEL[purpose]}: {CHANNEL_LABEL[channel]}"


def _value(way: Way) -> str:
    channel, purpose = way
    return f"{purpose}.{channel}"


_WAYS: Mapping[str, Way] = {
    _value((channel, purpose)): (channel, purpose) for channel in Channel for purpose in MARKETING
}


def _ways(values: Iterable[str]) -> set[Way]:
    """What is no value of ours says nothing."""
    return {_WAYS[each] for each in values if each in _WAYS}


def _shown(
    connection: Connection,
    consent: ConsentService,
    found: Addressee,
    *,
    saved: bool = False,
    problem: str = "",
) -> Preferences:
    settings = organisation.settings(connection)
    stands = standing(connection, found.patient_id)
    closed = consent.closed(connection, found.patient_id)
    known = stands.opted_in | stands.opted_out | stands.soft_opt_in

    def tick(way: Way) -> Tick:
        channel, _ = way
        reason = _CLOSED[KIND_OF[channel]] if KIND_OF[channel] in closed else ""
        wanted = stands.wanted(way, soft_opt_in_allowed=settings.soft_opt_in_allowed)
        return Tick(_value(way), CHANNEL_LABEL[channel], wanted and not reason, reason)

    groups = tuple(
        Group(
            label,
            tuple(
                tick((channel, purpose))
                for channel in CHANNEL_LABEL
                if channel in _ALWAYS_SHOWN or (channel, purpose) in known
            ),
        )
        for purpose, label in PURPOSE_LABEL.items()
    )
    name = found.practice_name or settings.sender_name
    return Preferences(name, settings.practice_colour, groups, saved, problem)
