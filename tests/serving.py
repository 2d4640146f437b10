"""An application that listens on this machine, for browsers, counterparts and races. Which application, and what is asked of it, is the test's."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

PATIENCE = 20  # seconds a request under way may still take


class _Quiet(WSGIRequestHandler):
    def log(self, *_args) -> None:
        """Nothing on the screen of a test."""


class _Gate:
    """Before the application: once closed nobody comes through, and who is inside is waited for.

    A browser's open line outlives the server's shutdown; a late request would take a connection from a pool that is closed already, and
    nobody would give it back.
    """

    def __init__(self, app: Flask):
        self._app, self._inside, self._closed, self._news = app, [], False, threading.Condition()

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        with self._news:
            if self._closed:
                start_response("503 Service Unavailable", [("Content-Length", "0"), ("Connection", "close")])
                return []
            self._inside.append(asked := environ["PATH_INFO"])
        try:
            with closing(ClosingIterator(self._app(environ, start_response))) as body:
                return [b"".join(body)]
        finally:
            with self._news:
                self._inside.remove(asked)
                self._news.notify_all()

    def close(self) -> None:
        """Nobody comes in any more. Raises TimeoutError while somebody does not come out."""
        with self._news:
            self._closed = True
            if not self._news.wait_for(lambda: not self._inside, PATIENCE):
                raise TimeoutError(f"still under way: {self._inside}")


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[str]:
    """The address of an application that answers from threads; afterwards nothing of it is under way."""
    gate = _Gate(app)
    server = make_server("127.0.0.1", port, gate, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        gate.close()
        server.server_close()
