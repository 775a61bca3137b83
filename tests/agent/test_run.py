"""Running code: what is printed arrives, in order, whatever the client does meanwhile."""
import base64
import os
import signal
import uuid

from harness import PYTHON_KERNEL, AgentTest, text, until


class RunTest(AgentTest):
    """One kernel, one client."""

    def test_prints_and_result(self):
        """The ordinary case, with the numbers without a hole and the end after the last output."""
        link = self.link()
        started = self.start(link)
        self.assertEqual(started["kernelInfo"]["implementation"], "ipython")
        events = link.run("k", "print('hello')\n6 * 7")
        self.assertEqual(text(events), "hello\n")
        result = [event for event in events if event["type"] == "execute_result"]
        self.assertEqual(result[0]["content"]["data"]["text/plain"], "42")
        idle = [e["seq"] for e in events if e["content"].get("execution_state") == "idle"]
        self.assertGreater(idle[0], result[0]["seq"])
        self.assertEqual([event["seq"] for event in link.seen], list(range(1, len(link.seen) + 1)))
        self.assertTrue(all(event["channel"] in ("iopub", "shell", "agent") for event in link.seen))

    def test_error_comes_as_error(self):
        """A traceback is an event and the reply says so."""
        link = self.link()
        self.start(link)
        events = link.run("k", "1/0")
        self.assertEqual([e["content"]["ename"] for e in events if e["type"] == "error"], ["ZeroDivisionError"])

    def test_flood_while_the_client_is_paused(self):
        """20 000 flushed prints to a client that reads nothing: all there, in order, and no more than the window sent."""
        link = self.link()
        self.start(link)
        watcher = self.link()
        watcher.call("subscribe", kernel="k", after=0)
        identity = link.execute("k", "for i in range(20000): print(i, flush=True)")
        watcher.finish(identity)  # the run is over before the first client looks
        self.assertEqual(text(watcher.seen), "".join("%d\n" % i for i in range(20000)))
        self.assertEqual(text(link.finish(identity)), text(watcher.seen))

    def test_agent_stopped_during_a_flood(self):
        """20 000 flushed prints while the agent gets no turn at all (a node under load): none is lost."""
        link = self.link()
        self.start(link)
        done = os.path.join(self.top, "done")
        identity = link.execute("k", "for i in range(20000): print(i, flush=True)\nopen(%r, 'w').close()" % done)
        link.event(lambda e: e["type"] == "stream")
        os.kill(link.hello["pid"], signal.SIGSTOP)
        try:
            until(lambda: os.path.exists(done))
        finally:
            os.kill(link.hello["pid"], signal.SIGCONT)
        self.assertEqual(text(link.finish(identity)), "".join("%d\n" % i for i in range(20000)))

    def test_window(self):
        """Without acknowledgements a subscriber gets a MiB and no more; acknowledging brings the rest."""
        link = self.link()
        self.start(link)
        watcher = self.link()
        watcher.call("subscribe", kernel="k", after=0)
        identity = link.execute("k", "import sys\nfor i in range(64): print('%02d' % i * 50000); sys.stdout.flush()")
        watcher.finish(identity)
        last = watcher.call("kernels")["kernels"][0]["lastSeq"]
        link.call("ping")  # everything sent to it before this answer is here now
        self.assertLess(sum(len(str(event["content"])) for event in link.events), 1.1 * 1024 * 1024)
        self.assertLess(link.events[-1]["seq"], last)
        self.assertEqual(text(link.finish(identity)), "".join("%02d" % i * 50000 + "\n" for i in range(64)))

    def test_a_message_larger_than_the_window(self):
        """Ten megabytes in one print come whole."""
        link = self.link()
        self.start(link)
        self.assertEqual(len(text(link.run("k", "print('\\N{snowman}' * 10000000)"))), 10000001)

    def test_display_and_buffers(self):
        """A picture arrives unchanged, and binary buffers travel both ways beside the JSON."""
        link = self.link()
        self.start(link)
        events = link.run("k", "import matplotlib; matplotlib.use('agg')\nimport matplotlib.pyplot as plt, io\n"
                               "from IPython.display import Image, display\nf = io.BytesIO()\n"
                               "plt.plot([1, 2]); plt.savefig(f, format='png'); display(Image(f.getvalue()))")
        data = [event["content"]["data"] for event in events if event["type"] == "display_data"]
        self.assertTrue(base64.b64decode(data[0]["image/png"]).startswith(b"\x89PNG"))
        link.run("k", "import comm\ngot = []\n"
                      "def target(c, message):\n    c.on_msg(lambda m: c.send({'n': 1}, buffers=m['buffers'] + [b'', b'\\0\\xff']))\n"
                      "get_ipython().kernel.comm_manager.register_target('echo', target)")
        link.call("send", kernel="k", channel="shell", msgId=uuid.uuid4().hex, msgType="comm_open", metadata={},
                  content={"comm_id": "c", "target_name": "echo", "data": {}})
        link.call("send", [bytes(range(256)), b"two"], kernel="k", channel="shell", msgId=uuid.uuid4().hex,
                  msgType="comm_msg", metadata={}, content={"comm_id": "c", "data": {}})
        event = link.event(lambda e: e["type"] == "comm_msg")
        self.assertEqual(event["buffers"], [bytes(range(256)), b"two", b"", b"\0\xff"])

    def test_sent_again_runs_once(self):
        """A message id counts once, also when the kernel was still starting."""
        link = self.link()
        link.call("start", kernel="k", argv=PYTHON_KERNEL, env={}, cwd=self.top, interruptMode="signal",
                  language="python")
        link.call("subscribe", kernel="k", after=0)
        params = {"kernel": "k", "channel": "shell", "msgId": "once", "msgType": "execute_request", "metadata": {},
                  "content": {"code": "print('ran')", "silent": False}}
        accepted = [link.call("send", **params)["accepted"] for _ in range(2)]
        link.finish("once")
        accepted.append(link.call("send", **params)["accepted"])
        self.assertEqual(accepted, [True, False, False])
        link.run("k", "pass")
        self.assertEqual(text(link.seen), "ran\n")

    def test_input(self):
        """input() asks on the stdin channel and takes the answer."""
        link = self.link()
        self.start(link)
        identity = link.execute("k", "print('hi ' + input('name? '))", allow_stdin=True)
        asked = link.event(lambda e: e["type"] == "input_request")
        self.assertEqual((asked["channel"], asked["content"]["prompt"]), ("stdin", "name? "))
        link.call("send", kernel="k", channel="stdin", msgId="a", msgType="input_reply", content={"value": "Ada"}, metadata={})
        self.assertIn("hi Ada\n", text(link.finish(identity)))

    def test_interrupt(self):
        """A sleeping cell ends with KeyboardInterrupt and the kernel keeps its variables; in both modes."""
        for mode in ("signal", "message"):
            with self.subTest(mode=mode):
                link = self.link()
                self.start(link, kernel=mode, interruptMode=mode)
                identity = link.execute(mode, "x = 5; print('now', flush=True)\nimport time; time.sleep(600)")
                link.event(lambda e: e["type"] == "stream")
                link.call("interrupt", kernel=mode)
                errors = [e["content"]["ename"] for e in link.finish(identity) if e["type"] == "error"]
                self.assertEqual(errors, ["KeyboardInterrupt"])
                self.assertEqual(text(link.run(mode, "print(x)")), "5\n")

    def test_nan_becomes_readable_json(self):
        """A message that a browser could not parse is mended, not passed on."""
        link = self.link()
        self.start(link)
        code = ("s = get_ipython().kernel.session; s.pack = lambda o: __import__('json').dumps(o, default=str).encode()\n"
                "get_ipython().kernel.send_response(get_ipython().kernel.iopub_socket, 'display_data',\n"
                "    {'data': {'application/json': {'a': float('nan')}}, 'metadata': {}})")
        shown = [e for e in link.run("k", code) if e["type"] == "display_data"]
        self.assertEqual(shown[0]["content"]["data"]["application/json"], {"a": None})
