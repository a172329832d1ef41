"""Serves a twin on 127.0.0.1, in a thread of this process. Never on another address.

Port 0 takes a free one. Nothing is logged: the journal counts, and bodies are nobody's business.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Final

import uvicorn

from connectors.sandbox.front import Twin, application

HOST: Final = "127.0.0.1"
_PATIENCE_SECONDS: Final = 2


@contextmanager
def serving(twin: Twin, port: int = 0) -> Iterator[str]:
    """Serve a twin until the block ends; gives its address.

    Raises:
        OSError: The port is taken.
    """
    listening = _listen(port)
    address = f"http://{HOST}:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        application(twin),
        log_config=None,
        log_level=logging.CRITICAL + 1,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=_PATIENCE_SECONDS,
        server_header=False,
        timeout_keep_alive=60,
    )
    config.load()  # imports: an interrupt while two threads import may leave one waiting for ever
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=([listening],), name="twin", daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join(2 * _PATIENCE_SECONDS)


def _listen(port: int) -> socket.socket:
    # With the protocol named, asyncio turns Nagle's algorithm off: 40 ms less for every answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening
