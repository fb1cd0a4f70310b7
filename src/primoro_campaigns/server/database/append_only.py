"""Tables whose rows are only ever added: the database itself refuses to change or delete one."""

from sqlalchemy import DDL, Table, event

_SQLITE = (
    "CREATE TRIGGER {name}_kept BEFORE UPDATE ON {name} "
    "BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END",
    "CREATE TRIGGER {name}_stays BEFORE DELETE ON {name} "
    "BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END",
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION {name}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION '{name} is append-only'; END $$",
    "CREATE TRIGGER {name}_kept BEFORE UPDATE OR DELETE ON {name} "
    "FOR EACH ROW EXECUTE FUNCTION {name}_append_only()",
    "CREATE TRIGGER {name}_stays BEFORE TRUNCATE ON {name} "
    "FOR EACH STATEMENT EXECUTE FUNCTION {name}_append_only()",
)


def append_only(table: Table) -> Table:
    """Have triggers made with ``table`` that refuse UPDATE and DELETE, and TRUNCATE on PostgreSQL.

    They keep mistakes and curious hands out. Who may drop triggers can still do anything: of consent that
    shows in the chain (``server.consent.chain``).
    """
    for dialect, statements in (("sqlite", _SQLITE), ("postgresql", _POSTGRESQL)):
        for statement in statements:
            ddl = DDL(statement.format(name=table.name))  # type: ignore[no-untyped-call]  # it has no types
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))
    return table
