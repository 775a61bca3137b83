"""What is asked of a kernel beside its runs: completion while a cell runs, variables, what it uses, a goodbye."""
from harness import AgentTest, PYTHON_KERNEL, text


class QuestionTest(AgentTest):
    """A real ipykernel with subshells, and one without."""

    def test_completion_while_a_cell_runs(self):
        """The subshell answers, in the reply and not in the record."""
        link = self.link()
        started = self.start(link)
        self.assertTrue(started["subshell"])
        identity = link.execute("k", "answer_of_all = 42\nprint('on', flush=True)\nname = input('who? ')", allow_stdin=True)
        link.event(lambda e: e["type"] == "input_request")
        last = link.call("kernels")["kernels"][0]["lastSeq"]
        found = link.call("ask", kernel="k", msgType="complete_request", content={"code": "answer_o", "cursor_pos": 8})
        self.assertEqual(found["type"], "complete_reply")
        self.assertIn("answer_of_all", found["content"]["matches"])
        self.assertEqual(link.call("kernels")["kernels"][0]["lastSeq"], last)
        link.call("send", kernel="k", channel="stdin", msgId="i1", msgType="input_reply", content={"value": "Ada"})
        link.finish(identity)
        value = link.call("ask", kernel="k", msgType="execute_request", content={
            "code": "print('seen')", "silent": True, "store_history": False, "allow_stdin": False,
            "user_expressions": {"v": "name"}})
        self.assertEqual(value["content"]["user_expressions"]["v"]["data"]["text/plain"], "'Ada'")

    def test_busy_without_a_subshell(self):
        """A kernel that has none is not asked while it runs something: the answer says so at once."""
        link = self.link()
        self.start(link, argv=PYTHON_KERNEL[:1] + ["-c", NO_SUBSHELLS] + PYTHON_KERNEL[3:])
        self.assertFalse(link.agent("started")["subshell"])
        identity = link.execute("k", "input()", allow_stdin=True)
        link.event(lambda e: e["type"] == "input_request")
        ask = dict(kernel="k", msgType="complete_request", content={"code": "a", "cursor_pos": 1})
        self.assertEqual(link.error("ask", **ask), "busy")
        link.call("send", kernel="k", channel="stdin", msgId="i1", msgType="input_reply", content={"value": ""})
        link.finish(identity)
        self.assertEqual(link.call("ask", **ask)["type"], "complete_reply")

    def test_usage(self):
        """A kernel that computes uses about a core, and the memory it has taken."""
        link = self.link()
        self.start(link)
        link.run("k", "held = bytearray(200_000_000)")
        before = link.call("usage", kernel="k")["usage"]
        self.assertIsNone(before["cpu"])
        self.assertGreater(before["memory"], 200_000_000)
        identity = link.execute("k", "import time\nend = time.monotonic() + 1\nwhile time.monotonic() < end: pass")
        link.finish(identity)
        after = link.call("usage", kernel="k")["usage"]
        self.assertGreater(after["cpu"], 0.1)
        self.assertGreaterEqual(after["cores"], 1)
        self.assertEqual(after["gpus"], [])

    def test_told_that_it_will_be_restarted(self):
        """The flag of shutdown_request reaches the kernel."""
        link = self.link()
        self.start(link)
        link.run("k", "old = get_ipython().kernel.do_shutdown\n"
                      "def new(restart):\n    print('restart', restart, flush=True)\n    return old(restart)\n"
                      "get_ipython().kernel.do_shutdown = new")
        link.call("shutdown", kernel="k", restart=True)
        link.agent("died")
        self.assertIn("restart True", text(link.seen))


NO_SUBSHELLS = """
import ipykernel.kernelbase as base
base.Kernel._supports_kernel_subshells = property(lambda self: False)
from ipykernel import kernelapp
kernelapp.launch_new_instance()
"""
