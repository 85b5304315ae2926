"""A run from which the network is pulled away: nothing is proven about the product, and nothing hangs."""

import math
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsp_conformance.record import journal

Start = Callable[..., Any]
_Count = Callable[[bytes], bool]
_PATIENCE = 5

STORIES = "suspended_electricity_meter_tells or suspended_gas_meter_tells"


def end(each: socket.socket) -> None:
    """Close a socket for whoever waits on it too."""
    with suppress(OSError):  # closed already
        each.shutdown(socket.SHUT_RDWR)
    each.close()


@dataclass
class Network:
    """Carries octets between the parties until it is pulled: from then on nobody reaches anybody."""

    sockets: list[socket.socket] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    pulled: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)
    answered: threading.Event = field(default_factory=threading.Event)

    def pull(self) -> None:
        with self.lock:
            self.pulled = True
            for each in self.sockets:
                end(each)

    def line_to(self, port: Callable[[], int], messages: float = math.inf, heard: float = math.inf) -> int:
        """Make a port that leads to another one.

        More messages than these on the way there pull it all, once the request that they follow from is
        answered; DUIS requests after so many are not heard.
        """
        left, unheard = [messages], [heard]

        def passes(octets: bytes) -> bool:
            if octets.startswith(b"POST /api/"):
                self.answered.clear()
            left[0] -= octets.startswith(b"POST ")
            return left[0] >= 0 or not self.answered.wait(_PATIENCE)

        def swallows(octets: bytes) -> bool:
            unheard[0] -= octets.startswith(b"POST /api/")
            return unheard[0] < 0 and octets.startswith(b"POST /api/")

        listener = socket.create_server(("127.0.0.1", 0))
        self.sockets.append(listener)
        self._start(self._accept, listener, port, passes, swallows)
        return int(listener.getsockname()[1])

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self.threads.append(thread)
        thread.start()

    def _accept(
        self, listener: socket.socket, port: Callable[[], int], count: _Count, swallows: _Count
    ) -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", port()))
            except OSError:
                return
            with self.lock:
                self.sockets += [near, far]
                if self.pulled:
                    self.pull()
            self._start(self._carry, near, far, count, swallows)
            self._start(self._carry, far, near, lambda _: True, lambda _: False, self._note_answer)

    def _note_answer(self, octets: bytes) -> None:
        if octets.rstrip().endswith(b">"):  # the last piece of one that holds XML
            self.answered.set()

    def _carry(
        self,
        source: socket.socket,
        sink: socket.socket,
        passes: _Count,
        swallows: _Count,
        carried: Callable[[bytes], object] = lambda _: None,
    ) -> None:
        swallowed = False
        with suppress(OSError):
            while octets := source.recv(65536):
                swallowed = swallowed or swallows(octets)
                if swallowed:
                    continue
                if not passes(octets):
                    self.pull()
                    return
                sink.sendall(octets)
                carried(octets)
        end(sink)


@contextmanager
def network() -> Iterator[Network]:
    one = Network()
    yield one
    one.pull()
    for thread in one.threads:
        thread.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_a_network_that_is_pulled_away_in_mid_run_leaves_it_inconclusive(
    run_some: Start, serve_stub: Start, tmp_path: Path
) -> None:
    with network() as lines:
        stub = [0]
        receiver = free_port()
        to_stub = lines.line_to(lambda: stub[0])
        to_receiver = lines.line_to(lambda: receiver, messages=2)
        control_url = serve_stub(
            "--advertised-url", f"http://127.0.0.1:{to_stub}", "--port", str(port := free_port())
        )
        stub[0] = port
        assert control_url == f"http://127.0.0.1:{to_stub}/testbed/v1"
        target = tmp_path / "target.toml"
        target.write_text(
            f'[testbed]\ndriver = "control-api"\nurl = "{control_url}"\n'
            f'[receiver]\nbind = "127.0.0.1:{receiver}"\npublic_url = "http://127.0.0.1:{to_receiver}"\n'
            "[profile]\nsilence_seconds = 0.2\nsettle_seconds = 0.2\n"
            "[timeouts]\nconnect = 1\nanswer = 2\nresponse = 1\n",
            encoding="utf-8",
        )
        run = run_some(STORIES, f"--target={target}")
        assert lines.pulled, run.output
    assert run.exit_code == 3, run.output
    assert run.requirements("fail") == set(), run.output
    assert run.requirements("inconclusive") & {"MP105-01", "MP105-02"}, run.output
    assert "the DSP went away after it accepted the request" in " ".join(run.output.split())
    assert journal.read(run.folder / journal.NAME).complete, "the whole journal is kept"


def test_a_dsp_that_falls_silent_in_mid_run_is_not_waited_for_in_full_each_time(
    run_some: Start, serve_stub: Start, tmp_path: Path
) -> None:
    with network() as lines:
        port = free_port()
        to_stub = lines.line_to(lambda: port, heard=7)
        control_url = serve_stub("--advertised-url", f"http://127.0.0.1:{to_stub}", "--port", str(port))
        target = tmp_path / "target.toml"
        target.write_text(
            f'[testbed]\ndriver = "control-api"\nurl = "{control_url}"\n'
            "[profile]\nsilence_seconds = 0.2\nsettle_seconds = 0.2\n"
            "[timeouts]\nconnect = 1\nanswer = 2\nresponse = 1\n",
            encoding="utf-8",
        )
        run = run_some("suspended_electricity_meter or suspended_gas_meter", f"--target={target}")
    assert run.exit_code == 3, run.output
    assert run.requirements("fail") == set(), run.output
    said = [reason["found"] for each in run.results["scenarios"] for reason in each["reasons"]]
    in_full = [found for found in said if "nothing came for 2 s at " in found]
    shortly = [found for found in said if "nothing came for 1 s, and no longer" in found]
    assert len(in_full) == 3, said
    assert len(shortly) == len(said) - 3 > 0, said
