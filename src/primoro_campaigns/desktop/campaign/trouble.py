"""What stands in the way of every campaign: a provider that does not do its work (domain.md M18)."""

from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.local.providers import ProviderRow
from primoro_campaigns.desktop.routes import SendingRoute
from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.delivery.health import Health

_KEY = "sending"


def show_trouble(context: Context, notices: NoticeArea) -> None:
    """Say which provider does not work, to those who can do something about it; else take the words away."""
    if not context.person.may(Right.MANAGE):
        return

    def show(failing: list[ProviderRow]) -> None:
        if not failing:
            notices.take_away(_KEY)
            return
        title = f"Not working at the moment: {' and '.join(row.title for row in failing)}."
        advice = failing[0].failure
        notices.stand(
            title,
            advice,
            action=("&See how sending stands", lambda: context.navigator.go(SendingRoute())),
            key=_KEY,
        )

    context.runner.run(
        lambda _ticket: [row for row in context.providers.all() if row.health is Health.FAILS], show
    )
