"""The run's one inbox, seen from another process: parallel workers wait for messages at a shared receiver."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.base.ipc import Caller
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.user.exchange import Delivery
from dsp_conformance.user.inbox import Inbox


def served_by(inbox: Inbox) -> Mapping[str, Callable[..., object]]:
    """Return what the process with the receiver serves, for `RemoteInbox` to call."""

    def wait_for_answers(request_id: RequestID, timeout: float, count: int) -> tuple[Delivery, ...]:
        return inbox.wait_for_answers(request_id, timeout, count=count)

    return {
        "inbox.everything": inbox.everything,
        "inbox.answers_to": inbox.answers_to,
        "inbox.answers_about": inbox.answers_about,
        "inbox.wait_for_answers": wait_for_answers,
        "inbox.wait_for_word": inbox.wait_for_word,
        "inbox.take_for": inbox.take_for,
        "inbox.turned_away_since": inbox.turned_away_since,
        "inbox.came_for": inbox.came_for,
        "inbox.note_sent": inbox.note_sent,
    }


class RemoteInbox:
    """Asks the inbox of another process; waiting is done over there, by condition."""

    def __init__(self, call: Caller) -> None:
        self._call = call

    def everything(self) -> tuple[Delivery, ...]:
        """Return every message so far."""
        found: tuple[Delivery, ...] = self._call("inbox.everything")
        return found

    def answers_to(self, request_id: RequestID) -> tuple[Delivery, ...]:
        """Return the messages so far that name this request, refused ones included."""
        found: tuple[Delivery, ...] = self._call("inbox.answers_to", request_id)
        return found

    def answers_about(self, device_id: Eui64) -> tuple[Delivery, ...]:
        """Return the messages so far that name this Device as either party of a request, alerts excluded."""
        found: tuple[Delivery, ...] = self._call("inbox.answers_about", device_id)
        return found

    def wait_for_answers(
        self, request_id: RequestID, timeout: float, *, count: int = 1
    ) -> tuple[Delivery, ...]:
        """Wait for that many messages that name this request; return those that came, perhaps none."""
        found: tuple[Delivery, ...] = self._call("inbox.wait_for_answers", request_id, timeout, count)
        return found

    def wait_for_word(self, request_id: RequestID, since: datetime, timeout: float) -> bool:
        """Wait for a message that names this request, or a DCC alert about its Device since that moment."""
        came: bool = self._call("inbox.wait_for_word", request_id, since, timeout)
        return came

    def take_for(self, user: Eui64) -> None:
        """Take messages for this Service User from now on; those for others are refused."""
        self._call("inbox.take_for", user)

    def turned_away_since(self, moment: datetime) -> tuple[str, ...]:
        """Return why something was turned away unread since that moment, each reason once."""
        found: tuple[str, ...] = self._call("inbox.turned_away_since", moment)
        return found

    def came_for(self, user: Eui64, since: datetime) -> bool:
        """Tell whether any message for a Service User came since a moment: good or bad, a response or not."""
        found: bool = self._call("inbox.came_for", user, since)
        return found

    def note_sent(self, requests: Mapping[RequestID, datetime]) -> None:
        """Note which requests were sent, and when, for the account of the run."""
        self._call("inbox.note_sent", dict(requests))

    def wait_out(self, moment: float) -> None:
        """Wait until the monotonic clock shows that moment, whatever arrives meanwhile."""
        threading.Event().wait(max(0.0, moment - time.monotonic()))
