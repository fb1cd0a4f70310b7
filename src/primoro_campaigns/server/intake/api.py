"""HTTP of imports: a practice-management system hands in batches."""

from fastapi import APIRouter

from primoro_campaigns.server.account.authentication import CurrentActor, CurrentDatabase
from primoro_campaigns.server.intake.incoming import Incoming
from primoro_campaigns.server.intake.service import IntakeService, run_import
from primoro_campaigns.wire.intake import Ingest, IngestReport, Outcome, RowReport


def intake_router(intake: IntakeService) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["intake"])

    @router.post("/ingest")
    def ingest(database: CurrentDatabase, actor: CurrentActor, asked: Ingest) -> IngestReport:
        """Take in a batch; sent again, it changes nothing. A row that is refused does not stop the others."""
        reports: list[RowReport] = []
        tally = run_import(
            database,
            intake,
            actor,
            (Incoming("", line, content) for line, content in enumerate(asked.rows, start=1)),
            source=asked.source,
            door="api",
            on_batch=lambda outcomes: reports.extend(
                RowReport(
                    line=each.line,
                    kind=each.kind,
                    external_id=each.external_id,
                    outcome=each.outcome,
                    code=each.code,
                    words=each.words,
                )
                for each in outcomes
            ),
        )
        return IngestReport(
            run_id=tally.run_id,
            taken=tally.counts[Outcome.TAKEN],
            changed=tally.counts[Outcome.CHANGED],
            unchanged=tally.counts[Outcome.UNCHANGED],
            refused=tally.counts[Outcome.REFUSED],
            rows=reports,
        )

    return router
