"""The composer: what the campaign is, whom it is for, what it says, and how it will look."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QLayout,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from primoro_campaigns.desktop.campaign.composer_presenter import Composer
from primoro_campaigns.desktop.campaign.composer_state import ComposerState
from primoro_campaigns.desktop.campaign.message_preview import WIDTH, MessagePreview
from primoro_campaigns.desktop.campaign.multi_choice import MultiChoice
from primoro_campaigns.desktop.campaign.previewed import Previewed
from primoro_campaigns.desktop.campaign.rhythm import Rhythm
from primoro_campaigns.desktop.campaign.rule_editor import Choices, RuleEditor
from primoro_campaigns.desktop.kit.button import button, menu_button, set_allowed
from primoro_campaigns.desktop.kit.dialog import confirm
from primoro_campaigns.desktop.kit.form import Field, Form
from primoro_campaigns.desktop.kit.label import box, clear_layout, column, label, row, rule
from primoro_campaigns.desktop.kit.notice import Notice, NoticeArea
from primoro_campaigns.desktop.kit.theme import TextRole, em, set_role
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.domain.campaign.lawful_basis import LAWFUL_BASIS_WORDS
from primoro_campaigns.domain.campaign.model import POLICY_WORDS, ChannelPolicy, LawfulBasis
from primoro_campaigns.domain.consent.model import PURPOSE_WORDS, Purpose
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.message.template import ALWAYS_THERE, FIELD_WORDS
from primoro_campaigns.domain.message.template import Field as MergeField

KEEP_AFTER_MS = 600
COUNT_AFTER_MS = 250
_NARROWEST_FORM = 52
"""Times the height of a line: room for the widest rule."""


class ComposerPage(QWidget):
    """``bind`` gives it its presenter. Leaving the page keeps what was typed."""

    def __init__(self, review: Callable[[str], None], deleted: Callable[[str], None]) -> None:
        """``review`` goes to the review of a campaign; ``deleted`` deletes a draft, after a yes."""
        super().__init__()
        self._presenter: Composer | None = None
        self._review = review
        self._deleted = deleted
        self._filling = False
        self._own_copy: Callable[[], None] = lambda: None
        self._read_only = ""
        self.notices = NoticeArea()
        self.keep_pause = self._pause(KEEP_AFTER_MS, lambda: self._with(Composer.keep))
        self.count_pause = self._pause(COUNT_AFTER_MS, lambda: self._with(Composer.count))
        self._make_controls()
        self._lay_out()

    def bind(self, presenter: Composer) -> None:
        self._presenter = presenter

    def offer_own_copy(self, send: Callable[[], None]) -> None:
        """Let the person have the message sent to themselves."""
        self._own_copy = send
        self._to_myself.show()

    def show_own_copy_busy(self, busy: bool) -> None:
        set_allowed(self._to_myself, not busy, "The server is being asked.")

    @property
    def presenter(self) -> Composer:
        assert self._presenter is not None
        return self._presenter

    # What the presenter calls

    def show_state(self, state: ComposerState) -> None:
        self._filling = True
        try:
            self._fill(state)
        finally:
            self._filling = False

    def say_error(self, error: PrimoroError) -> None:
        self.notices.say_error(error, key=error.code)

    def offer(self, choices: Choices) -> None:
        """The practitioners and locations that rules and the campaign may name."""
        self._rules.offer(choices)
        self._offer_locations(choices)

    def keep_soon(self) -> None:
        self.keep_pause.start()

    def count_soon(self) -> None:
        self.count_pause.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The preview gives way where the form would not have the room for its rules."""
        super().resizeEvent(event)
        self._preview.setVisible(event.size().width() >= em(_NARROWEST_FORM) + WIDTH)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._presenter is not None and self.keep_pause.isActive():
            self.keep_pause.stop()
            self._presenter.keep()

    # Building

    def _make_controls(self) -> None:
        self._name = QLineEdit()
        self._reason = QComboBox()
        for purpose, words in PURPOSE_WORDS.items():
            self._reason.addItem(words, purpose)
        self._channel = QComboBox()
        for policy, words in POLICY_WORDS.items():
            self._channel.addItem(words, policy)
        self._lawful_basis = QComboBox()
        self._lawful_basis.addItem("Choose …", None)
        for basis, words in LAWFUL_BASIS_WORDS.items():
            self._lawful_basis.addItem(words, basis)
        self._basis_note = QLineEdit()
        self._subject = QLineEdit()
        self._preview_text = QLineEdit()
        self._email_body = QPlainTextEdit()
        self._email_body.setTabChangesFocus(True)
        self._email_body.setMinimumHeight(em(12))
        self._sms_body = QPlainTextEdit()
        self._sms_body.setTabChangesFocus(True)
        self._sms_body.setFixedHeight(em(6))
        for name, control in {
            "name": self._name,
            "reason": self._reason,
            "channel": self._channel,
            "lawful_basis": self._lawful_basis,
            "lawful_basis_note": self._basis_note,
            "subject": self._subject,
            "preview_text": self._preview_text,
            "email_body": self._email_body,
            "sms_body": self._sms_body,
        }.items():
            control.setObjectName(f"composer.{name}")
        self._name.textEdited.connect(lambda text: self._change(name=text))
        self._subject.textEdited.connect(lambda text: self._change(subject=text))
        self._preview_text.textEdited.connect(lambda text: self._change(preview_text=text))
        self._email_body.textChanged.connect(lambda: self._change(email_body=self._email_body.toPlainText()))
        self._sms_body.textChanged.connect(lambda: self._change(sms_body=self._sms_body.toPlainText()))
        self._reason.activated.connect(lambda: self._change(purpose=Purpose(self._reason.currentData())))
        self._lawful_basis.activated.connect(self._on_basis)
        self._basis_note.textEdited.connect(lambda text: self._change(lawful_basis_note=text))
        self._channel.activated.connect(
            lambda: self._change(channel_policy=ChannelPolicy(self._channel.currentData()))
        )
        self._rules = RuleEditor(
            lambda group, number, changed: self.presenter.change_row(group, number, changed),
            lambda group, number: self.presenter.remove_row(group, number),
            lambda group: self.presenter.add_row(group),
            lambda: self.presenter.add_group(),
        )
        self._rhythm = Rhythm(lambda fields: self._change(**fields))
        self._locations_line = QVBoxLayout()
        self._locations: list[MultiChoice] = []
        self._inserts: list[QPushButton] = []
        self._deep = Notice(
            Tone.INFO,
            "These rules are nested deeper than this form shows.",
            "They are kept as they are. You can begin again with everybody and add rules here.",
            ("Begin again", lambda: self.presenter.start_audience_again()),
        )
        self._deep.hide()
        self._count = label("", TextRole.HEADING, wrap=True)
        self._count.setObjectName("composer.audience.count")
        self._count.setAccessibleName("Patients the rules find")
        self._notes = label("", TextRole.CAPTION, wrap=True)
        self._sms_counter = label("", TextRole.CAPTION, wrap=True)
        self._sms_counter.setObjectName("composer.sms_counter")
        self._replace = button("Use plain letters", lambda: self.presenter.replace_letters(), role="link")
        self._replace.setObjectName("composer.replace_letters")
        self._saved = label("", TextRole.MUTED)
        self._saved.setObjectName("composer.saved")
        self._preview = MessagePreview()
        self._preview.setObjectName("composer.preview")

    def _lay_out(self) -> None:
        form = QVBoxLayout()
        form.setContentsMargins(6 * GRID, 4 * GRID, 4 * GRID, 6 * GRID)
        form.setSpacing(4 * GRID)
        form.addWidget(self.notices)
        form.addWidget(self._about())
        form.addWidget(self._audience())
        form.addWidget(self._section("How it is sent", self._rhythm))
        self._email_part = self._email()
        self._sms_part = self._sms()
        form.addWidget(self._email_part)
        form.addWidget(self._sms_part)
        form.addStretch(1)
        inner = QWidget()
        inner.setLayout(form)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(inner)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        # Its fields have the focus, and it follows them.
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._review_button = button("&Review and approve", self._on_review, role="primary", icon_name="eye")
        self._review_button.setObjectName("composer.review")
        self._delete = button("Delete draft", self._on_delete)
        self._delete.setObjectName("composer.delete")
        self._to_myself = button("Send it to mysel&f", lambda: self._own_copy())
        self._to_myself.setObjectName("composer.to_myself")
        self._to_myself.hide()
        footer = row(self._delete, None, self._saved, self._to_myself, self._review_button, gap=4)
        footer.setContentsMargins(6 * GRID, 3 * GRID, 6 * GRID, 3 * GRID)
        body = row(self._scroll, self._preview, gap=0)
        body.setStretch(0, 1)
        self._title = label("New campaign", TextRole.TITLE, wrap=True)
        self._title.setContentsMargins(6 * GRID, 4 * GRID, 6 * GRID, 3 * GRID)
        self.setLayout(column(self._title, rule(), body, rule(), box(footer, "panel"), gap=0))

    def _about(self) -> QWidget:
        self._form = Form()
        self._form.add(
            "name", self._field("&Name", self._name, "For your practice only. Patients never see it.", "name")
        )
        self._form.add_beside(
            purpose=self._field("&Reason", self._reason, "", "reason"),
            channel_policy=self._field("&Channel", self._channel, "", "channel"),
        )
        return self._section("What it is", self._form)

    def _audience(self) -> QWidget:
        self._basis_form = Form()
        self._basis_form.add(
            "lawful_basis",
            self._field(
                "Why may we use data on patients' &health for this?",
                self._lawful_basis,
                "What you choose is kept with the campaign, and shown to whoever approves it.",
                "lawful_basis",
            ),
        )
        self._basis_form.add(
            "lawful_basis_note",
            self._field("N&ote", self._basis_note, "", "lawful_basis_note"),
        )
        return self._section(
            "Who it is for",
            *(self._locations_line, self._deep, self._rules, rule(), self._count, self._notes),
            self._basis_form,
        )

    def _email(self) -> QWidget:
        self._email_form = Form()
        insert = self._insert("composer.insert_subject_field", "the subject", self._subject)
        self._email_form.add("subject", self._field("&Subject", self._subject, "", "subject", beside=insert))
        self._email_form.add(
            "preview_text",
            self._field(
                "&Preview text",
                self._preview_text,
                "The line that mail programs show after the subject.",
                "preview_text",
                optional=True,
            ),
        )
        insert = self._insert("composer.insert_field", "the e-mail", self._email_body)
        message = self._field("&Message", self._email_body, "", "email_body", beside=insert)
        self._email_form.add("email_body", message)
        return self._section("The e-mail", self._email_form)

    def _sms(self) -> QWidget:
        self._sms_form = Form()
        insert = self._insert("composer.insert_sms_field", "the text", self._sms_body)
        self._sms_form.add("sms_body", self._field("&Text", self._sms_body, "", "sms_body", beside=insert))
        counted = row(self._sms_counter, self._replace, gap=4)
        counted.setStretch(0, 1)
        return self._section("The text message", self._sms_form, counted)

    def _section(self, title: str, *parts: QWidget | QLayout) -> QWidget:
        inner = column(label(title, TextRole.HEADING), *parts, gap=3)
        inner.setContentsMargins(5 * GRID, 4 * GRID, 5 * GRID, 5 * GRID)
        return box(inner, "card")

    def _field(
        self,
        caption: str,
        control: QWidget,
        hint: str,
        name: str,
        *,
        optional: bool = False,
        beside: QWidget | None = None,
    ) -> Field:
        field = Field(caption, control, hint, optional=optional, beside=beside)
        field.setObjectName(f"composer.problem.{name}")
        return field

    def _insert(self, name: str, where: str, into: QLineEdit | QPlainTextEdit) -> QPushButton:
        """A button that offers the merge fields; the chosen one goes where the cursor stands."""
        menu = QMenu(self)
        for field, words in FIELD_WORDS.items():
            menu.addAction(words, lambda chosen=field: self._put_field(into, chosen))  # type: ignore[misc]  # the loop's own field
        insert = menu_button("Insert a field", menu, name=f"Insert what differs by patient into {where}")
        insert.setObjectName(name)
        self._inserts.append(insert)
        return insert

    def _put_field(self, into: QLineEdit | QPlainTextEdit, field: MergeField) -> None:
        """A field that may be empty is put in with room for its fallback, and the cursor stands there."""
        always = field in ALWAYS_THERE
        text = f"{{{field.value}}}" if always else f"{{{field.value}|}}"
        into.setFocus()
        if isinstance(into, QLineEdit):
            into.insert(text)
            into.textEdited.emit(into.text())
            if not always:
                into.cursorBackward(False)
            return
        cursor = into.textCursor()
        cursor.insertText(text)
        if not always:
            cursor.setPosition(cursor.position() - 1)
            into.setTextCursor(cursor)

    def _offer_locations(self, choices: Choices) -> None:
        clear_layout(self._locations_line)
        self._locations.clear()
        self._rules.tab_after = self._channel
        if len(choices.locations) < 2:
            self._rules.put_in_order()
            return
        chosen = self.presenter.state.content.location_ids
        some = MultiChoice("Locations", choices.locations, chosen, "Every location")
        some.setObjectName("composer.locations")
        some.on_chosen(lambda keys: self._change(location_ids=tuple(keys)))
        some.setEnabled(not self.presenter.state.read_only)
        self._locations.append(some)
        self._locations_line.addLayout(row(label("Locations", TextRole.STRONG), some, None))
        QWidget.setTabOrder(self._channel, some)
        self._rules.tab_after = some
        self._rules.put_in_order()

    def _pause(self, milliseconds: int, then: Callable[[], None]) -> QTimer:
        pause = QTimer(self)
        pause.setSingleShot(True)
        pause.setInterval(milliseconds)
        pause.timeout.connect(then)
        return pause

    # Filling

    def _fill(self, state: ComposerState) -> None:
        content = state.content
        self._title.setText(content.name.strip() or ("New campaign" if state.opened else ""))
        for field, text in (
            (self._name, content.name),
            (self._subject, content.subject),
            (self._preview_text, content.preview_text),
            (self._basis_note, content.lawful_basis_note),
        ):
            if field.text() != text:
                field.setText(text)
        for area, text in ((self._email_body, content.email_body), (self._sms_body, content.sms_body)):
            if area.toPlainText() != text:
                area.setPlainText(text)
        self._reason.setCurrentIndex(self._reason.findData(content.purpose))
        self._channel.setCurrentIndex(self._channel.findData(content.channel_policy))
        self._lawful_basis.setCurrentIndex(max(self._lawful_basis.findData(content.lawful_basis), 0))
        self._basis_form.setVisible(state.asks_basis)
        self._email_part.setVisible(content.channel_policy is not ChannelPolicy.SMS)
        self._sms_part.setVisible(content.channel_policy is not ChannelPolicy.EMAIL)
        for form, names in (
            (self._form, ("name", "purpose", "channel_policy")),
            (self._basis_form, ("lawful_basis", "lawful_basis_note")),
            (self._email_form, ("subject", "preview_text", "email_body")),
            (self._sms_form, ("sms_body",)),
        ):
            for name in names:
                form.field(name).set_error(state.problems.get(name, ""))
        self._rhythm.show_content(content, state.problems)
        self._deep.setVisible(state.groups is None)
        self._rules.setVisible(state.groups is not None)
        if state.groups is not None:
            self._rules.show_groups(state.groups)
            self._rules.show_marks(state.row_problems, state.shares)
        self._count.setText("Counting …" if state.counting and not state.count_words else state.count_words)
        counted = bool(state.count_words) and state.count_words[0].isdigit()
        set_role(self._count, TextRole.HEADING if counted else TextRole.MUTED)
        self._notes.setText("\n".join(state.notes))
        self._notes.setVisible(bool(state.notes))
        self._sms_counter.setText(state.sms_words)
        self._replace.setVisible(state.sms_replaceable)
        self._saved.setText(state.saved_words)
        self._delete.setVisible(not state.read_only)
        self._say_whose(state)
        if not state.problems and not state.row_problems:
            self.notices.take_away("unfinished")
        set_allowed(self._review_button, state.opened, "The draft is still being opened.")
        editable = not state.read_only
        for control in (self._name, self._subject, self._preview_text, self._email_body, self._sms_body):
            control.setReadOnly(not editable)
        self._basis_note.setReadOnly(not editable)
        for part in (
            self._reason,
            self._channel,
            self._lawful_basis,
            self._rhythm,
            self._rules,
            *self._inserts,
            *self._locations,
        ):
            part.setEnabled(editable)
        self._preview.show_message(Previewed.sample(content, state.practice_name), writing=True)

    def _say_whose(self, state: ComposerState) -> None:
        """Somebody else's draft: why nothing can be typed, and what one may do about it."""
        words = state.read_only if state.opened else ""
        if words == self._read_only:
            return
        self._read_only = words
        self.notices.take_away("read_only")
        if not words:
            return
        take_over = ("&Take over this draft", lambda: self.presenter.take_over())
        notice = self.notices.say(
            Tone.INFO,
            words,
            "You can read it and review it. Taking it over makes it yours; its author is told."
            if state.may_take_over
            else "You can read it and review it. Only its author can change it.",
            action=take_over if state.may_take_over else None,
            key="read_only",
            closable=False,
        )
        notice.setObjectName("composer.read_only")
        if state.may_take_over:
            notice.action.setObjectName("composer.take_over")

    # What a person does

    def _change(self, **fields: object) -> None:
        if not self._filling:
            self.presenter.change(**fields)

    def _on_basis(self) -> None:
        chosen = self._lawful_basis.currentData()
        self._change(lawful_basis=None if chosen is None else LawfulBasis(chosen))

    def _with(self, act: Callable[[Composer], None]) -> None:
        if self._presenter is not None:
            act(self._presenter)

    def _on_review(self) -> None:
        self.keep_pause.stop()
        if not self.presenter.check_everything():
            self.notices.say(
                Tone.WARNING,
                "Some things need your attention first.",
                "They are marked below. What you wrote is kept; nothing is sent.",
                key="unfinished",
            )
            self._show_first_problem()
            self.presenter.keep()
            return
        self.notices.take_away("unfinished")
        campaign_id = self.presenter.campaign_id
        self.presenter.keep(lambda: self._review(campaign_id))

    def _show_first_problem(self) -> None:
        for field in self.findChildren(Field):
            if field.error and field.isVisible():
                self._scroll.ensureWidgetVisible(field)
                field.control.setFocus()
                return

    def _on_delete(self) -> None:
        campaign_id = self.presenter.campaign_id
        question = confirm(
            self,
            "Delete this draft?",
            "The draft is deleted here and at every other desk. Nothing of it was sent.",
            "Delete draft",
            lambda: self._deleted(campaign_id),
            danger=True,
        )
        question.ok.setObjectName("dialog.ok")
        question.cancel.setObjectName("dialog.cancel")
