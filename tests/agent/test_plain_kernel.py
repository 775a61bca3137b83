"""The plain kernel as its users meet it: through jupyter_client (libzmq on the other side), and through the agent."""
import base64
import json
import os
import shutil
import signal
import sys
import tempfile
import unittest

import zmq
from jupyter_client import BlockingKernelClient, KernelManager
from jupyter_client.kernelspec import KernelSpecManager

from harness import PATIENCE_S, AgentTest, build, text


class PlainKernel:
    """A kernel and a client of it. `python` runs it; it needs nothing installed."""

    def __init__(self, folder, python=sys.executable, transport="ipc", **environment):
        self.folder = os.path.join(folder, "kernels", "plain")
        os.makedirs(self.folder)
        program, _ = build(folder)
        with open(os.path.join(self.folder, "kernel.json"), "w") as file:
            json.dump({"argv": [python, program, "kernel", "{connection_file}"], "display_name": "plain",
                       "language": "python", "env": environment}, file)
        self.manager = KernelManager(kernel_name="plain", transport=transport,
                                     kernel_spec_manager=KernelSpecManager(kernel_dirs=[os.path.dirname(self.folder)]),
                                     connection_file=os.path.join(folder, "connection.json"))
        self.manager.start_kernel(cwd=folder)
        self.client = self.connect()

    def connect(self):
        """Another client."""
        client = self.stranger()
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE_S)
        return client

    def stranger(self):
        """A client with a session of its own, not yet connected."""
        client = BlockingKernelClient(parent=self.manager, connection_file=self.manager.connection_file)
        client.load_connection_file()
        return client

    @property
    def pid(self):
        """Of its process."""
        return self.manager.provisioner.process.pid

    def end(self):
        """Whatever state it is in."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


class PlainKernelTest(unittest.TestCase):
    """One kernel for all tests; each says what it needs."""

    @classmethod
    def setUpClass(cls):
        """Starts it."""
        cls.folder = tempfile.mkdtemp(prefix="ansatz-plain-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.kernel = PlainKernel(cls.folder)
        cls.addClassCleanup(cls.kernel.end)
        cls.client = cls.kernel.client

    def finish(self, msg_id, on_input=None, on_output=None, client=None):
        """(reply, outputs) of a request: everything up to its idle status, its reply included."""
        client, reply, outputs, idle = client or self.client, None, [], False
        while reply is None or not idle:
            if not idle:
                message = client.get_iopub_msg(timeout=PATIENCE_S)
                if message["parent_header"].get("msg_id") != msg_id:
                    continue
                kind, content = message["msg_type"], message["content"]
                idle = kind == "status" and content["execution_state"] == "idle"
                if kind not in ("status", "execute_input"):
                    outputs.append((kind, content))
                    if on_output:
                        on_output(kind, content)
                elif on_input and kind == "execute_input":
                    on_input()
            else:
                message = client.get_shell_msg(timeout=PATIENCE_S)
                if message["parent_header"].get("msg_id") == msg_id:
                    reply = message["content"]
        return reply, outputs

    def run_code(self, code, **options):
        """(reply, outputs) of a cell."""
        return self.finish(self.client.execute(code, **options))

    def printed(self, code, name="stdout"):
        """What a cell writes."""
        reply, outputs = self.run_code(code)
        self.assertEqual(reply["status"], "ok", reply)
        return "".join(content["text"] for kind, content in outputs if kind == "stream" and content["name"] == name)

    def shown(self, code):
        """The data of a cell's result or first display."""
        reply, outputs = self.run_code(code)
        self.assertEqual(reply["status"], "ok", reply)
        return [content["data"] for kind, content in outputs if "data" in content][0]

    def traceback(self, code):
        """(ename, the traceback as one text without colours) of a cell that fails."""
        reply, outputs = self.run_code(code)
        self.assertEqual(reply["status"], "error")
        error = dict(outputs)["error"]
        self.assertEqual(error, {key: reply[key] for key in ("ename", "evalue", "traceback")})
        lines = "\n".join(error["traceback"])
        for colour in range(1, 50):
            lines = lines.replace("\x1b[%dm" % colour, "")
        return error["ename"], lines

    def control(self, kind):
        """The content of the reply to a request on control."""
        self.client.control_channel.send(self.client.session.msg(kind, {}))
        return self.client.get_control_msg(timeout=PATIENCE_S)["content"]

    # -- results and displays ------------------------------------------------------------------------------------------

    def test_last_expression(self):
        """It is the result, unless a semicolon ends it; text printed before it comes before it."""
        reply, outputs = self.run_code("print('a')\nprint('b')\n6 * 7")
        self.assertEqual([(kind, content.get("text") or content["data"]) for kind, content in outputs],
                         [("stream", "a\nb\n"), ("execute_result", {"text/plain": "42"})])
        self.assertEqual(outputs[1][1]["execution_count"], reply["execution_count"])
        self.assertEqual(self.shown("_ + 1"), {"text/plain": "43"})
        for quiet in ("6 * 7;", "6 * 7;  # quiet", "x = 1", "None"):
            self.assertEqual(self.run_code(quiet)[1], [], quiet)
        self.assertEqual(self.shown("'a;'"), {"text/plain": "'a;'"})

    def test_long_containers_are_broken_into_lines(self):
        """One item a line, as far as it is worth it."""
        self.assertEqual(self.shown("{'a': ['x' * 40, 'y' * 40], 'b': (1,)}")["text/plain"],
                         "{'a': ['%s',\n       '%s'],\n 'b': (1,)}" % ("x" * 40, "y" * 40))
        self.assertTrue(self.shown("list(range(5000))")["text/plain"].endswith(" 999,\n ...]"))

    def test_rich_representations(self):
        """All of them, bytes as base64; a method that fails does not cost the others."""
        data = self.shown("class Rich:\n"
                          "    def __repr__(self): return 'plain'\n"
                          "    def _repr_html_(self): return '<b>h</b>'\n"
                          "    def _repr_png_(self): return b'png'\n"
                          "    def _repr_latex_(self): return '$x$'\n"
                          "    def _repr_json_(self): return {'a': float('nan')}\n"
                          "    def _repr_svg_(self): raise ValueError('no')\n"
                          "    def _repr_mimebundle_(self, include=None, exclude=None): return {'text/x': 'x'}, {}\n"
                          "Rich()")
        self.assertEqual(data, {"text/plain": "plain", "text/html": "<b>h</b>", "text/latex": "$x$", "text/x": "x",
                                "image/png": base64.b64encode(b"png").decode(), "application/json": {"a": None}})

    def test_display_update_and_clear(self):
        """display() with an id, its update, clear_output()."""
        _, outputs = self.run_code("h = display(1, display_id='d')\nh.update(2)\nclear_output(wait=True)\n"
                                   "display({'text/plain': 'raw'}, raw=True)")
        self.assertEqual([(kind, content.get("data"), content.get("transient")) for kind, content in outputs], [
            ("display_data", {"text/plain": "1"}, {"display_id": "d"}),
            ("update_display_data", {"text/plain": "2"}, {"display_id": "d"}),
            ("clear_output", None, None), ("display_data", {"text/plain": "raw"}, {})])
        self.assertEqual(outputs[2][1], {"wait": True})

    def test_figures(self):
        """Shown at once by show(), else at the end of the cell, each once; a script's matplotlib is left alone."""
        _, outputs = self.run_code("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('between')\n"
                                   "plt.figure()\nplt.plot([2, 1])\nplt.figure();")
        self.assertEqual([kind for kind, _ in outputs], ["display_data", "stream", "display_data"])
        for at in (0, 2):
            self.assertTrue(base64.b64decode(outputs[at][1]["data"]["image/png"]).startswith(b"\x89PNG"))
        self.assertEqual(self.run_code("plt.get_fignums()")[1][0][1]["data"], {"text/plain": "[]"})
        self.assertIn("agg", self.printed("!{sys.executable} -c 'import matplotlib as m; print(m.get_backend())'"
                                          .replace("{sys.executable}", sys.executable)).lower())

    # -- output --------------------------------------------------------------------------------------------------------

    def test_streams(self):
        """Both, in order; carriage returns as they are; what is not text is refused."""
        _, outputs = self.run_code("import sys\nprint('1\\r2', end='')\nprint('e', file=sys.stderr)\nprint('3')\n"
                                   "sys.stdout.buffer.write('ü'.encode())")
        self.assertEqual([(content["name"], content["text"]) for kind, content in outputs if kind == "stream"],
                         [("stdout", "1\r2"), ("stderr", "e\n"), ("stdout", "3\nü")])
        self.assertEqual(self.traceback("sys.stdout.write(1)")[0], "TypeError")

    def test_output_is_gathered_and_complete(self):
        """Not one message a line, and nothing is lost."""
        _, outputs = self.run_code("for i in range(20000): print(i)")
        self.assertEqual("".join(content["text"] for _, content in outputs), "".join("%d\n" % i for i in range(20000)))
        self.assertLess(len(outputs), 2000)

    def test_output_arrives_while_the_cell_runs(self):
        """Somebody sees the first line before the last is printed."""
        seen = []

        def note(kind, content):
            seen.append(content["text"])
            if len(seen) == 1:
                open(os.path.join(self.folder, "go"), "w").close()
        code = ("import os, time\nprint('first', flush=True)\nwhile not os.path.exists('go'): time.sleep(0.01)\n"
                "print('second')")
        self.finish(self.client.execute(code), on_output=note)
        self.assertEqual(seen, ["first\n", "second\n"])

    def test_child_processes_and_descriptors(self):
        """What they write is output as well, before the reply."""
        self.assertEqual(self.printed("import os, subprocess\nos.system('echo one')\nos.write(1, b'two\\n')\n"
                                      "subprocess.run(['sh', '-c', 'echo three']);"), "one\ntwo\nthree\n")
        self.assertEqual(self.printed("pid = os.fork()\nif pid == 0:\n    print('child')\n    os._exit(0)\n"
                                      "os.waitpid(pid, 0);"), "child\n")
        self.assertEqual(self.printed("pid = os.fork()\nif pid: os.waitpid(pid, 0)\nprint('once')"), "once\nonce\n")

    def test_threads(self):
        """Their output belongs to the cell that runs."""
        self.assertEqual(self.printed("import threading\nt = threading.Thread(target=print, args=('t',))\n"
                                      "t.start(); t.join()"), "t\n")

    # -- errors --------------------------------------------------------------------------------------------------------

    def test_traceback(self):
        """A header, the cell's lines with an arrow, the functions on the way, the message; nothing of ours."""
        self.run_code("def half(x):\n    return x / 0")
        count = self.run_code("")[0]["execution_count"]
        name, lines = self.traceback("y = 1\nhalf(y)")
        self.assertEqual(name, "ZeroDivisionError")
        self.assertRegex(lines, r"^-{75}\nZeroDivisionError +Traceback \(most recent call last\)\n")
        self.assertIn("\nCell In[%d], line 2\n      1 y = 1\n----> 2 half(y)\n" % (count + 1), lines)
        self.assertIn("\nCell In[%d], line 2, in half(x)\n      1 def half(x):\n----> 2     return x / 0\n" % (count - 1),
                      lines)
        self.assertTrue(lines.endswith("\nZeroDivisionError: division by zero"))
        self.assertNotIn("plain_", lines)
        self.assertIn("return x / 0", self.shown("import inspect; inspect.getsource(half)")["text/plain"])

    def test_traceback_of_a_chain(self):
        """The cause comes first."""
        _, lines = self.traceback("try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e")
        self.assertRegex(lines, r"(?s)KeyError: 'a'\n.*direct cause.*ValueError: b$")

    def test_traceback_of_a_recursion_is_short(self):
        """Not a thousand frames."""
        name, lines = self.traceback("def r(n): return r(n + 1)\nr(0)")
        self.assertEqual(name, "RecursionError")
        self.assertIn("skipping similar frames: r at line 1", lines)
        self.assertLess(len(lines.split("\n")), 40)

    def test_syntax_error(self):
        """The line and a caret, no frames; the count of the cell is in it."""
        name, lines = self.traceback("x = 1\n  y = = 2")
        self.assertEqual(name, "IndentationError")
        name, lines = self.traceback("x = = 2")
        self.assertRegex(lines, r"^  Cell In\[\d+\], line 1\n    x = = 2\n {8}\^\nSyntaxError: invalid syntax$")

    def test_exceptions_that_hurt(self):
        """sys.exit() does not end the kernel; an exception that cannot be shown is an error like others."""
        self.assertEqual(self.traceback("import sys; sys.exit(3)")[0], "SystemExit")
        self.assertEqual(self.traceback("class E(Exception):\n    def __str__(self): raise KeyError\nraise E")[0], "E")
        self.assertEqual(self.traceback("class B(BaseException): pass\nraise B")[0], "B")
        self.assertEqual(self.traceback("class R:\n    def __repr__(self): return 1\nR()")[0], "TypeError")

    def test_queued_cells_are_aborted(self):
        """After an error those already sent are not run, unless the request said otherwise."""
        for stop, statuses in ((True, ["error", "aborted", "aborted"]), (False, ["error", "ok", "ok"])):
            wait = "import os, time\nwhile not os.path.exists('sent%s'): time.sleep(0.01)\n1/0" % stop
            ids = [self.client.execute(wait, stop_on_error=stop)] + [self.client.execute("1") for _ in range(2)]
            info = self.client.is_complete("1")
            self.control("kernel_info_request")  # what was sent before it has arrived
            open(os.path.join(self.folder, "sent%s" % stop), "w").close()
            replies = {}
            while len(replies) < 4:
                message = self.client.get_shell_msg(timeout=PATIENCE_S)
                if message["parent_header"]["msg_id"] in ids + [info]:
                    replies[message["parent_header"]["msg_id"]] = message["content"]["status"]
            self.assertEqual([replies[each] for each in ids], statuses)
            self.assertEqual(replies[info], "complete")

    # -- interrupt and input -------------------------------------------------------------------------------------------

    def interrupted(self, code, interrupt):
        """Runs code that says 'here' and then takes for ever; interrupts it; its error."""
        def stop(kind, content):
            if content.get("text", "").startswith("here"):
                interrupt()
        reply, _ = self.finish(self.client.execute(code), on_output=stop)
        self.assertEqual((reply["status"], reply["ename"]), ("error", "KeyboardInterrupt"))
        self.assertEqual(self.shown("'alive'"), {"text/plain": "'alive'"})
        return reply

    def signal(self):
        """Ctrl-C as the agent sends it."""
        os.kill(self.kernel.pid, signal.SIGINT)

    def test_interrupt(self):
        """A sleep, a busy loop, a loop that prints, a child process, an awaited sleep."""
        for code in ("import time; print('here'); time.sleep(1000)", "print('here')\nwhile True: pass",
                     "while True: print('here')", "print('here')\n!sleep 1000",
                     "import asyncio; print('here'); await asyncio.sleep(1000)"):
            with self.subTest(code):
                reply = self.interrupted(code, lambda: os.killpg(self.kernel.pid, signal.SIGINT))
                self.assertNotIn("plain_", "".join(reply["traceback"]))

    def test_interrupt_that_a_program_misses(self):
        """It is told again; a shell between fork and exec loses the first one."""
        program = ("import signal, time; signal.signal(signal.SIGINT, lambda *_: signal.signal(signal.SIGINT, signal.SIG_DFL));"
                   " print('here', flush=True); time.sleep(1000)")
        self.interrupted('!"%s" -c "%s"' % (sys.executable, program), lambda: os.killpg(self.kernel.pid, signal.SIGINT))

    def test_interrupt_by_message(self):
        """interrupt_request on control."""
        def ask():
            self.assertEqual(self.control("interrupt_request")["status"], "ok")
        self.interrupted("print('here')\nwhile True: pass", ask)

    def test_interrupt_of_an_idle_kernel(self):
        """Nothing happens."""
        self.signal()
        self.assertEqual(self.shown("1"), {"text/plain": "1"})

    def answered(self, code, answer, password=False):
        """Runs code that asks one question."""
        msg_id = self.client.execute(code, allow_stdin=True)
        question = self.client.get_stdin_msg(timeout=PATIENCE_S)
        self.assertEqual(question["content"], {"prompt": "name? ", "password": password})
        self.assertEqual(question["parent_header"]["msg_id"], msg_id)
        answer()
        return self.finish(msg_id)

    def test_input(self):
        """The prompt goes out, the answer comes in; getpass says that it is secret; an interrupt ends the waiting."""
        code = "v = input('name? '); print('hello', v)"
        self.assertEqual(self.answered(code, lambda: self.client.input("Ada"))[1][0][1]["text"], "hello Ada\n")
        code = "import getpass; v = getpass.getpass('name? '); print(len(v))"
        self.assertEqual(self.answered(code, lambda: self.client.input("secret"), True)[1][0][1]["text"], "6\n")
        reply, _ = self.answered("input('name? ')", self.signal)
        self.assertEqual(reply["ename"], "KeyboardInterrupt")

    def test_input_without_stdin(self):
        """Where nobody can answer it says so."""
        reply, _ = self.run_code("input()", allow_stdin=False)
        self.assertEqual(reply["ename"], "StdinNotImplementedError")

    # -- the namespace -------------------------------------------------------------------------------------------------

    def test_namespace(self):
        """It is __main__: classes can be pickled; nothing of the agent is in the way of an import."""
        self.assertEqual(self.shown("import pickle\nclass P: a = 1\npickle.loads(pickle.dumps(P())).a"),
                         {"text/plain": "1"})
        self.assertEqual(self.shown("import sys; sys.path[0], sys.argv, any('ansatz' in p for p in sys.path)"),
                         {"text/plain": "('', [''], False)"})
        self.assertIn(self.traceback("import registry")[0], ("ModuleNotFoundError",))
        with open(os.path.join(self.folder, "frames.py"), "w") as file:
            file.write("mine = True")
        self.assertEqual(self.shown("import frames; frames.mine"), {"text/plain": "True"})

    def test_await(self):
        """At the top of a cell; the loop is the same in the next one."""
        self.assertEqual(self.shown("import asyncio\nevent = asyncio.Event()\nawait asyncio.sleep(0, 'slept')"),
                         {"text/plain": "'slept'"})
        self.assertEqual(self.shown("event.set()\nawait event.wait()"), {"text/plain": "True"})
        self.assertEqual(self.shown("async def f(): return 5\nasyncio.run(f())"), {"text/plain": "5"})

    def test_silent_and_expressions(self):
        """A silent request shows nothing and counts nothing; user_expressions are answered one by one."""
        count = self.run_code("")[0]["execution_count"]
        reply, outputs = self.run_code("1", silent=True, user_expressions={"a": "1 + 1", "b": "1/0"})
        self.assertEqual(outputs, [])
        self.assertEqual(reply["user_expressions"]["a"], {"status": "ok", "data": {"text/plain": "2"}, "metadata": {}})
        self.assertEqual(reply["user_expressions"]["b"]["ename"], "ZeroDivisionError")
        self.assertEqual(self.run_code("", store_history=False)[0]["execution_count"], count)
        self.assertEqual(self.run_code("")[0]["execution_count"], count + 1)

    # -- magics --------------------------------------------------------------------------------------------------------

    def test_commands(self):
        """!command writes its output, x = !command keeps it; {names} are filled in."""
        self.assertEqual(self.printed("n = 3\nif n:\n    !echo {n + 1} $n $HOME_NOT_SET end"), "4 3 end\n")
        self.assertEqual(self.shown("lines = !printf 'a\\nb\\n'\nlines"), {"text/plain": "['a', 'b']"})
        self.assertIn("pip ", self.printed("%pip --version"))

    def test_magics(self):
        """The few there are, and a clear word about the others; a string is not touched."""
        self.assertRegex(self.printed("%time x = 5"), r"^CPU times: user .*\nWall time: ")
        self.assertRegex(self.printed("%timeit -n 5 -r 2 x + 1"), r" per loop \(mean ± .* of 2 runs, 5 loops each\)")
        self.assertEqual(self.run_code("%matplotlib inline\nx")[1][0][1]["data"], {"text/plain": "5"})
        self.assertEqual(self.shown("%pwd")["text/plain"], repr(os.path.realpath(self.folder)))
        name, lines = self.traceback("x = 1\n%autoreload 2")
        self.assertIn("This kernel knows no magic %autoreload. It is the plain kernel; install ipykernel", lines)
        self.assertIn("----> 2 %autoreload 2", lines)
        self.assertEqual(self.shown("s = '''\n%time\n!ls\nx?\n'''\n%matplotlib\ns"),
                         {"text/plain": repr("\n%time\n!ls\nx?\n")})
        self.assertEqual(self.shown("a = 7\nb = (a\n% 4)\nb"), {"text/plain": "3"})

    def test_help(self):
        """name? and ?name are shown in the pager."""
        self.run_code("def documented(a, b=2):\n    'What it does.'\n    return a")
        for code, expected in (("documented?", "What it does."), ("?documented", "(a, b=2)"),
                               ("documented??", "return a")):
            payload, = self.run_code(code)[0]["payload"]
            self.assertEqual(payload["source"], "page")
            self.assertIn(expected, payload["data"]["text/plain"])

    # -- what an editor asks -------------------------------------------------------------------------------------------

    def ask(self, msg_id):
        """The reply to a request that is not a cell."""
        return self.finish(msg_id)[0]

    def completed(self, code):
        """(matches, the text they replace)"""
        reply = self.ask(self.client.complete(code))
        return reply["matches"], code[reply["cursor_start"]:reply["cursor_end"]]

    def test_completion(self):
        """Attributes, names, keyword arguments, modules, keys and files."""
        self.run_code("import json\nthing = {'alpha': 1, 'beta': 2}\ndef call(first, second=2): pass")
        self.assertEqual(self.completed("x = json.lo"), (["load", "loads"], "lo"))
        self.assertEqual(self.completed("é = thi"), (["thing"], "thi"))
        self.assertEqual(self.completed("call(1, se")[0][0], "second=")
        self.assertIn("zipfile", self.completed("import zipf")[0])
        self.assertEqual(self.completed("from json import dum"), (["dump", "dumps"], "dum"))
        self.assertEqual(self.completed("thing['al"), (["alpha"], "al"))
        self.assertEqual(self.completed("nothing_at_all."), ([], ""))
        with open(os.path.join(self.folder, "data.csv"), "w"):
            self.assertEqual(self.completed("open('dat"), (["data.csv"], "dat"))

    def test_inspection(self):
        """Signature and documentation, at detail 1 the source; found on the name and inside the call."""
        self.run_code("def inspected(a):\n    'Words.'\n    return a")
        for code, detail, expected in (("inspected", 0, "Words."), ("inspected(1, ", 0, "(a)"),
                                       ("inspected", 1, "return a")):
            reply = self.ask(self.client.inspect(code, len(code), detail))
            self.assertIn(expected, reply["data"]["text/plain"])
        self.assertEqual(self.ask(self.client.inspect("not_there"))["found"], False)

    def test_is_complete(self):
        """As a console wants to know it."""
        for code, status in (("1", "complete"), ("for i in x:", "incomplete"), ("def f():\n  x", "incomplete"),
                             ("def f():\n  x\n", "complete"), ("'''a", "incomplete"), ("a = = b", "invalid"),
                             ("await x", "complete"), ("%time x", "complete")):
            self.assertEqual(self.ask(self.client.is_complete(code))["status"], status, code)

    def test_history(self):
        """The last ones, a range and a search."""
        count = self.run_code("'needle'")[0]["execution_count"]
        for options in ({"hist_access_type": "tail", "n": 1},
                        {"hist_access_type": "range", "session": 0, "start": count, "stop": count + 1},
                        {"hist_access_type": "search", "pattern": "*needle*", "n": 1}):
            self.assertEqual(self.ask(self.client.history(output=True, **options))["history"],
                             [[1, count, ["'needle'", "'needle'"]]])
        self.assertEqual(self.ask(self.client.comm_info())["comms"], {})

    def test_questions_while_a_cell_runs(self):
        """Completion waits and is answered; kernel_info on control is answered at once."""
        code = "import os, time\nwhile not os.path.exists('asked'): time.sleep(0.01)"
        running, asked = self.client.execute(code), self.client.complete("prin")
        info = self.control("kernel_info_request")
        self.assertEqual((info["status"], info["language_info"]["name"]), ("ok", "python"))
        open(os.path.join(self.folder, "asked"), "w").close()
        self.assertEqual(self.finish(running)[0]["status"], "ok")
        self.assertEqual(self.finish(asked)[0]["matches"], ["print"])

    def test_two_clients(self):
        """Each gets its own replies, both see the outputs."""
        other = self.kernel.connect()
        self.addCleanup(other.stop_channels)
        msg_id = other.execute("print('from the other')")
        self.assertEqual(self.finish(msg_id, client=other)[1][0][1]["text"], "from the other\n")
        seen = ""
        while "from the other" not in seen:
            seen += self.client.get_iopub_msg(timeout=PATIENCE_S)["content"].get("text", "")
        next_id = self.client.is_complete("1")
        parents = [None]
        while parents[-1] != next_id:
            parents.append(self.client.get_shell_msg(timeout=PATIENCE_S)["parent_header"]["msg_id"])
        self.assertNotIn(msg_id, parents)

    def test_heartbeat_and_foreign_messages(self):
        """It echoes; what has another signature is not answered."""
        with zmq.Context() as context, context.socket(zmq.REQ) as heart:
            heart.connect(self.client._make_url("hb"))
            heart.send(b"beat")
            self.assertTrue(heart.poll(PATIENCE_S * 1000))
            self.assertEqual(heart.recv(), b"beat")
        stranger = self.kernel.stranger()
        stranger.session.key = b"wrong"
        stranger.start_channels(hb=False)
        self.addCleanup(stranger.stop_channels)
        stranger.execute("stolen = True")
        self.assertEqual(self.shown("'stolen' in globals()"), {"text/plain": "False"})


