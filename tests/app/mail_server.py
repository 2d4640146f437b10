"""A mailbox for tests: IMAP as far as a reader of unread letters needs it (RFC 3501), on a thread of its own."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Mailbox:
    """`letters`: raw bytes; `read`: the numbers (from 1) that were marked; `url` leads here."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.read: set[int] = set()
        self.url = ""


@contextmanager
def imap() -> Iterator[Mailbox]:
    """The mailbox, listening; user u, password p/w."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            for line in self.rfile:
                tag, _, command = line.decode().strip().partition(" ")
                self.wfile.write(answer(command) + f"{tag} OK done\r\n".encode())
                if command == "LOGOUT":
                    return

    def answer(command: str) -> bytes:
        if command.startswith("CAPABILITY"):
            return b"* CAPABILITY IMAP4rev1\r\n"
        if command.startswith("LOGIN"):
            assert command == 'LOGIN u "p/w"', command
        if command.startswith("SELECT"):
            return f"* {len(box.letters)} EXISTS\r\n".encode()
        if command == "UID SEARCH UNSEEN":
            return ("* SEARCH " + " ".join(str(n) for n in range(1, len(box.letters) + 1) if n not in box.read)).encode() + b"\r\n"
        if found := re.match(r"UID FETCH (\d+) \(BODY.PEEK\[\]\)", command):
            raw = box.letters[int(found[1]) - 1]
            return f"* {found[1]} FETCH (UID {found[1]} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"
        if found := re.match(r"UID STORE (\d+) \+FLAGS", command):
            box.read.add(int(found[1]))
        return b"* BYE\r\n" if command == "LOGOUT" else b""

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    box.url = f"imap://u:p%2Fw@127.0.0.1:{server.server_address[1]}"
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
