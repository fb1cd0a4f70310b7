"""The window in which one signs in or sets up. Loaded when somebody has to."""

from collections.abc import Callable

from primoro_campaigns.desktop.account.presenter import AccountPresenter, Door, Known
from primoro_campaigns.desktop.account.profile import Profile
from primoro_campaigns.desktop.account.view import AccountWindow
from primoro_campaigns.desktop.work.runner import Running


def open_entry(
    door: Door,
    runner: Running,
    profile: Profile,
    signed_in: Callable[[object, bool], None],
    closed: Callable[[], None],
) -> AccountWindow:
    """The window, not shown yet. ``signed_in`` gets what the door answered, and whether this computer is the
    server.
    """
    window = AccountWindow(closed)
    known = Known(
        server=profile.server,
        own_server=profile.own_server,
        username="" if profile.account is None else profile.account.username,
    )
    presenter = AccountPresenter(window, door, runner, known, signed_in)
    window.bind(presenter)
    presenter.start()
    return window
