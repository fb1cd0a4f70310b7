"""The typed door to ``sqlcipher3``, whose interface is that of the standard library's ``sqlite3``."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from sqlcipher3 import dbapi2  # type: ignore[import-untyped]  # the library ships no types

if TYPE_CHECKING:
    import sqlite3

connect = cast("Callable[..., sqlite3.Connection]", dbapi2.connect)

Error = cast("type[sqlite3.Error]", dbapi2.Error)
DatabaseError = cast("type[sqlite3.DatabaseError]", dbapi2.DatabaseError)
OperationalError = cast("type[sqlite3.OperationalError]", dbapi2.OperationalError)

# Of a value that is not plainly a text or a number the library first asks, at length, whether it knows how to
# adapt itself. Nothing and yes or no are a third of all cells of a first fill: these answers are immediate.
dbapi2.register_adapter(type(None), {}.get)
dbapi2.register_adapter(bool, int)
