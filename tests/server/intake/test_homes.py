"""Where patients were seen most."""

from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.server.intake.homes import Homes

OURS = {"leeds", "york"}
VISITS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "ben", "cy"]),
        st.sampled_from(["leeds", "york", "hospital", "clinic"]),
        st.dates().map(str) | st.sampled_from(["", "2020", "soon", "2026-02-30T10:00:00Z"]),
    ),
    max_size=30,
)


def day(start: str) -> str:
    return start if len(start) == 10 else ""


@given(VISITS)
def test_the_place_of_most_visits_ours_first_and_of_two_the_one_seen_last(
    visits: list[tuple[str, str, str]],
) -> None:
    homes = Homes()
    for visit in visits:
        homes.add(*visit)
    homes.settle(OURS.__contains__)
    for patient in ("ann", "ben", "cy"):
        at = [(place, day(start)) for who, place, start in visits if who == patient]
        places = {place for place, _ in at}
        best = max(
            places,
            key=lambda place: (
                place in OURS,
                sum(each == place for each, _ in at),
                max(start for each, start in at if each == place),
                place,
            ),
            default="",
        )
        assert homes.of(patient) == best
