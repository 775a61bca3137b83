"""What of the messaging protocol each kernel answers behind the gateway, written down for the table in the README.

jupyter_kernel_test asks for a part of it only; questions to the user, comms, interrupts, restarts and subshells are
tried here. Whether what comes out is what the README says is for table.ts to judge: a kernel may lack a message.
"""
import json
import os
import queue
import time

import pytest
from jupyter_client.kernelspec import find_kernel_specs
from jupyter_client.manager import start_new_kernel

TIMEOUT = 20
_COMM = """
def echo(comm, message):
    comm.on_msg(lambda each: comm.send(each["content"]["data"], buffers=each["buffers"]))
get_ipython().kernel.comm_manager.register_target("echo", echo)
"""
_IPYTHON = "from IPython.display import clear_output, display\n"
PYTHON = {
    "execute": "print('hello')", "input": "print(input('? '))", "complete": "zi", "inspect": "zip", "is_complete": "1",
    "user_expressions": "6 * 7", "page": "zip?", "comm": _COMM, "set": "kept = 1", "get": "kept",
    "update_display_data": _IPYTHON + "display('a', display_id='d')\ndisplay('b', display_id='d', update=True)",
    "clear_output": _IPYTHON + "clear_output()", "endless": "print('on', flush=True)\nwhile True: pass",
}
SAMPLES = {
    "ipykernel": PYTHON,
    "oldest": PYTHON,
    "xpython": PYTHON,
    "plain": dict(PYTHON, clear_output="clear_output()",
                  update_display_data="display('a', display_id='d').update('b')"),
    "ir": {
        "execute": "cat('hello\\n')", "input": "cat(readline('? '))", "complete": "zi", "inspect": "cat",
        "is_complete": "1", "user_expressions": "6 * 7", "page": "?cat", "clear_output": "IRdisplay::clear_output()",
        "comm": "IRkernel::comm_manager()$register_target('echo', function(comm, message) {"
                " comm$on_msg(function(each) comm$send(each)) })",
        "set": "kept <- 1", "get": "kept", "endless": "cat('on\\n'); flush.console(); repeat {}",
    },
    "bash": {
        "execute": "echo hello", "input": "read -p '? ' answer", "complete": "ech", "inspect": "echo",
        "is_complete": "true", "user_expressions": "$((6 * 7))", "page": "man echo",
        "update_display_data": "echo '<b>a</b>' | displayHTML d\necho '<b>b</b>' | displayHTML d",
        "set": "kept=1", "get": "test -n \"$kept\"", "endless": "echo on; while true; do :; done",
    },
}
#: A question that a kernel leaves open would not end by itself
NO_QUESTION = {"bash": ("input",)}


