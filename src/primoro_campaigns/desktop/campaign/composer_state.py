"""What the composer shows, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from primoro_campaigns.desktop.campaign.rule_rows import RowGroups
from primoro_campaigns.domain.campaign.model import Content


@dataclass(frozen=True)
class OpenDraft:
    """A draft as the cache holds it: the server's copy with what was changed here and not sent yet.

    ``base_revision`` is the server's revision the content builds on, 0 for a campaign the server does not
    know.
    ``waiting`` is true while changes made here have not reached the server.
    """

    campaign_id: str
    content: Content
    base_revision: int
    owner_id: str
    owner_name: str
    waiting: bool


@dataclass(frozen=True)
class AudienceCount:
    """How many patients the rules find among those of the chosen locations, and each rule's own share.

    ``shares`` are by (group, row) of the form. ``as_of`` is the age of the copy in words ("as of 14:05").
    ``left_out`` are those whom the rules would find and who said no; of the other numbers they are in
    ``total`` alone.
    """

    matching: int
    total: int
    shares: Mapping[tuple[int, int], int]
    as_of: str
    left_out: int = 0


@dataclass(frozen=True)
class ComposerState:
    """``problems`` are by field name of ``Content``; ``row_problems`` by (group, row).

    ``groups`` is None for an audience nested deeper than the form shows; ``audience_words`` always says it.
    ``practice_name`` is what stands for the practice in the preview.
    ``read_only`` says why nothing can be changed here, empty when it can. ``opened`` is false until the draft
    has been read. ``asks_basis``: a rule uses clinical data, and why that is lawful has to be chosen.
    """

    content: Content
    groups: RowGroups | None = ((),)
    audience_words: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)
    row_problems: Mapping[tuple[int, int], str] = field(default_factory=dict)
    count_words: str = ""
    counting: bool = False
    shares: Mapping[tuple[int, int], str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    asks_basis: bool = False
    sms_words: str = ""
    sms_replaceable: bool = False
    saved_words: str = ""
    read_only: str = ""
    may_take_over: bool = False
    opened: bool = True
    practice_name: str = ""
