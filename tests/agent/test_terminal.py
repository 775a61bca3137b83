"""Terminals: a login shell on a pseudo terminal that outlives its watchers, and floods that are held up."""
import os
import signal
import time

from harness import AgentTest, lives, until

MiB = 1024 * 1024


class Screen:
    """Somebody who looks at a terminal, and draws what comes when told to."""

    def __init__(self, link, terminal="t", watch="w", after=0, **more):
        self.link, self.terminal, self.watch, self.at, self.text, self.exit = link, terminal, watch, after, bytearray(), None
        self.gaps, self.sizes, self.modes = [], [], ""
        self.first = link.call("terminal-attach", terminal=terminal, watch=watch, after=after, **more)

    def take(self, draw=True):
        """Takes the next of its events."""
        while True:
            mine = [n for n, event in enumerate(self.link.events) if event.get("watch") == self.watch]
            if mine:
                break
            self.link.turn()
        event = self.link.events.pop(mine[0])
        if event["event"] == "terminal":
            if event["at"] != self.at:
                self.gaps.append((self.at, event["at"]))
                self.modes = event["modes"]
            self.text += event["buffers"][0]
            self.at = event["at"] + len(event["buffers"][0])
            if draw:
                self.ack()
        elif event["event"] == "terminal-size":
            self.sizes.append((event["cols"], event["rows"]))
        else:
            self.exit = event
        return event

    def ack(self):
        """Everything is drawn."""
        self.link.call("terminal-ack", watch=self.watch, at=self.at)

    def until(self, words, draw=True):
        """Draws until words appear, in what came since the last time."""
        looked = 0
        while True:
            found = self.text.find(words, looked)
            if found >= 0:
                before = bytes(self.text[:found])
                del self.text[:found + len(words)]
                return before
            looked = max(0, len(self.text) - len(words))
            self.take(draw)

    def type(self, text):
        """Presses keys."""
        self.link.call("terminal-input", [text.encode()], terminal=self.terminal)


