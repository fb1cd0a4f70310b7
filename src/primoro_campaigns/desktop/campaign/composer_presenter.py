"""The composer without its widgets: keeps the draft, counts the audience, says what is wrong where."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from primoro_campaigns.desktop.campaign.composer_state import AudienceCount, ComposerState, OpenDraft
from primoro_campaigns.desktop.campaign.rule_rows import (
    RowGroups,
    audience_of,
    groups_of,
    places_of,
    row_problems,
)
from primoro_campaigns.desktop.campaign.rule_subjects import NEW_ROW, RuleRow
from primoro_campaigns.desktop.campaign.sms_counter import count_sms
from primoro_campaigns.desktop.work.runner import Lane, Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.audience.check import notices, problems, uses_clinical_data
from primoro_campaigns.domain.audience.describe import describe
from primoro_campaigns.domain.campaign.model import ChannelPolicy, Content
from primoro_campaigns.domain.campaign.review import ReviewFacts, review
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.message.sms_segments import replace_non_gsm


class Drafts(Protocol):
    """The desktop's drafts. Called on working threads."""

    def open(self, campaign_id: str) -> OpenDraft | None: ...

    def keep(self, campaign_id: str, base_revision: int, content: Content) -> None:
        """Write the draft and the event that will carry it to the server, in one transaction."""
        ...

    def take_over(self, campaign_id: str) -> None: ...


class Counting(Protocol):
    """Counts audiences on this computer's copy.

    Called on working threads; ends early when the ticket is stopped.
    """

    def count(self, groups: RowGroups, content: Content, ticket: Ticket) -> AudienceCount: ...

    def names(self) -> Mapping[str, str]:
        """Practitioners and locations by id, for saying a rule in words."""
        ...


class ComposerView(Protocol):
    def show_state(self, state: ComposerState) -> None: ...

    def say_error(self, error: PrimoroError) -> None: ...


