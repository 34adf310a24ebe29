"""A server before an SQS-compatible one that passes everything on but deletes, which it never answers."""

import contextlib
import http.server
import threading
import urllib.error
import urllib.request

PATIENCE = 30  # seconds for somebody to delete something


@contextlib.contextmanager
def held_back(endpoint):
    """Gives back the URL of the server, and an event that is set once somebody wants to delete."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    server.daemon_threads = True
    server.endpoint, server.asked, server.over = endpoint, threading.Event(), threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.asked
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


class Passing(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if "DeleteMessage" in self.headers.get("x-amz-target", "") or b"Action=DeleteMessage" in body:
            self.server.asked.set()
            self.server.over.wait()
            self.close_connection = True
            return
        request = urllib.request.Request(self.server.endpoint + self.path, body, dict(self.headers))
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            reply = direct.open(request, timeout=PATIENCE)
        except urllib.error.HTTPError as refusal:
            reply = refusal
        text = reply.read()
        # Whoever asked may have been killed.
        with contextlib.suppress(OSError):
            self.pass_on(reply, text)

    def pass_on(self, reply, text):
        self.send_response(reply.status)
        self.send_header("content-type", reply.headers.get("content-type", ""))
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass
