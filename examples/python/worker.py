"""Counts once a second and says which copy it is; ends at once when asked to."""
import os
import signal
import sys
import time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
index = os.environ.get("TAILHERD_INSTANCE_INDEX", "0")
step = int(os.environ.get("STEP", "1"))
count = 0
while True:
    count += step
    print(f"worker={index} count={count}")
    time.sleep(1)