class PlainKernelLifeTest(unittest.TestCase):
    """Kernels of their own."""

    def setUp(self):
        """A folder."""
        self.folder = tempfile.mkdtemp(prefix="ansatz-plain-")
        self.addCleanup(shutil.rmtree, self.folder)

    def test_tcp_and_bare_python(self):
        """Over TCP, with an interpreter that sees no installed package."""
        kernel = PlainKernel(self.folder, "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable,
                             "tcp", PYTHONNOUSERSITE="1")
        self.addCleanup(kernel.end)
        reply = kernel.client.execute("print('x' * 3000000)", reply=True, timeout=PATIENCE_S)
        self.assertEqual(reply["content"]["status"], "ok")
        size = 0
        while size < 3000001:
            size += len(kernel.client.get_iopub_msg(timeout=PATIENCE_S)["content"].get("text", ""))

    def test_shutdown(self):
        """It answers, runs what was registered for the end, and is gone; also when it is busy."""
        for number, busy in enumerate((False, True)):
            folder = os.path.join(self.folder, str(number))
            kernel = PlainKernel(folder)
            self.addCleanup(kernel.end)
            kernel.client.execute("import atexit; atexit.register(open, 'ended', 'w');", reply=True, timeout=PATIENCE_S)
            if busy:
                kernel.client.execute("while True: pass")
            kernel.client.shutdown()
            reply = kernel.client.get_control_msg(timeout=PATIENCE_S)
            self.assertEqual(reply["msg_type"], "shutdown_reply")
            self.assertEqual(reply["content"], {"status": "ok", "restart": False})
            self.assertEqual(kernel.manager.provisioner.process.wait(PATIENCE_S), 0)
            self.assertTrue(os.path.exists(os.path.join(folder, "ended")))