class Composer:
    """One open draft. Every change is kept on this computer: nothing is lost when the program ends.

    ``keep_soon`` and ``count_soon`` start (or start again) the view's short waits, after which it calls
    ``keep``
    and ``count``; so typing does not write on every key.
    """

    def __init__(
        self,
        view: ComposerView,
        drafts: Drafts,
        counting: Counting,
        runner: Running,
        facts: Callable[[], ReviewFacts],
        now_words: Callable[[], str],
        me: tuple[str, bool],
        keep_soon: Callable[[], None],
        count_soon: Callable[[], None],
    ) -> None:
        """``me`` is the signed-in person's id and whether they may take over other people's drafts."""
        self._view = view
        self._drafts = drafts
        self._counting = counting
        self._runner = runner
        self._now_words = now_words
        self._me, self._may_take_over = me
        self._facts = facts
        self._keep_soon = keep_soon
        self._count_soon = count_soon
        self._names: Mapping[str, str] = {}
        self._touched: set[str] = set()
        self._everything_checked = False
        self._dirty = False
        self._count: Ticket | None = None
        self._draft = OpenDraft("", Content(name=""), 0, "", "", False)
        self.state = ComposerState(Content(name=""))

    @property
    def campaign_id(self) -> str:
        return self._draft.campaign_id

    def start(self, campaign_id: str, *, is_new: bool) -> None:
        """Open a draft of this computer's copy, or begin a new one under ``campaign_id``."""
        if is_new:
            self._open(OpenDraft(campaign_id, Content(name=""), 0, self._me, "", False))
            return

        self._show(replace(self.state, read_only="The draft is being opened …", opened=False))

        def read(_ticket: Ticket) -> OpenDraft | None:
            return self._drafts.open(campaign_id)

        def opened(draft: OpenDraft | None) -> None:
            if draft is None:
                self._view.say_error(
                    PrimoroError(
                        "This draft is no longer here.",
                        "It was deleted, perhaps at another desk. Go back to the list of campaigns.",
                        "campaign.gone",
                    )
                )
            else:
                self._open(draft)

        self._runner.run(read, opened, self._view.say_error)

    def change(self, **fields: object) -> None:
        """Take over what was typed into fields of ``Content``."""
        if self.state.read_only:
            return
        content = replace(self.state.content, **fields)  # type: ignore[arg-type]  # the view names fields of Content
        if content == self.state.content:
            return
        self._touched.update(fields)
        self._update(content, self.state.groups)
        if {"audience", "location_ids", "purpose", "channel_policy"} & fields.keys():
            self._count_again()

    def change_row(self, group: int, row: int, changed: RuleRow) -> None:
        self._change_groups(lambda rows: rows.__setitem__(row, changed), group)

    def remove_row(self, group: int, row: int) -> None:
        groups = [list(rows) for rows in self.state.groups or ()]
        del groups[group][row]
        kept = [tuple(rows) for number, rows in enumerate(groups) if rows or number != group]
        self._take_groups(tuple(kept) or ((),))

    def add_row(self, group: int) -> None:
        self._change_groups(lambda rows: rows.append(NEW_ROW), group)

    def add_group(self) -> None:
        """Another way in: patients who match these rules instead."""
        self._take_groups((*(self.state.groups or ()), (NEW_ROW,)))

    def start_audience_again(self) -> None:
        """Give up an audience that the form cannot show, and begin with everybody."""
        self._take_groups(((),))

    def replace_letters(self) -> None:
        """Make the text cheaper: letters outside the plain alphabet become their likeness."""
        self.change(sms_body=replace_non_gsm(self.state.content.sms_body).text)

    def check_everything(self) -> bool:
        """Show what is wrong with every field, also those not touched yet; True when nothing is."""
        self._everything_checked = True
        self._update(self.state.content, self.state.groups, dirty=False)
        return not self.state.problems and not self.state.row_problems

    def take_over(self) -> None:
        """Make another person's draft one's own; the server records it and tells them."""
        campaign_id = self._draft.campaign_id

        def write(_ticket: Ticket) -> OpenDraft | None:
            self._drafts.take_over(campaign_id)
            return self._drafts.open(campaign_id)

        def taken(draft: OpenDraft | None) -> None:
            if draft is not None:
                self._open(draft)

        self._runner.run(write, taken, self._view.say_error, lane=Lane.WRITE)

    def keep(self, then: Callable[[], None] | None = None) -> None:
        """Write what was changed to this computer, now. ``then`` is called when it is safe."""
        if not self._dirty:
            if then is not None:
                then()
            return
        self._dirty = False
        draft, content = self._draft, self.state.content

        def write(_ticket: Ticket) -> None:
            self._drafts.keep(draft.campaign_id, draft.base_revision, content)

        def kept(_: None) -> None:
            # What was typed while it was written is not saved yet, and its own wait is under way.
            if not self._dirty:
                self._show(replace(self.state, saved_words=f"Saved on this computer, {self._now_words()}"))
            if then is not None:
                then()

        def not_kept(error: PrimoroError) -> None:
            self._dirty = True
            self._show(replace(self.state, saved_words="Not saved yet"))
            self._view.say_error(error)

        self._runner.run(write, kept, not_kept, lane=Lane.WRITE)

    def count(self) -> None:
        """Count the audience on this computer's copy; an older count that still runs is given up."""
        if self._count is not None:
            self._count.stop()
        groups = self.state.groups
        if groups is None or self.state.row_problems:
            self._show(replace(self.state, counting=False, shares={}, count_words=self._cannot_count()))
            return
        content = self.state.content

        def work(ticket: Ticket) -> AudienceCount:
            return self._counting.count(groups, content, ticket)

        self._show(replace(self.state, counting=True))
        self._count = self._runner.run(work, self._counted, self._not_counted)

    def synced(self, draft: OpenDraft | None) -> None:
        """The server's copy changed: take its revision, and its content unless something was changed here
        meanwhile.
        """
        if draft is None or self._dirty:
            return
        if draft.content != self.state.content and not draft.waiting:
            self._open(draft)
            return
        self._draft = draft
        saved = self.state.saved_words
        if not draft.waiting and draft.base_revision:
            saved = "Saved, also on the server"
        self._show(replace(self.state, saved_words=saved))

    def close(self) -> None:
        if self._count is not None:
            self._count.stop()

    # Inside

    def _open(self, draft: OpenDraft) -> None:
        self._draft = draft
        self._dirty = False
        self._touched.clear()
        self._everything_checked = False
        mine = draft.owner_id in ("", self._me)
        read_only = "" if mine else f"This draft belongs to {draft.owner_name or 'somebody else'}."
        words = "" if not draft.base_revision and not draft.waiting else "Saved on this computer"
        if draft.base_revision and not draft.waiting:
            words = "Saved, also on the server"
        self.state = replace(
            ComposerState(draft.content),
            read_only=read_only,
            may_take_over=not mine and self._may_take_over,
            saved_words=words,
        )

        def read(_ticket: Ticket) -> Mapping[str, str]:
            return self._counting.names()

        def named(names: Mapping[str, str]) -> None:
            self._names = names
            self._update(self.state.content, self.state.groups, dirty=False)

        self._runner.run(read, named, self._view.say_error)
        self._update(draft.content, groups_of(draft.content.audience), dirty=False)
        self._count_again()

    def _change_groups(self, edit: Callable[[list[RuleRow]], None], group: int) -> None:
        groups = [list(rows) for rows in self.state.groups or ((),)]
        edit(groups[group])
        self._take_groups(tuple(tuple(rows) for rows in groups))

    def _take_groups(self, groups: RowGroups) -> None:
        if self.state.read_only:
            return
        self._update(replace(self.state.content, audience=audience_of(groups)), groups)
        self._count_again()

    def _update(self, content: Content, groups: RowGroups | None, *, dirty: bool = True) -> None:
        wrong_rows = row_problems(groups) if groups is not None else {}
        if groups is not None:
            wrong_rows = {**self._audience_problems(content, groups), **wrong_rows}
        facts = self._facts()
        found = review(content, facts)
        shown = {
            problem.field: f"{problem.title} {problem.advice}"
            for problem in reversed(found)
            if problem.blocks and (self._everything_checked or problem.field in self._touched)
        }
        sms = count_sms(content, facts)
        self._show(
            replace(
                self.state,
                content=content,
                groups=groups,
                audience_words=describe(content.audience, self._names),
                problems=shown,
                row_problems=wrong_rows,
                notes=tuple(dict.fromkeys(notice.words for notice in notices(content.audience))),
                asks_basis=uses_clinical_data(content.audience),
                sms_words=sms.words if content.channel_policy is not ChannelPolicy.EMAIL else "",
                sms_replaceable=sms.replaceable,
                practice_name=facts.practice_name,
                saved_words="Not saved yet" if dirty else self.state.saved_words,
            )
        )
        if dirty:
            self._dirty = True
            self._keep_soon()

    def _audience_problems(self, content: Content, groups: RowGroups) -> dict[tuple[int, int], str]:
        """Problems of well-read rules, at the row they stand in.

        Rows that cannot be read shift no others: those come first.
        """
        if row_problems(groups):
            return {}
        places = places_of(groups)
        return {
            places[problem.path]: problem.words
            for problem in problems(content.audience, self._facts().today)
            if problem.path in places
        }

    def _count_again(self) -> None:
        self._show(replace(self.state, counting=True))
        self._count_soon()

    def _counted(self, count: AudienceCount) -> None:
        self._count = None
        words = f"{count.matching:,} of {count.total:,} patients"
        if count.left_out:
            words += f" ({count.left_out:,} more said no to this)"
        if count.as_of:
            words += f", {count.as_of}"
        shares = {place: f"{share:,}" for place, share in count.shares.items()}
        self._show(replace(self.state, counting=False, count_words=words, shares=shares))

    def _not_counted(self, error: PrimoroError) -> None:
        self._count = None
        self._show(replace(self.state, counting=False, count_words="The patients could not be counted."))
        self._view.say_error(error)

    def _cannot_count(self) -> str:
        if self.state.groups is None:
            return "These rules are nested too deep to show here."
        return "Finish the rules to see how many patients they find."

    def _show(self, state: ComposerState) -> None:
        self.state = state
        self._view.show_state(state)