class TerminalTest(AgentTest):
    """Each test has a daemon of its own."""

    environment = {"ANSATZ_SECRET_WORD": "canary-4711", "DATABASE_URL": "postgres://canary-4711"}

    def begin(self, link, argv=("/bin/sh",), terminal="t", **options):
        """A plain shell with a prompt that is not in what is typed."""
        options = dict({"cols": 80, "rows": 24, "argv": list(argv), "env": {"PS1": "> ", "ENV": ""}}, **options)
        return link.call("terminal-start", terminal=terminal, **options)["started"]

    def row(self, link, terminal="t"):
        """How the list shows it."""
        return next(row for row in link.call("terminals")["terminals"] if row["terminal"] == terminal)

    def test_a_login_shell_with_what_a_login_finds_and_no_secret(self):
        """The account's own shell in its home, as a login shell, on a terminal of the size asked for."""
        link = self.link()
        self.assertTrue(link.call("terminal-start", terminal="t", cols=100, rows=30)["started"])
        self.assertFalse(link.call("terminal-start", terminal="t", cols=100, rows=30)["started"])
        screen = Screen(link)
        screen.type("echo \"<$0|$PWD|$TERM|$COLORTERM|$(stty size)>\"; tty; env; echo done''-now\n")
        text = screen.until(b"done-now")
        name = os.path.basename(self.row(link)["shell"])
        self.assertIn(("<-%s|%s|xterm-256color|truecolor|30 100>" % (name, os.path.expanduser("~"))).encode(), text)
        self.assertIn(b"/dev/pts/", text)
        self.assertIn(b"LANG=", text)
        for word in (b"canary-4711", b"ANSATZ_"):
            self.assertNotIn(word, text)

    def test_keys_signals_sizes_and_the_end(self):
        """Ctrl-C reaches the program in front, a size its handler, the exit status everybody."""
        link = self.link()
        self.begin(link, cwd=self.top)
        screen, other = Screen(link), Screen(link, watch="other")
        screen.until(b"> ")
        screen.type("sleep 1000\n")
        until(lambda: self.row(link)["running"] == "sleep")
        screen.type("\x03")
        screen.until(b"> ")
        self.assertIsNone(self.row(link)["running"])
        screen.type("trap 'stty size' WINCH; printf '\\033]0;a title\\007'; echo set''up\n")
        screen.until(b"setup")
        link.call("terminal-resize", terminal="t", cols=132, rows=50)
        screen.type("\n")
        screen.until(b"50 132")
        other.until(b"50 132")
        self.assertEqual(([(132, 50)], [(132, 50)]), (screen.sizes, other.sizes))
        row = self.row(link)
        self.assertEqual(("a title", 132, self.top), (row["title"], row["cols"], row["cwd"]))
        screen.type("exit 7\n")
        while not (screen.exit and other.exit):
            (other if screen.exit else screen).take()
        self.assertEqual((7, None), (screen.exit["status"], screen.exit["signal"]))
        self.assertEqual("dead", link.error("terminal-input", terminal="t"))
        late = Screen(link, watch="late")
        late.until(b"exit 7")
        while not late.exit:
            late.take()
        link.call("terminal-close", terminal="t")
        self.assertEqual("no-terminal", link.error("terminal-attach", terminal="t", watch="w", after=0))

    def test_it_outlives_its_line_and_every_byte_comes_once(self):
        """A line that breaks in the middle of a program: the next one goes on at the place where the first stopped."""
        link = self.link()
        self.begin(link)
        screen = Screen(link)
        screen.until(b"> ")
        screen.type("i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo n$i; done; echo en''d\n")
        screen.until(b"n500\r\n")
        at, text = screen.at, screen.text
        link.kill()
        screen = Screen(self.link(), after=at)
        screen.text = text + screen.text
        text = screen.until(b"end")
        self.assertEqual(["n%d" % n for n in range(501, 3001)], text.decode().split())
        self.assertEqual([], screen.gaps)

    def test_a_flood_waits_for_who_looks_and_memory_does_not_grow(self):
        """Nothing is read while the screen is full; kernels are answered; Ctrl-C works; the rest is in the ring."""
        link = self.link()
        self.begin(link)
        screen = Screen(link)
        screen.until(b"> ")
        start = self.row(link)["bytes"]
        screen.type("head -c 500000000 /dev/zero | tr '\\0' x | fold\n")
        while screen.at - start < 200 * 1024:
            screen.take(draw=False)
        before = self.memory()
        for _ in range(300):
            screen.take()
        link.call("ping")
        self.assertLess(self.row(link)["bytes"] - screen.at, MiB)
        self.assertLess(self.memory() - before, 16 * MiB)
        screen.type("\x03")
        screen.text.clear()
        screen.until(b"> ")
        self.assertLess(screen.at, 100 * MiB)
        self.assertEqual([], screen.gaps)

    def test_who_takes_nothing_holds_nobody_up_and_hears_what_it_missed(self):
        """Somebody fast sees it all; the slow one gets the last megabytes and is told of the hole."""
        link, away = self.link(), self.link()
        self.begin(link)
        fast, slow = Screen(link, watch="fast"), Screen(away, watch="slow")
        fast.until(b"> ")
        fast.type("printf '\\033[?2004h'; head -c 6000000 /dev/zero | tr '\\0' x | fold; echo en''d\n")
        fast.until(b"end")
        self.assertEqual([], fast.gaps)
        slow.until(b"end")
        self.assertEqual(1, len(slow.gaps))
        self.assertIn("\x1b[?2004h", slow.modes)
        self.assertEqual(fast.at, slow.at)

    def test_nobody_there_and_a_screen_that_sleeps_do_not_stop_a_program(self):
        """A build goes on while the lid is closed."""
        link = self.link()
        self.begin(link)
        asleep = Screen(link, watch="asleep")
        # The program that is interrupted says itself that it runs: a shell about to start one can lose an interrupt.
        link.call("terminal-input", [b"head -c 3000000 /dev/zero | tr '\\0' x | fold; "
                                     b"sh -c ': > %s/one; exec sleep 1000'\n" % self.top.encode()], terminal="t")
        until(lambda: os.path.exists(self.top + "/one"))
        link.call("terminal-detach", watch="asleep")
        link.call("terminal-input", [b"\x03head -c 30000000 /dev/zero | tr '\\0' x | fold; touch %s/two\n"
                                     % self.top.encode()], terminal="t")
        until(lambda: os.path.exists(self.top + "/two"))
        again = Screen(link, after=asleep.at)
        self.assertLessEqual(again.first["to"] - again.first["from"], 4 * MiB + 64 * 1024)

    def test_a_living_terminal_keeps_the_daemon_and_ends_with_it(self):
        """Neither the lease nor another version ends it; a daemon that ends hangs up."""
        self.env["ANSATZ_LEASE_S"] = "0.6"
        link = self.link()
        self.begin(link)
        screen = Screen(link)
        screen.until(b"> ")
        screen.type("echo pi''d=$$=\n")
        screen.until(b"pid=")
        shell = int(screen.until(b"="))
        daemon = self.daemon()
        self.assertEqual({"retiring": False}, link.call("retire"))
        link.kill()
        time.sleep(1.5)  # longer than the lease
        self.assertTrue(lives(daemon) and lives(shell))
        os.kill(daemon, signal.SIGTERM)
        until(lambda: not lives(daemon) and not lives(shell))

    def test_what_cannot_be_is_refused_in_words(self):
        """Programs, folders and sizes that are not there."""
        link = self.link()
        self.assertEqual("start", link.error("terminal-start", terminal="t", cols=80, rows=24, argv=["/no/such"]))
        self.assertEqual("start", link.error("terminal-start", terminal="t", cols=80, rows=24, cwd="/no/such"))
        self.assertEqual("bad-params", link.error("terminal-start", terminal="t", cols=0, rows=24))
        self.assertEqual("no-terminal", link.error("terminal-input", terminal="t"))
        for number in range(50):
            self.begin(link, ["/bin/cat"], terminal=str(number))
        self.assertEqual("terminals", link.error("terminal-start", terminal="more", cols=80, rows=24, argv=["/bin/cat"]))

    def memory(self):
        """Bytes of the daemon."""
        with open("/proc/%d/statm" % self.daemon()) as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
