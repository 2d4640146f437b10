"""Another system's end of a webhook: a small HTTP server that keeps what it was sent and answers as it is told to."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SILENT = 0  # hangs up after reading


class Receiver:
    """`got` holds (headers, body) of every call, oldest first; `answer()` gives the status of the next; `headers` go with it."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[], int] = lambda: 204
        self.headers: dict[str, str] = {}
        self.url = ""


@contextmanager
def receiver() -> Iterator[Receiver]:
    """The other system, listening; `url` is its address."""
    system = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            system.got.append(({name.lower(): value for name, value in self.headers.items()} | {":path": self.path}, body))
            status = system.answer()
            self.close_connection = True
            if status == SILENT:
                return
            self.send_response(status)
            for name, value in ({"Content-Length": "0", "Connection": "close"} | system.headers).items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_args) -> None:
            """Nothing on the screen of a test."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    system.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield system
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
