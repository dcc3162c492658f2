"""A server on loopback that can do what servers on the internet do: cut connections, ignore ranges, change files."""

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """What the server has and does, to be changed at any time.

    files: by path. moved: other addresses, by path. status: what it answers, if not 200.
    ranges, validators, lengths: whether it knows them.
    cuts: of the next answers, after how many bytes the connection is cut. held: what is waited for before it ends then.
    piece: how many bytes a range is answered with at most. off: by how much later than asked.
    asked: the path and the Range of each request.
    """

    def __init__(self, address):
        self.address = address
        self.files: dict[str, bytes] = {}
        self.cuts: list[int] = []
        self.ranges = self.validators = self.lengths = True
        self.status: int | None = None
        self.moved: dict[str, str] = {}
        self.held: threading.Event | None = None
        self.piece: int | None = None
        self.off = 0
        self.asked: list[tuple[str, str | None]] = []

    def validator(self, path):
        return f'"{hash(self.files[path])}"'


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server.facts
        asked = self.headers["Range"]
        server.asked.append((self.path, asked))
        body = server.files.get(self.path)
        if self.path in server.moved:
            self.send_response(301)
            self.send_header("Location", server.moved[self.path])
            return self.end_headers()
        if server.status or body is None:
            return self.send_error(server.status or 404)
        start = 0
        if asked and server.ranges and self.headers["If-Range"] == server.validator(self.path):
            start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
            if start >= len(body):
                return self.send_error(416)
            start += server.off
        end = start + server.piece if start and server.piece else len(body)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{min(end, len(body)) - 1}/{len(body)}")
        if server.lengths:
            self.send_header("Content-Length", str(min(end, len(body)) - start))
        if server.validators:
            self.send_header("ETag", server.validator(self.path))
        self.end_headers()
        cut = server.cuts.pop(0) if server.cuts else len(body)
        self.wfile.write(body[start : min(start + cut, end)])
        if start + cut < len(body) and server.held:
            server.held.wait()
        self.close_connection = True

    def log_message(self, *arguments):
        pass


@contextmanager
def serving():
    """A Server, in a thread."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.facts = Server(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield http.facts
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
