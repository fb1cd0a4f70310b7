"""That the server cannot read its mailbox: what waits there looks like patients who do not answer."""

from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.local.providers import ProviderRow
from primoro_campaigns.desktop.reply.words import mail_unread_words
from primoro_campaigns.desktop.routes import SendingRoute
from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.delivery.health import Health

_KEY = "mailbox"


def show_unread_mail(context: Context, notices: NoticeArea) -> None:
    """Say it to those who can do something about it; else take the words away."""
    if not context.person.may(Right.MANAGE):
        return

    def show(failing: ProviderRow | None) -> None:
        if failing is None:
            notices.take_away(_KEY)
            return
        title, advice = mail_unread_words(failing, context.person.time_zone)
        notices.stand(
            title,
            advice,
            action=("&See how sending stands", lambda: context.navigator.go(SendingRoute())),
            key=_KEY,
        )

    def failing_mailbox() -> ProviderRow | None:
        # What carries no messages out is where they come in.
        rows = (each for each in context.providers.all() if not each.channel)
        return next((each for each in rows if each.health is Health.FAILS), None)

    context.runner.run(lambda _ticket: failing_mailbox(), show)
