"""A run's words, read once, and merged for each patient."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.consent.model import MARKETING
from primoro_campaigns.domain.consent.rules import Cleared
from primoro_campaigns.domain.message import email, sms
from primoro_campaigns.domain.message.email import Practice, one_line
from primoro_campaigns.domain.message.template import Field, Merge, Template, parse
from primoro_campaigns.domain.message.template import Text as Words
from primoro_campaigns.server.campaign.sending import Sending
from primoro_campaigns.server.delivery.compiled import CompiledLetter, Markers, compiled
from primoro_campaigns.server.delivery.mime import Envelope, WayOut, letter
from primoro_campaigns.server.delivery.providers.provider import Letter, Text
from primoro_campaigns.server.delivery.store import Merged


class Rendering:
    """Makes the messages of one run."""

    def __init__(self, content: Content, decided: Sending) -> None:
        self._content = content
        self._decided = decided
        self._subject = parse(content.subject)
        self._preview = parse(content.preview_text)
        self._email = parse(content.email_body)
        self._sms = parse(content.sms_body)
        templates = (self._subject, self._preview, self._email)
        self._places = {
            _place(each): each
            for template in templates
            for each in template.segments
            if isinstance(each, Merge)
        }
        self._broken = any(each.code != "no_fallback" for one in templates for each in one.problems)
        self._compiled: dict[Practice, CompiledLetter] = {}
        self._marketing = content.purpose in MARKETING
        self._domain = decided.settings.sender_email.partition("@")[2] or "localhost"

    def letter(self, cleared: Cleared, line_id: str, merged: Merged, token: str, now: datetime) -> Letter:
        """One patient's e-mail. Raises ``PrimoroError`` when a field has neither value nor fallback."""
        settings = self._decided.settings
        url = self._decided.unsubscribe_address(token) if self._marketing else ""
        choices = self._decided.preferences_address(token) if self._marketing else ""
        message_id = f"{line_id}@{self._domain}"
        envelope = Envelope(
            sender_name=self._content.from_name or self._decided.practice_name,
            sender=settings.sender_email,
            to=cleared.address,
            message_id=message_id,
            at=now,
            reply_to=self._content.reply_to,
            way_out=WayOut(url, settings.sender_email) if url else None,
        )
        values = _values(merged)
        return Letter(
            *(cleared, settings.sender_email, message_id),
            self._content_of(envelope, merged, values, {_WAY_OUT: url, _CHOICES: choices}),
        )

    def _content_of(
        self, envelope: Envelope, merged: Merged, values: Mapping[Field, str], links: Mapping[str, str]
    ) -> bytes:
        practice = Practice(
            merged.practice_name or self._decided.practice_name, merged.practice_town, merged.practice_phone
        )
        merging = {
            name: one_line(values[each.field]) or one_line(each.fallback or "")
            for name, each in self._places.items()
        }
        if not all(merging.values()) or self._broken:
            # A value of nothing can leave a line or a paragraph empty, which the words around it must know.
            parts = email.compose(
                self._subject.render(values),
                self._email.render(values),
                practice,
                self._preview.render(values),
                links[_WAY_OUT],
                links[_CHOICES],
            )
            return letter(envelope, parts)
        known = self._compiled.get(practice)
        if known is None:
            known = self._compiled[practice] = self._compile(envelope, practice)
        return known.merge(envelope, {**merging, **links})

    def _compile(self, envelope: Envelope, practice: Practice) -> CompiledLetter:
        markers = Markers()

        def marked(template: Template) -> str:
            return "".join(
                each.text if isinstance(each, Words) else markers.marker(_place(each))
                for each in template.segments
            )

        parts = email.compose(
            marked(self._subject),
            marked(self._email),
            practice,
            marked(self._preview),
            markers.marker(_WAY_OUT) if envelope.way_out else "",
            markers.marker(_CHOICES) if envelope.way_out else "",
        )
        return compiled(envelope, parts, markers)

    def text(self, cleared: Cleared, line_id: str, merged: Merged, token: str) -> Text:
        """One patient's text. Raises ``PrimoroError`` when a field has neither value nor fallback."""
        decided = self._decided
        opt_out = ""
        if self._marketing:
            opt_out = sms.opt_out_words(decided.sms_takes_replies, decided.unsubscribe_address(token))
        practice = merged.practice_name or decided.practice_name
        return Text(
            cleared,
            decided.settings.sms_from,
            sms.compose(self._sms.render(_values(merged)), practice, opt_out),
            line_id,
        )


_WAY_OUT = "way_out"
_CHOICES = "choices"


def _place(merge: Merge) -> str:
    """The same for the same field with the same fallback, wherever it stands."""
    return f"{merge.field}_{sha256((merge.fallback or '').encode()).hexdigest()[:8]}"


def _values(merged: Merged) -> Mapping[Field, str]:
    full_name = " ".join(filter(None, (merged.title, merged.given_name, merged.family_name)))
    return {
        Field.FIRST_NAME: merged.given_name,
        Field.FAMILY_NAME: merged.family_name,
        Field.TITLE: merged.title,
        Field.FULL_NAME: full_name,
        Field.PRACTICE_NAME: merged.practice_name,
        Field.PRACTICE_PHONE: merged.practice_phone,
        Field.PRACTITIONER_NAME: merged.practitioner_name,
        Field.LAST_VISIT_ON: merged.last_visit_on,
        Field.NEXT_VISIT_ON: merged.next_visit_on,
    }
