"""The words of a message as a patient would see them. Qt-free."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from primoro_campaigns.domain.campaign.model import ChannelPolicy, Content
from primoro_campaigns.domain.consent.model import MARKETING, Channel
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.message.sms import STOP_WORDS
from primoro_campaigns.domain.message.sms import compose as compose_sms
from primoro_campaigns.domain.message.template import FIELD_SAMPLES, Field, parse

WAY_OUT = "A link to stop these messages is added below."


@dataclass(frozen=True)
class Previewed:
    """The words of both messages, merge fields filled; empty where the campaign does not use the channel.

    ``for_whom`` says whose message it is. ``problem`` stands in place of a message that cannot be made.
    ``preview_text`` is the line that mail programs show after the subject; ``way_out`` is what the server
    adds below the e-mail.
    """

    for_whom: str
    subject: str = ""
    email: str = ""
    sms: str = ""
    problem: str = ""
    preview_text: str = ""
    way_out: str = ""

    @staticmethod
    def sample(content: Content, practice_name: str) -> "Previewed":
        """The message for a made-up patient, while one is writing."""
        values = {**FIELD_SAMPLES, Field.PRACTICE_NAME: practice_name or FIELD_SAMPLES[Field.PRACTICE_NAME]}
        return Previewed.filled(content, values, "For a patient such as Mrs Ann Smith", forgiving=True)

    @staticmethod
    def filled(
        content: Content, values: Mapping[Field, str], for_whom: str, *, forgiving: bool = False
    ) -> "Previewed":
        """The message with ``values`` in its fields.

        ``forgiving`` shows a source that cannot be read as it was typed.
        """
        practice = values.get(Field.PRACTICE_NAME, "")
        try:
            subject, preview_text, email, sms = (
                _render(source, values, forgiving)
                for source in (content.subject, content.preview_text, content.email_body, content.sms_body)
            )
        except PrimoroError as error:
            return Previewed(for_whom, problem=f"{error.title} {error.advice}")
        marketing = content.purpose in MARKETING
        by_email = content.channel_policy is not ChannelPolicy.SMS
        by_sms = content.channel_policy is not ChannelPolicy.EMAIL
        return Previewed(
            for_whom,
            subject if by_email else "",
            email if by_email else "",
            compose_sms(sms, practice, STOP_WORDS if marketing else "") if by_sms and sms else "",
            preview_text=preview_text if by_email else "",
            way_out=WAY_OUT if marketing else "",
        )

    def only(self, channel: Channel) -> "Previewed":
        """What a patient sees who gets it on this channel."""
        if channel is Channel.SMS:
            return replace(self, subject="", preview_text="", email="")
        return replace(self, sms="")


def _render(source: str, values: Mapping[Field, str], forgiving: bool) -> str:
    try:
        return parse(source).render(values)
    except PrimoroError:
        if forgiving:
            return source
        raise
