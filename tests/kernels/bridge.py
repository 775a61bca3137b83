"""A kernel for Jupyter's own tools that is started through the gateway: the tools' half of the adapter.

    bridge.py CONNECTION_FILE KERNEL [arguments of the kernel]

It listens where the connection file says, as any kernel does, and passes every message on to gateway-bridge.ts through
the socket named by ANSATZ_BRIDGE. What comes back gets the header of its request again and a new signature. The process
lives as long as the kernel: 0 after a shutdown that was asked for, 1 when the kernel died by itself.
"""
import base64
import datetime
import json
import os
import signal
import socket
import sys

import zmq
from jupyter_client.session import Session

#: What the tools' tests put in the environment for the kernel; the rest of it belongs to this machine
ENVIRONMENT = ("COLUMNS", "LINES", "IPYKERNEL_CELL_NAME", "NBEXECUTE_TEST_PARALLEL_TMPDIR")
ORPHAN_MS = 1000


class Bridge:
    """One kernel between its ZeroMQ sockets and the gateway."""

    def __init__(self, connection, gateway):
        self.session = Session(key=connection["key"].encode("ascii"), username="kernel")
        self.gateway, self.unread = gateway, b""
        self.requests = {}  # msg_id: (who asked, the header of the request)
        self.stopping = None  # the shutdown_request that is being answered
        self.interrupts = []
        self.context, self.sockets = zmq.Context(), {}
        for name, kind in (("shell", zmq.ROUTER), ("control", zmq.ROUTER), ("stdin", zmq.ROUTER),
                           ("iopub", zmq.PUB), ("hb", zmq.REP)):
            self.sockets[name] = self.context.socket(kind)
            self.sockets[name].setsockopt(zmq.SNDHWM, 0)
            self.sockets[name].setsockopt(zmq.LINGER, 1000)
            separator = ":" if connection["transport"] == "tcp" else "-"
            self.sockets[name].bind("%s://%s%s%d" % (
                connection["transport"], connection["ip"], separator, connection[name + "_port"]))

    def run(self):
        """Passes messages on until the kernel is gone; returns the exit code."""
        poller, parent, exit_code = zmq.Poller(), os.getppid(), None
        for name in ("shell", "control", "stdin", "hb"):
            poller.register(self.sockets[name], zmq.POLLIN)
        poller.register(self.gateway, zmq.POLLIN)
        names = {value: name for name, value in self.sockets.items()}
        while exit_code is None:
            for ready, _ in poller.poll(ORPHAN_MS):
                if ready == self.gateway.fileno():
                    exit_code = self.from_gateway()
                elif names[ready] == "hb":
                    ready.send(ready.recv())
                else:
                    self.from_tool(names[ready])
            if os.getppid() != parent:
                return 1
        return exit_code

    def ask(self, op, **more):
        """One line to the gateway."""
        self.gateway.sendall(json.dumps(dict(more, op=op)).encode("ascii") + b"\n")

    def from_tool(self, channel):
        """A message that a tool sends to its kernel."""
        idents, parts = self.session.feed_identities(self.sockets[channel].recv_multipart())
        message = self.session.deserialize(parts)
        header, kind = message["header"], message["header"]["msg_type"]
        if channel != "stdin":
            self.requests[header["msg_id"]] = (idents, header)
        if (channel, kind) == ("control", "interrupt_request"):
            self.interrupts.append(header["msg_id"])
            self.ask("interrupt")
        elif (channel, kind) == ("control", "shutdown_request"):
            self.stopping = (header["msg_id"], message["content"])
            self.ask("shutdown", restart=bool(message["content"].get("restart")))
        else:
            # The gateway keeps a subshell of its own for what must not wait; any other is that one here.
            self.ask("send", channel=channel, msgId=header["msg_id"], msgType=kind, content=message["content"],
                     metadata=message["metadata"], aside=bool(header.get("subshell_id")),
                     buffers=[base64.b64encode(buffer).decode("ascii") for buffer in message["buffers"]])

    def from_gateway(self):
        """What has come from the gateway; returns the exit code once the kernel is gone."""
        data = self.gateway.recv(1 << 20)
        if not data:
            return fail("the gateway is gone")
        *lines, self.unread = (self.unread + data).split(b"\n")
        for line in lines:
            message = json.loads(line.decode("utf-8"))
            if message["op"] == "failed":
                return fail(message["message"])
            if message["op"] == "interrupted":
                self.reply("control", "interrupt_reply", self.interrupts.pop(0), {"status": "ok"})
            elif message["channel"] != "agent":
                self.reply(message["channel"], message["type"], message["parent"], message["content"],
                           message["metadata"], message["buffers"], message["time"])
            elif message["type"] == "gap":
                return fail("messages were lost: %s" % json.dumps(message["content"]))
            elif message["type"] == "died":
                return self.died(message["content"])
        return None

    def died(self, content):
        """The kernel is gone."""
        if self.stopping is None:
            return fail("the kernel died: %s" % json.dumps(content))
        parent, asked = self.stopping
        self.reply("control", "shutdown_reply", parent, {"status": "ok", "restart": bool(asked.get("restart"))})
        return 0

    def reply(self, channel, kind, parent, content, metadata=None, buffers=(), time=None):
        """A message from the kernel, to whoever asked."""
        idents, header = self.requests.get(parent, ([], {"msg_id": parent} if parent else {}))
        if channel == "iopub":
            idents = [("kernel.%s" % kind).encode("utf-8")]
        elif not idents:
            return  # an answer to nobody's question
        message = self.session.msg(kind, content, parent=header, metadata=metadata)
        if time is not None:
            message["header"]["date"] = datetime.datetime.fromtimestamp(time, datetime.timezone.utc)
        self.session.send(self.sockets[channel], message, ident=idents,
                          buffers=[base64.b64decode(buffer) for buffer in buffers])


def fail(message):
    """Says what happened and answers the exit code."""
    print("bridge.py: %s" % message, file=sys.stderr)
    return 1


def main():
    """The whole life of the process."""
    path, kernel, *arguments = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        connection = json.load(file)
    # Leaving closes the connection to the gateway, and that ends the kernel.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gateway = socket.socket(socket.AF_UNIX)
    gateway.connect(os.environ["ANSATZ_BRIDGE"])
    bridge = Bridge(connection, gateway)
    bridge.ask("start", kernel=kernel, arguments=arguments, cwd=os.getcwd(),
               env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ})
    code = bridge.run()
    for each in bridge.sockets.values():
        each.close()
    bridge.context.term()  # waits until the last replies have left
    return code


if __name__ == "__main__":
    sys.exit(main())
