"""An HTTP server of JSON documents on loopback, for what a program under test asks."""

import contextlib
import http.server
import json
import threading

NOT_FOUND = {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}


@contextlib.contextmanager
def serving(page):
    """Its address. `page(path)` is what a GET is answered with; None: it is not found."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            found = page(self.path.partition("?")[0])
            body = json.dumps(NOT_FOUND if found is None else found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
