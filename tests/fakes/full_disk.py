"""A disk that has no room."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

if sys.platform != "win32":
    import resource

    @contextmanager
    def no_file_grows_beyond(size: int) -> Iterator[None]:
        """The operating system refuses this process every write beyond ``size`` bytes of a file."""
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
