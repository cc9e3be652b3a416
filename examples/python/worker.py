"""Counts once a second and says which copy it is, also to its supervisor; ends at once when asked to."""
import os
import signal
import socket
import sys
import time


def tell(text):
    """sd_notify: nobody listens where NOTIFY_SOCKET is not set, and whoever does not is no reason to stop."""
    path = os.environ.get("NOTIFY_SOCKET")
    if path is None:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        try:
            sender.sendto(text.encode(), path)
        except OSError:
            pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
index = os.environ.get("TAILHERD_INSTANCE_INDEX", "0")
step = int(os.environ.get("STEP", "1"))
count = 0
tell("READY=1")
while True:
    count += step
    print(f"worker={index} count={count}")
    tell(f"WATCHDOG=1\nSTATUS=Counted to {count}")
    time.sleep(1)
