"""Answers on the socket that it is handed, one client at a time. Asked to end, it answers whom it has accepted."""
import os
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"hello from {os.getpid()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


if os.environ.get("LISTEN_PID") != str(os.getpid()):
    sys.exit("there is no socket for this process: start it by tailherd")
server = HTTPServer(("", 0), Hello, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=3)
# shutdown() waits for the loop that the handler interrupts, so it needs a thread of its own.
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print("ready", flush=True)
server.serve_forever(poll_interval=0.05)
