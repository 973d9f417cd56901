"""Writers take turns, in the order in which they came.

SQLite lets one writer in at a time and has the others try again after a pause,
so that under load some wait for seconds while late-comers slip in before them.
Inside one process we queue instead; between processes SQLite's own waiting
stays.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from pathway.errors import Busy


class Turns:
    """A lock that is handed to whoever has waited longest."""

    def __init__(self) -> None:
        self._state = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    @contextmanager
    def take(self, seconds: float) -> Iterator[None]:
        """Wait for a turn and hold it inside.

        Raises:
            Busy: it did not come within this many seconds.
        """
        mine = self._join()
        if mine is not None and not mine.wait(seconds):
            self._give_up(mine)
            raise Busy("Many people are saving at once. Nothing was changed. Try again.")
        try:
            yield
        finally:
            self._pass_on()

    def _join(self) -> threading.Event | None:
        """Return None when it is our turn at once, else what will be set when it is."""
        with self._state:
            if not self._taken:
                self._taken = True
                return None
            mine = threading.Event()
            self._waiting.append(mine)
            return mine

    def _give_up(self, mine: threading.Event) -> None:
        """Leave the queue; a turn that came in this very moment goes to the next."""
        with self._state:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return
        self._pass_on()

    def _pass_on(self) -> None:
        with self._state:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
