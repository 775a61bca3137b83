"""The plain Python kernel: answers the messages of the Jupyter protocol with nothing but the standard library.

A process of its own, started like any other kernel with a connection file. The wire's thread answers what comes on
control at once; everything on shell waits for the main thread, where the user's code runs.
"""
import builtins
import faulthandler
import getpass
import json
import os
import platform
import queue
import signal
import sys
import traceback

import jupyter
import plain_completion
import plain_display
import plain_figures
import plain_inspection
import plain_shell
import plain_streams
import plain_wire

VERSION = "1.0"
PROTOCOL = "5.3"


class StdinNotImplementedError(RuntimeError):
    """The client that sent the code cannot answer questions (the name is that of ipykernel)."""


class Kernel:
    """Requests in, replies out."""

    def __init__(self, connection):
        self.wire = plain_wire.Wire(connection, self._receive)
        self.screen = plain_display.Screen(self.wire)
        self.shell = plain_shell.Shell(self.wire, self.screen)
        self.count, self._process = 0, os.getpid()
        self._requests, self._answers = queue.SimpleQueue(), queue.SimpleQueue()
        self._received, self._abort_until = 0, 0
        self._interruptible = self._stopping = False
        self._identity, self._allow_stdin = b"", False

    # -- the wire's thread ---------------------------------------------------------------------------------------------

    def _receive(self, channel, identity, parts):
        try:
            message = self.wire.session.unpack(parts)
            header = json.loads(parts[parts.index(jupyter.DELIMITER) + 2].decode("utf-8", "replace"))
            content = json.loads(message.content.decode("utf-8"))
        except jupyter.Rejected as error:
            self._log("a message was rejected: %s" % error)
            return
        if channel == "stdin":
            self._answers.put(str(content.get("value", "")))
        elif channel == "control":
            self._control(identity, header, message.type, content)
        else:
            self._received += 1
            self._requests.put((self._received, identity, header, message.type, content))

    def _control(self, identity, header, kind, content):
        self._status("busy", header)
        if kind == "kernel_info_request":
            self.wire.send("control", identity, "kernel_info_reply", _info(), header)
        elif kind == "interrupt_request":
            self.interrupt()
            self.wire.send("control", identity, "interrupt_reply", {"status": "ok"}, header)
        elif kind == "shutdown_request":
            reply = {"status": "ok", "restart": bool(content.get("restart"))}
            self.wire.send("control", identity, "shutdown_reply", reply, header)
            self.wire.publish("shutdown_reply", reply, parent=header)
        else:
            self._log("unknown request on control: %s" % kind)
        self._status("idle", header)
        if kind == "shutdown_request":
            self._stopping = True
            self._requests.put(None)
            self.interrupt()

    def interrupt(self):
        """SIGINT, also for the processes started by the user's code where we lead the group."""
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGINT)
        else:
            os.kill(os.getpid(), signal.SIGINT)

    # -- the main thread -----------------------------------------------------------------------------------------------

    def run(self):
        """Until shutdown."""
        self._status("starting", {})
        while not self._stopping:
            request = self._requests.get()
            if request is not None and not self._stopping:
                self._handle(*request)
            if os.getpid() != self._process:
                os._exit(0)  # a child the user's code forked and forgot to end
        self.wire.stop()

    def on_signal(self, number, frame):
        """An interrupt ends the user's code and nothing else."""
        if self._interruptible and os.getpid() == self._process:
            raise KeyboardInterrupt
        if os.getpid() != self._process:
            signal.default_int_handler(number, frame)

    def _handle(self, number, identity, header, kind, content):
        self.wire.parent = header
        self._status("busy", header)
        handler = getattr(self, "_on_" + kind, None)
        if kind == "execute_request" and number <= self._abort_until:
            self.wire.send("shell", identity, "execute_reply",
                           {"status": "aborted", "execution_count": self.count}, header)
        elif handler:
            self._identity = identity
            try:
                reply = handler(content)
            except KeyboardInterrupt as error:
                reply = _failure(error)
            except Exception as error:
                self._log(traceback.format_exc())
                reply = _failure(error)
            if os.getpid() != self._process:
                return
            if reply is not None:
                self.wire.send("shell", identity, kind.replace("_request", "_reply"), reply, header)
        else:
            self._log("unknown request on shell: %s" % kind)
        self._status("idle", header)

    def _status(self, state, header):
        self.wire.publish("status", {"execution_state": state}, parent=header)

    def _log(self, text):
        os.write(self.wire.log, (text.rstrip("\n") + "\n").encode("utf-8", "replace"))

    def _guard(self, function, *arguments):
        """Calls what may run the user's code, so that an interrupt can end it."""
        self._interruptible = True
        try:
            if self._stopping:  # it came in the moment before
                raise KeyboardInterrupt
            return function(*arguments)
        finally:
            self._interruptible = False

    def _on_kernel_info_request(self, content):
        return _info()

    def _on_execute_request(self, content):
        code, silent = content["code"], bool(content.get("silent"))
        store = bool(content.get("store_history", True)) and not silent
        self._allow_stdin = bool(content.get("allow_stdin"))
        self.count += 1 if store else 0
        if not silent:
            self.wire.publish("execute_input", {"code": code, "execution_count": self.count})
        signal.signal(signal.SIGINT, self.on_signal)  # the user's code may have left another one
        self.shell.begin(code, self.count, silent, store)
        try:
            self._guard(self.shell.run)
            values = self._guard(self.shell.evaluate, content.get("user_expressions") or {})
            reply = {"status": "ok", "user_expressions": values, "payload": self.shell.payload}
        except BaseException as error:
            reply = dict(self.shell.failure(error), status="error", user_expressions={}, payload=[])
            self.wire.publish("error", {key: reply[key] for key in ("ename", "evalue", "traceback")})
            if content.get("stop_on_error", True) and not silent:
                self.wire.sync()  # takes in what lies in the sockets
                self._abort_until = self._received
        return dict(reply, execution_count=self.count)

    def _on_complete_request(self, content):
        code, cursor = content["code"], content.get("cursor_pos")
        matches, start, end = self._guard(plain_completion.complete, self.shell.namespace, code,
                                          len(code) if cursor is None else cursor)
        return {"status": "ok", "matches": matches, "cursor_start": start, "cursor_end": end, "metadata": {}}

    def _on_inspect_request(self, content):
        text = self._guard(plain_inspection.at_cursor, self.shell.namespace, content["code"],
                           content.get("cursor_pos", len(content["code"])), content.get("detail_level", 0))
        data = {} if text is None else {"text/plain": text}
        return {"status": "ok", "found": text is not None, "data": data, "metadata": {}}

    def _on_is_complete_request(self, content):
        return plain_shell.is_complete(content["code"])

    def _on_history_request(self, content):
        return {"status": "ok", "history": self.shell.history.find(content)}

    def _on_comm_info_request(self, content):
        return {"status": "ok", "comms": {}}

    def _on_comm_open(self, content):
        """There is nothing to talk to here: the other side is told so."""
        self.wire.publish("comm_close", {"comm_id": content.get("comm_id", ""), "data": {}})

    def _on_comm_msg(self, content):
        """For no comm of ours."""

    _on_comm_close = _on_comm_msg

    def _on_shutdown_request(self, content):
        self._stopping = True
        return {"status": "ok", "restart": bool(content.get("restart"))}

    # -- what the user's code calls ------------------------------------------------------------------------------------

    def ask(self, prompt, password):
        """One line from the person in front of the client."""
        if not self._allow_stdin:
            raise StdinNotImplementedError("this client cannot answer input(): it sent the code without allow_stdin")
        while not self._answers.empty():
            self._answers.get()  # the answer to a question that was interrupted
        question = {"prompt": prompt, "password": password}
        self.wire.send("stdin", self._identity, "input_request", question, self.wire.parent)
        value = self._answers.get()
        if value == "\x04":
            raise EOFError
        return value

    def input(self, prompt="", /):
        """Asks the person in front of the notebook for a line of text."""
        return self.ask(str(prompt), False)

    def getpass(self, prompt="Password: ", stream=None, **more):
        """Asks for a line of text that is not shown."""
        return self.ask(str(prompt), True)


