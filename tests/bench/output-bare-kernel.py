"""Milliseconds the kernel alone takes for a cell: from the request to `idle`, everything it says read and thrown away.

Reads {"source", "rounds"} from standard input; writes a JSON list. The interpreter that runs this is the kernel's.
"""
import json
import sys
import time

from jupyter_client.manager import start_new_kernel


def main():
    asked = json.load(sys.stdin)
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        run(client, "1 + 1")
        print(json.dumps([run(client, asked["source"]) for _ in range(asked["rounds"])]))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client, source):
    begin = time.perf_counter()
    request = client.execute(source)
    socket = client.iopub_channel.socket
    while True:
        # Only the header and the parent say when it is over; the content of an output is not decoded.
        parts = socket.recv_multipart()
        at = parts.index(b"<IDS|MSG>")
        if json.loads(parts[at + 2])["msg_type"] != "status" or json.loads(parts[at + 3]).get("msg_id") != request:
            continue
        if json.loads(parts[at + 5])["execution_state"] == "idle":
            break
    client.get_shell_msg(timeout=60)
    return (time.perf_counter() - begin) * 1000


main()
