"""HTTP of the providers: how they stand, and a test message to oneself."""

from fastapi import APIRouter

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.delivery.health import health
from primoro_campaigns.server.account import user
from primoro_campaigns.server.account.authentication import CurrentActor, CurrentDatabase
from primoro_campaigns.server.delivery.health.service import known
from primoro_campaigns.server.delivery.trial.service import Trials
from primoro_campaigns.wire import sending as wire


def sending_router(trials: Trials) -> APIRouter:
    """``GET /api/v1/sending`` and ``POST /api/v1/sending/test``. What a provider was told stays here."""
    router = APIRouter(prefix="/api/v1/sending", tags=["sending"])

    @router.get("")
    def providers(database: CurrentDatabase, actor: CurrentActor) -> wire.Providers:
        actor.require(Right.MANAGE)
        with database.read() as connection:
            rows = known(connection)
            own = user.own_addresses(connection, actor)
        return wire.Providers(
            providers=[
                wire.Provider(
                    id=row.id,
                    title=row.title,
                    channel=row.channel,
                    health=health(row.last_success_at, row.last_failure_at),
                    last_success_at=row.last_success_at,
                    last_failure_at=row.last_failure_at,
                    failure=row.failure,
                )
                for row in rows
            ],
            own_email=own.email,
            own_mobile=own.mobile,
        )

    @router.post("/test")
    def test(actor: CurrentActor, asked: wire.SendTest) -> wire.Tested:
        return trials.send(actor, asked)

    return router