def _info():
    return {
        "status": "ok", "protocol_version": PROTOCOL,
        "implementation": "ansatz-python", "implementation_version": VERSION,
        "language_info": {
            "name": "python", "version": platform.python_version(), "mimetype": "text/x-python",
            "file_extension": ".py", "pygments_lexer": "python3", "nbconvert_exporter": "python",
            "codemirror_mode": {"name": "python", "version": 3}},
        "banner": "Python %s\nThe plain kernel of Ansatz: Python without IPython." % sys.version.replace("\n", " "),
        "help_links": [], "debugger": False, "supported_features": []}


def _failure(error):
    return {"status": "error", "ename": type(error).__name__, "evalue": str(error), "traceback": []}


def main(path):
    """The command `kernel`: serves until it is told to end."""
    with open(path, encoding="utf-8") as file:
        kernel = Kernel(json.load(file))
    signal.signal(signal.SIGINT, kernel.on_signal)
    kernel.wire.log = kernel.wire.capture(2, "stderr")
    kernel.wire.capture(1, "stdout")
    faulthandler.enable(kernel.wire.log)
    sys.stdout, sys.stderr = (plain_streams.Stream(kernel.wire, name) for name in ("stdout", "stderr"))
    builtins.input, getpass.getpass = kernel.input, kernel.getpass
    plain_figures.install(kernel.screen)
    plain_shell.leave_no_trace()
    kernel.wire.start()
    kernel.run()
    return 0