class PlainKernelThroughTheAgentTest(AgentTest):
    """By the kernelspec the agent finds."""

    def test_run_input_and_interrupt(self):
        """A whole day of a notebook in short."""
        link = self.link()
        specs = link.call("kernelspecs", environments=[])["specs"]
        spec, = [spec for spec in specs if spec["name"] == "ansatz-python"]
        self.start(link, argv=spec["argv"], env=spec["env"], interruptMode=spec["interruptMode"])
        self.assertEqual(link.agent("started")["kernelInfo"]["implementation"], "ansatz-python")
        self.assertEqual(text(link.run("k", "print('hello')")), "hello\n")
        identity = link.execute("k", "print('got', input('?'))", allow_stdin=True)
        link.event(lambda event: event["type"] == "input_request")
        link.call("send", kernel="k", channel="stdin", msgId="answer", msgType="input_reply", content={"value": "it"},
                  metadata={})
        self.assertEqual(text(link.finish(identity)), "got it\n")
        identity = link.execute("k", "print('on')\nwhile True: pass")
        link.event(lambda event: event["type"] == "stream" and event["content"]["text"] == "on\n")
        link.call("interrupt", kernel="k")
        errors = [event["content"]["ename"] for event in link.finish(identity) if event["type"] == "error"]
        self.assertEqual(errors, ["KeyboardInterrupt"])
        link.call("shutdown", kernel="k")
        died = link.agent("died")
        self.assertEqual((died["reason"], died["exitCode"], died["requested"]), ("exit", 0, True))
