"""FastAPI dependencies of every room's ``api.py``: the database, and who asks.

``def endpoint(database: CurrentDatabase, actor: CurrentActor)``. The application carries the database in its
state (``http/app.py``).
"""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from primoro_campaigns.server.account import session
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.account.session import SignedIn, SignedOutError
from primoro_campaigns.server.database.unit_of_work import Database

_BEARER = HTTPBearer(auto_error=False, description="The access token of a session")


def current_database(request: Request) -> Database:
    database = request.app.state.database
    if not isinstance(database, Database):
        raise TypeError("the application was made without a database")
    return database


CurrentDatabase = Annotated[Database, Depends(current_database)]


def bearer_token(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> str:
    """The access token of the request. Raises ``SignedOutError`` when there is none."""
    if credentials is None:
        raise SignedOutError
    return credentials.credentials


BearerToken = Annotated[str, Depends(bearer_token)]


def current_session(request: Request, database: CurrentDatabase, token: BearerToken) -> SignedIn:
    """Raises ``SignedOutError``."""
    with database.read() as connection:
        found = session.signed_in(connection, token, database.clock.now())
    request.state.user_id = found.actor.user_id
    return found


CurrentSession = Annotated[SignedIn, Depends(current_session)]


def current_actor(found: CurrentSession) -> Actor:
    return found.actor


CurrentActor = Annotated[Actor, Depends(current_actor)]
