"""A DSP far away: passes requests on to another base URL, and holds every answer back for a while.

Arguments: the host and port of the other one, and the seconds. Prints its own port and serves until its
standard input ends; then it prints how many requests there were.
"""

import asyncio
import sys

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


class SlowProxy:
    """Every connection has one of its own behind it.

    Attributes:
        passed: how many requests there were.
    """

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self.passed = 0
        self._behind = host, port
        self._seconds = seconds

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        behind_reader, behind_writer = await asyncio.open_connection(*self._behind)
        try:
            while True:
                behind_writer.write(await _message(reader))
                self.passed += 1
                answer = await _message(behind_reader)
                await asyncio.sleep(self._seconds)
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # one side has had enough
        finally:
            behind_writer.close()
            writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Read one message of HTTP/1.1 that tells its length, as those of suite and stub do."""
    head = await reader.readuntil(_END_OF_HEAD)
    lines = head.lower().split(b"\r\n")
    length = next((int(line.removeprefix(_LENGTH)) for line in lines if line.startswith(_LENGTH)), 0)
    return head + await reader.readexactly(length)


async def main() -> None:
    """Serve until standard input ends."""
    host, port, seconds = sys.argv[1:]
    proxy = SlowProxy(host, int(port), float(seconds))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()
    print(proxy.passed, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
