"""One kernel: from the start of its process to the event that says why it ended.

It counts as started when it has answered kernel_info_request and our iopub subscription is known to work; without the
second the first outputs of the first cell could be lost. Messages sent to it before that wait here.
"""
import asyncio
import json
import os
import signal
import sys
import time
import uuid

import channels
import launch
import process
import replay
import runtime
from journal import Journal
from memory import MemoryWatch
from question import Question
from usage import Usage

START_S = 60.0
PROBE_S = 0.2
PATIENCE_S = 2.0  # between asking to end, TERM and KILL
REPLAY_S = 10.0  # for a kernel that was asked to say again what it said
SUBSHELL_S = 2.0  # for a kernel that says it has subshells and then gives none
SPLIT = 4 * 1024 * 1024  # characters of one stream event
_OURS = "ansatz-agent-"  # message ids of our own requests, whose answers concern nobody else
_KEPT = ("status", "error", "execute_input")


class Unwilling(Exception):
    """The kernel cannot do what was asked; `code` is for the answer."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Kernel:
    """One life: a process with its channels, its journal and its record. `folder` is private to it."""

    def __init__(self, identity, folder, recorder, children):
        self.identity, self.folder, self.recorder, self._children = identity, folder, recorder, children
        self.state, self.pid, self.started = "dead", None, None
        self._journal = Journal(os.path.join(folder, "journal"))
        self._channels = self._memory = self._mark = self._info = self._deadline = None
        self._waiting, self._subscribed, self._adopted, self._dying, self._asked = [], False, False, False, False
        self._interrupt_mode, self._session = "signal", ""
        self._busy, self._subshell, self._subshell_asked, self._questions, self._usage = False, None, None, {}, None
        self._missed = ""  # why iopub was away, until what it said meanwhile has been said again
        self._replay_asked = False
        self._linked_before = self._proven = False
        self.job, self.restarting, self._dismissal = None, False, None

    # -- life ----------------------------------------------------------------------------------------------------------

    def start(self, argv, env, cwd, interrupt_mode, language):
        """Starts the process; raises Unwilling when there is nothing to start."""
        folder = os.path.expanduser(cwd or "~")
        if not os.path.isdir(folder):
            raise Unwilling("start", "there is no folder %s" % folder)
        path = channels.connection_path(self.folder)
        agent = os.path.dirname(os.path.abspath(__file__))  # `{agent}`: our plain kernel in somebody's environment
        ours = {"{agent}": agent, "{python}": sys.executable}
        argv = [ours.get(word) or word.replace("{connection_file}", path) for word in argv]
        try:
            connection = channels.new_connection(self.folder)
            child = process.spawn(argv, env, folder, self._log)
        except (OSError, ValueError) as error:
            raise Unwilling("start", "%s cannot be started: %s" % (argv[0], error))
        self.pid, self.started, self.state = child.pid, time.time(), "starting"
        self._mark, self._interrupt_mode, self._session = process.mark(child.pid), interrupt_mode, uuid.uuid4().hex
        self._deadline = time.monotonic() + float(os.environ.get("ANSATZ_START_S") or START_S)
        self._children.watch(child, self._ended)
        self._save(language=language)
        self._connect(connection)

    def adopt(self, saved):
        """Takes over a kernel that an earlier daemon has left; the record tells that something may be missing."""
        self.pid, self.started = saved.get("pid"), saved.get("started")
        self._mark, self._session = saved.get("mark"), saved.get("session") or uuid.uuid4().hex
        self._interrupt_mode, self._subshell = saved.get("interruptMode", "signal"), saved.get("subshell")
        if saved.get("state") == "dead":
            return
        self._adopted, self.state = True, "alive" if saved.get("state") == "alive" else "starting"
        self._deadline = time.monotonic() + START_S
        connection = channels.known_connection(self.folder)
        if not self._subshell:
            self._gap("restart")
        if saved.get("boot") != runtime.boot_id() or not connection or not self._lives():
            self._memory = MemoryWatch(0)
            self._died(rebooted=saved.get("boot") != runtime.boot_id())
        else:
            self._connect(connection)

    def _connect(self, connection):
        self._memory, self._usage = MemoryWatch(self.pid), Usage(self.pid)
        self._channels = channels.Channels(connection, self._session, self._receive, self._oversized, self._link)
        self._channels.open()
        if self.state == "starting":
            self._probe()

    def _probe(self):
        if self.state == "starting" and not self._dying:
            if self._subscribed:  # asking earlier would only fill its queue
                self._ours("shell", "kernel_info_request", {})
            asyncio.get_event_loop().call_later(PROBE_S, self._probe)

    def _link(self, up):
        """iopub is connected or has lost its connection."""
        self._subscribed = up
        missed = "reconnect" if self._linked_before else "restart" if self._adopted else ""
        self._linked_before = self._linked_before or up
        if not up or not missed or self._dying:
            return
        if not self._subshell:
            if missed == "reconnect":
                self._gap(missed)
            return
        self._missed, self._replay_asked = missed, False
        loop = asyncio.get_event_loop()
        loop.call_later(1.0, self._ask_replay)  # where no welcome says that we are subscribed
        loop.call_later(REPLAY_S, self._replayed, False)

    def _ask_replay(self):
        if self._missed and not self._replay_asked and not self._dying:
            self._replay_asked = True
            self._ours("shell", "execute_request", replay.request(self.recorder.last_id), self._subshell)

    def _replayed(self, complete):
        """The marker has come (or never will): what follows is recorded again."""
        if not self._missed or self._dying:
            return
        missed, self._missed = self._missed, ""
        self._channels.forget()  # what was heard and dropped meanwhile comes a second time
        if complete:
            self.recorder.agent("resumed", {"reason": missed})
        else:
            self._gap(missed)

    def _gap(self, reason):
        words = "the agent was restarted" if reason == "restart" else "the connection to the kernel broke"
        self.recorder.gap(reason, 0, 0, words + "; outputs of that moment may be missing")

    def _answered(self):
        if self._info is not None and self._proven and self.state == "starting" and not self._dying:
            if self._subshell_asked is None and "kernel subshells" in (self._info.get("supported_features") or ()):
                self._subshell_asked = self._ours("control", "create_subshell_request", {})
                asyncio.get_event_loop().call_later(SUBSHELL_S, self._no_subshell)
            if not self._subshell_asked:
                self._alive()

    def _no_subshell(self):
        if self._subshell_asked:
            self._subshell_asked = ""
            self._answered()

    def _alive(self):
        self.state = "alive"
        channels.listening(self.folder)
        self._save()
        self.recorder.agent(
            "started", {"pid": self.pid, "kernelInfo": self._info, "subshell": self._subshell is not None})
        if self._info.get("implementation") == "ipython":
            self._ours("shell", "execute_request", replay.keep())
        waiting, self._waiting = self._waiting, []
        for item in waiting:
            self._pass_on(*item)

    def tick(self):
        """Called about every second."""
        if self.state == "dead":
            return
        self._memory.tick()
        launch.trim_log(self._log)
        if self._adopted and not self._dying and not self._lives():
            self._ended(None)
        if self.state == "starting" and time.monotonic() > self._deadline:
            process.signal_group(self.pid, signal.SIGKILL)

    def _lives(self):
        return bool(self.pid and self._mark) and process.mark(self.pid) == self._mark

    def _ended(self, returncode):
        """The process is gone; what it wrote before is read first, so that `died` is the last event."""
        self._dying = True
        if self._asked:
            process.signal_group(self.pid, signal.SIGKILL)  # what it started does not outlive a shutdown
        self._channels.drain(lambda: self._died(returncode))

    def _died(self, returncode=None, rebooted=False):
        content = process.verdict(returncode, self.state == "alive", process.tail(self._log), self._memory)
        if rebooted:
            content["reason"] = "reboot"
        content["requested"] = self._asked and not self._dismissal
        if self._dismissal:
            content.update(self._dismissal)
        elif self._asked and content["reason"] in ("lost", "evicted"):  # nobody told us how, or the signal was ours
            content["reason"] = "exit"
        if self._channels:
            self._channels.close()
        channels.clear(self.folder)
        self.state, self._waiting, self._subshell = "dead", [], None
        for question in self._questions.values():
            question.answer.cancel()
        self.recorder.agent("died", content)
        self._save()

    # -- messages ------------------------------------------------------------------------------------------------------

    def send(self, channel, identity, kind, content, metadata, buffers, aside=False):
        """Passes a message on unless its id has been passed on before; True when it was accepted now. `aside`: by the
        subshell where there is one, so that it does not wait for what runs."""
        if self.state == "dead" or self._dying:
            raise Unwilling("dead", "the kernel is not running")
        if identity in self._journal or any(item[1] == identity for item in self._waiting):
            return False
        item = (channel, identity, kind, content, metadata, buffers, aside)
        if self.state == "starting":
            if len(self._waiting) >= 1000:
                raise Unwilling("busy", "too many messages for a kernel that is still starting")
            self._waiting.append(item)
        else:
            self._pass_on(*item)
        return True

    def _pass_on(self, channel, identity, kind, content, metadata, buffers, aside):
        if self._channels.stuck(channel):
            raise Unwilling("busy", "the kernel does not take any more messages")
        self._journal.add(identity)
        subshell = self._subshell if aside and channel == "shell" else None
        self._channels.send(channel, identity, kind, content, metadata, buffers, subshell)

    def _ours(self, channel, kind, content, subshell=None):
        """A request of the agent's own; returns its id."""
        identity = _OURS + uuid.uuid4().hex
        self._channels.send(channel, identity, kind, content, subshell=subshell)
        return identity

    async def ask(self, channel, kind, content, timeout):
        """A request whose answer concerns only the asker: {type, content, outputs}. By the subshell where there is one;
        else refused while something runs, since it would only be answered after that."""
        if self.state != "alive" or self._dying:
            raise Unwilling("dead" if self.state == "dead" else "busy", "the kernel is not ready")
        if channel == "shell" and self._busy and not self._subshell:
            raise Unwilling("busy", "the kernel is running something and has no subshell")
        identity = self._ours(channel, kind, content, self._subshell if channel == "shell" else None)
        question = self._questions[identity] = Question(kind)
        try:
            return await asyncio.wait_for(question.answer, timeout)
        except asyncio.TimeoutError:
            raise Unwilling("timeout", "the kernel did not answer in %g s" % timeout)
        except asyncio.CancelledError:
            raise Unwilling("dead", "the kernel has ended")
        finally:
            del self._questions[identity]

    def usage(self):
        """What it uses now, or None."""
        if self.state == "dead" or not self._usage:
            return None
        sample = self._usage.sample()
        return sample and dict(sample, memoryLimit=self._memory.limit())

    def _receive(self, channel, message):
        """Records a message from the kernel, in the order of arrival."""
        if message.type in ("iopub_welcome", replay.MARKER) or message.parent.startswith(_OURS):
            self._own(channel, message)
            return
        if self._missed and channel == "iopub":
            return  # comes again after the marker
        if channel == "iopub" and message.type == "status":
            self._busy = b'"idle"' not in message.content
        droppable = channel == "iopub" and message.type not in _KEPT
        for content in _pieces(message) if message.type == "stream" else (message.content,):
            self.recorder.record(channel, message.type, content, message.parent, message.metadata, message.buffers,
                                 droppable, message.id if channel == "iopub" else "")

    def _own(self, channel, message):
        if message.parent in self._questions:
            self._questions[message.parent].hear(channel, message)
        elif message.type == replay.MARKER:
            self._replayed(replay.complete(message.content))
        elif channel == "iopub":
            self._proven = True
            if message.type == "iopub_welcome":
                self._ask_replay()
        elif self._subshell_asked and message.parent == self._subshell_asked:
            self._subshell, self._subshell_asked = json.loads(message.content.decode("utf-8")).get("subshell_id"), ""
        elif message.type == "kernel_info_reply" and self._info is None:
            self._info = json.loads(message.content.decode("utf-8"))
        self._answered()

    def _oversized(self, channel, size):
        self.recorder.gap("size", 1, size, "one message on %s was too large" % channel)

    def interrupt(self):
        """Ctrl-C."""
        if self.state == "dead":
            raise Unwilling("dead", "the kernel is not running")
        if self._interrupt_mode == "message":
            self._ours("control", "interrupt_request", {})
        else:
            process.signal_group(self.pid, signal.SIGINT)

    def shutdown(self, restart, now=False):
        """Asks it to end, then insists. Returns at once; the `died` event follows. `restart`: it will be started again. `now`:
        it is not asked."""
        if now and self.state != "dead":
            self._asked = True
            self._insist(signal.SIGKILL)
            return
        if self.state == "dead" or self._asked:
            return
        self._asked, self.restarting = True, restart
        self._ours("control", "shutdown_request", {"restart": restart})
        for turn, number in enumerate((signal.SIGTERM, signal.SIGKILL), 1):
            asyncio.get_event_loop().call_later(turn * PATIENCE_S, self._insist, number)

    def dismiss(self, reason, words):
        """Ends it on behalf of somebody else, whose reason its last event tells."""
        if self.state != "dead" and not self._asked:
            self._dismissal = {"reason": reason, "words": words}
            self.shutdown(False)

    def _insist(self, number):
        if self.state != "dead" and not self._dying and self._lives():
            process.signal_group(self.pid, number)

    # -- memory on disk ------------------------------------------------------------------------------------------------

    @property
    def _log(self):
        return os.path.join(self.folder, "log")

    def _save(self, **more):
        saved = runtime.read_json(os.path.join(self.folder, "state.json")) or {}
        saved.update(more, kernel=self.identity, pid=self.pid, mark=self._mark, boot=runtime.boot_id(), state=self.state,
                     started=self.started, session=self._session, interruptMode=self._interrupt_mode,
                     subshell=self._subshell)
        try:
            runtime.write_json(os.path.join(self.folder, "state.json"), saved)
        except OSError:
            pass  # a full disk must not end a kernel; only its adoption after a crash of ours is at stake


def _pieces(message):
    """A stream content as it is, or cut into several when it is too long for one event."""
    if len(message.content) <= SPLIT:
        return (message.content,)
    content = json.loads(message.content.decode("utf-8"))
    text = str(content.get("text", ""))
    return [json.dumps(dict(content, text=text[at:at + SPLIT])).encode("ascii") for at in range(0, len(text), SPLIT)]