class Probe:
    """One kernel and its client. Every method named after a row answers whether that message works."""

    def __init__(self, name):
        self.name, self.samples = name, SAMPLES[name]
        self.start()
        self.version = self.reply(self.client.kernel_info())["implementation_version"]

    def start(self):
        """A fresh kernel."""
        self.manager, self.client = start_new_kernel(kernel_name=self.name, startup_timeout=60)
        self.manager.shutdown_wait_time = 60.0  # a slow machine is no reason to have it killed

    def end(self):
        """Shuts it down, unless a row has."""
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel()

    def dead(self):
        """True when the kernel's process has ended."""
        return self.manager.provisioner.process.poll() is not None

    def reply(self, request, channel="shell"):
        """The reply to a request; None when the kernel dies of it."""
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            try:
                message = getattr(self.client, "get_%s_msg" % channel)(timeout=0.5)
            except queue.Empty:
                if self.dead():
                    return None
                continue
            if message["parent_header"].get("msg_id") == request:
                return message["content"]
        raise AssertionError("no reply in %d seconds" % TIMEOUT)

    def outputs(self, request):
        """Everything on iopub until the request is done."""
        found = []
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") == request:
                found.append(message)
                if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                    return found

    def run(self, code, **options):
        """Runs code; its reply, and its outputs by type."""
        request = self.client.execute(code, **options)
        reply, outputs = self.reply(request), {}
        for message in self.outputs(request):
            outputs.setdefault(message["msg_type"], []).append(message["content"])
        return reply, outputs

    def sample(self, row):
        """Runs the sample for a row; its outputs are empty where there is no sample."""
        return self.run(self.samples[row]) if row in self.samples else ({}, {})

    def execute(self):
        reply, outputs = self.sample("execute")
        return reply["status"] == "ok" and outputs["stream"][0]["text"].strip() == "hello"

    def input(self):
        if "input" in NO_QUESTION.get(self.name, ()):
            return False
        request = self.client.execute(self.samples["input"], allow_stdin=True)
        assert self.client.get_stdin_msg(timeout=TIMEOUT)["content"]["prompt"] == "? "
        self.client.input("an answer")
        streams = [each["content"]["text"] for each in self.outputs(request) if each["msg_type"] == "stream"]
        return self.reply(request)["status"] == "ok" and "an answer" in "".join(streams)

    def complete(self):
        return len(self.reply(self.client.complete(self.samples["complete"]))["matches"]) > 0

    def inspect(self):
        return self.reply(self.client.inspect(self.samples["inspect"])).get("found") is True

    def is_complete(self):
        return self.reply(self.client.is_complete(self.samples["is_complete"]))["status"] == "complete"

    def history(self):
        self.sample("execute")
        entries = self.reply(self.client.history(hist_access_type="tail", n=1))["history"]
        return [entry[2] for entry in entries] == [self.samples["execute"]]

    def user_expressions(self):
        reply, _ = self.run(self.samples["set"], user_expressions={"answer": self.samples["user_expressions"]})
        answer = reply.get("user_expressions", {}).get("answer", {})
        return "42" in str(answer.get("data", {}).get("text/plain"))

    def update_display_data(self):
        _, outputs = self.sample("update_display_data")
        return [each["transient"] for each in outputs.get("update_display_data", [])] == [{"display_id": "d"}]

    def clear_output(self):
        return len(self.sample("clear_output")[1].get("clear_output", [])) == 1

    def comm(self):
        """A comm opened from here whose other end sends back what it gets; "no buffers" where it leaves those out."""
        reply, _ = self.sample("comm")
        if reply.get("status") != "ok":
            return False
        self.tell("comm_open", {"comm_id": "c", "target_name": "echo", "data": {}})
        request = self.tell("comm_msg", {"comm_id": "c", "data": {"number": 7}}, [b"\x00\xff\n"])
        answers = [each for each in self.outputs(request) if each["msg_type"] == "comm_msg"]
        if not answers or answers[0]["content"]["data"] != {"number": 7}:
            return False
        return True if [bytes(buffer) for buffer in answers[0]["buffers"]] == [b"\x00\xff\n"] else "no buffers"

    def tell(self, kind, content, buffers=()):
        """Sends a message on shell that has no reply."""
        message = self.client.session.msg(kind, content)
        self.client.session.send(self.client.shell_channel.socket, message, buffers=list(buffers))
        return message["header"]["msg_id"]

    def page(self):
        reply, _ = self.sample("page")
        return [each["source"] for each in reply.get("payload", [])] == ["page"]

    def interrupt(self):
        request = self.client.execute(self.samples["endless"])
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["msg_type"] == "stream":
                break
        self.manager.interrupt_kernel()
        reply = self.reply(request)
        if reply is None:
            self.end()
            self.start()
            return False
        self.outputs(request)
        return reply["status"] != "ok" and self.execute()

    def restart(self):
        """shutdown_request with restart, and without."""
        self.sample("set")
        self.manager.restart_kernel()
        self.client.wait_for_ready(timeout=60)
        reply, _ = self.sample("get")
        forgotten = reply["status"] == "error" and self.execute()
        process = self.manager.provisioner.process
        self.manager.shutdown_kernel()
        return forgotten and process.wait(timeout=TIMEOUT) == 0

    def subshell(self):
        """Something else is answered while a cell runs."""
        info = self.reply(self.client.kernel_info())
        if "kernel subshells" not in info.get("supported_features", []):
            return False
        session, client = self.client.session, self.client
        create = session.msg("create_subshell_request", {})
        session.send(client.control_channel.socket, create)
        shell = self.reply(create["header"]["msg_id"], "control")["subshell_id"]
        running = client.execute(self.samples["endless"])
        beside = session.msg("execute_request", {
            "code": "1", "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False})
        beside["header"]["subshell_id"] = shell
        session.send(client.shell_channel.socket, beside)
        answered = client.get_shell_msg(timeout=TIMEOUT)["parent_header"]["msg_id"] == beside["header"]["msg_id"]
        self.manager.interrupt_kernel()
        self.reply(running)
        return answered


ROWS = ("execute", "input", "complete", "inspect", "is_complete", "history", "user_expressions", "update_display_data",
        "clear_output", "comm", "page", "interrupt", "subshell", "shutdown/restart")
METHODS = {"shutdown/restart": "restart"}


@pytest.mark.parametrize("name", SAMPLES)
def test_messages(name):
    """Tries every message and adds the findings to the file ANSATZ_MESSAGES."""
    if name not in find_kernel_specs():
        pytest.skip("the gateway finds no kernel %s" % name)
    probe = Probe(name)
    try:
        findings = {row: getattr(probe, METHODS.get(row, row))() for row in ROWS}
    finally:
        probe.end()
    path = os.environ["ANSATZ_MESSAGES"]
    known = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            known = json.load(file)
    known[name] = dict(findings, version=probe.version)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=1)
    assert findings["execute"] and findings["shutdown/restart"]
