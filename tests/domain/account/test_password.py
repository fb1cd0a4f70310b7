"""Which passwords are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.account.password import LONGEST, PasswordRefusedError, require_acceptable


@pytest.mark.parametrize(
    "password",
    ["copper kettle tuesday", "zebra-9Lamp", "ÄÖÜ-häufig-überall", "my dentist rocks", "7391846205"],
)
def test_taken(password: str) -> None:
    require_acceptable(password, "jo.bell")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "short"),
        ("kettle 12", "short"),
        ("x" * 8 + "yzab" * LONGEST, "long"),
        ("aaaaaaaaaaaa", "plain"),
        ("abababababab", "plain"),
        ("JoannaBell", "username"),
        ("joannabell2026!", "username"),
        ("Password123!", "common"),
        ("qwertyuiop", "common"),
        ("RECEPTION-2026", "common"),
        ("1234567890", "common"),
        ("0987654321", "common"),
    ],
)
def test_not_taken(password: str, code: str) -> None:
    with pytest.raises(PasswordRefusedError) as refused:
        require_acceptable(password, "joannabell")
    assert refused.value.code == f"account.password_{code}"
    assert password not in str(refused.value) or not password


def test_a_user_name_without_letters_refuses_only_itself() -> None:
    require_acceptable("7391846205", "12")
    with pytest.raises(PasswordRefusedError):
        require_acceptable("7391846205", "7391846205")


@given(st.text(max_size=30), st.text(max_size=20))
def test_anything_can_be_typed(password: str, username: str) -> None:
    try:
        require_acceptable(password, username)
    except PasswordRefusedError:
        return
    assert len(password) >= 10
    assert password.casefold() != username.casefold()
