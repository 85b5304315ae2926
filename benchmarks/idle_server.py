"""A server of the stub's make that does nothing: the bare round trip. Prints its URL and serves."""

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_ANSWER = b"<idle/>" * 240  # about the size of a signed answer


async def _answer(request: Request) -> Response:
    await request.body()
    return Response(_ANSWER, media_type="application/xml")


def main() -> None:
    """Serve until told to stop."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
    application = Starlette(routes=[Route("/", _answer, methods=["POST"])])
    configuration = uvicorn.Config(application, log_config=None, access_log=False, lifespan="off")
    uvicorn.Server(configuration).run([listener])


if __name__ == "__main__":
    main()
