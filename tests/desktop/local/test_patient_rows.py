"""Every patient has a place in the alphabet, and it is also the place in the search index."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.desktop.local import patient_rows, schema
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.search_index import sort_name
from primoro_campaigns.desktop.sync.rows import Cell
from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Role
from primoro_campaigns.support.clock import FixedClock
from tests.conftest import NOW
from tests.fakes.inline_runner import InlineRunner
from tests.fakes.reception import Reception, a_patient

NAMES = ("seq", *schema.COLUMNS["patient"])
FAMILY = ("Ash", "ash", "Élan", "elan", "Oak", "O'Neil", "Zhou", "Ångström", "", "aaaa")


def row_of(patient_id: str, given: str, family: str) -> list[Cell]:
    row = a_patient(patient_id, given, family)
    return [1 if name == "seq" else row.get(name) for name in NAMES]


def in_order(database: Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        rows = connection.execute("SELECT family_name, given_name FROM patient ORDER BY place").fetchall()
    return [(str(family), str(given)) for family, given in rows]


def sorted_by_name(people: dict[str, tuple[str, str]]) -> list[str]:
    return sorted(sort_name(*each) for each in people.values())


changes = st.lists(
    st.tuples(
        st.sampled_from([f"p{number}" for number in range(12)]),
        st.sampled_from(FAMILY),
        st.sampled_from(["Ann", "Bea", "ann", ""]),
        st.booleans(),
    ),
    max_size=40,
)


def test_the_list_is_in_the_order_of_names_after_any_changes(tmp_path: Path) -> None:
    numbers = iter(range(10**6))

    @given(loaded=changes, changed=changes, narrow=st.booleans())
    def in_place(
        loaded: list[tuple[str, str, str, bool]], changed: list[tuple[str, str, str, bool]], narrow: bool
    ) -> None:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        desk = Reception(
            folder, FixedClock(NOW), InlineRunner(), lambda act: act(), ROLE_RIGHTS[Role.RECEPTION]
        )
        gap = patient_rows._GAP
        try:
            if narrow:
                # So that the room between neighbours is soon used up, and all places are given out anew.
                patient_rows._GAP = 4
            people = {patient_id: (family, given) for patient_id, family, given, _ in loaded}
            with desk.database.write() as connection:
                rows = [row_of(each, given, family) for each, (family, given) in people.items()]
                patient_rows.append(connection, patient_rows.spelled(NAMES, rows), 0)
                patient_rows.finish_load(connection)
            for patient_id, family, given, goes in changed:
                with desk.database.write() as connection:
                    if goes:
                        people.pop(patient_id, None)
                        patient_rows.delete(connection, [patient_id])
                    else:
                        people[patient_id] = (family, given)
                        patient_rows.upsert(connection, NAMES, [row_of(patient_id, given, family)])
            assert [sort_name(*each) for each in in_order(desk.database)] == sorted_by_name(people)
            for family in {family for family, _ in people.values() if family}:
                found = {row.patient_id for row in desk.context.patients.search(family, 100)}
                assert found >= {each for each, (name, _) in people.items() if name == family}
                assert found <= people.keys()
        finally:
            patient_rows._GAP = gap
            desk.close()

    in_place()
