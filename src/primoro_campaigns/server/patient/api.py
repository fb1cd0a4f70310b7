"""HTTP of patients: one patient's file."""

from typing import Annotated

from fastapi import APIRouter, Path

from primoro_campaigns.server.account.authentication import CurrentActor, CurrentDatabase
from primoro_campaigns.server.patient import service
from primoro_campaigns.storage.patient_facts import tags_of
from primoro_campaigns.wire.patient import PatientFile

PatientIdInPath = Annotated[str, Path(min_length=1, max_length=36)]


def patient_router() -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["patient"])

    @router.get("/patients/{patient_id}")
    def patient_file(
        database: CurrentDatabase, actor: CurrentActor, patient_id: PatientIdInPath
    ) -> PatientFile:
        with database.read() as connection:
            row = service.find(connection, actor, patient_id)
        return PatientFile.model_validate({**row._mapping, "tags": sorted(tags_of(str(row.tags)))})

    return router
