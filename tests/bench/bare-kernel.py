"""The peer of the round trip: the same request sent straight to the same kernel by jupyter_client.

Usage: bare-kernel.py CONNECTION_FILE COUNT. Prints one JSON list of times in milliseconds: from sending `1+1` until both
the reply and the result have come.
"""
import json
import sys
import time

from jupyter_client.blocking.client import BlockingKernelClient

client = BlockingKernelClient()
client.load_connection_file(sys.argv[1])
client.start_channels()
client.wait_for_ready(timeout=30)
times = []
for _ in range(int(sys.argv[2])):
    begin = time.perf_counter()
    request = client.execute("1+1")
    idle = replied = False
    while not (idle and replied):
        if not idle:
            message = client.get_iopub_msg(timeout=10)
            if message["parent_header"].get("msg_id") != request:
                continue
            idle = message["content"].get("execution_state") == "idle"
        else:
            reply = client.get_shell_msg(timeout=10)
            replied = reply["parent_header"].get("msg_id") == request
    times.append((time.perf_counter() - begin) * 1000)
client.stop_channels()
print(json.dumps(times))
