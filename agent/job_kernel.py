"""A kernel in a batch job, with the interface of Kernel: same id, same numbers, same messages.

The worker in the job has the kernel; here are its record, copied frame by frame, what was sent and not yet taken, and the
job. The one event of our own is `died`, where the worker cannot say it or the scheduler knows better why.
"""
import asyncio
import os
import re
import shutil
import time
import uuid

import frames
import job_script
import runtime
from door import CalledLine
from job import Job, folder as new_folder
from journal import Journal
from kernel import Unwilling
from outbox import Full, Outbox
from peer import Line
from usage import DEVICES

LEASE_S = 24 * 3600
UNREACHABLE_S = 600.0
AGAIN_S = 60.0  # how long a worker waits for a kernel that is to be started again
FETCH_S = 5.0  # after the job's end, for what is still in the pipe
OVER_S = 45.0  # schedulers look at memory every half minute
VERDICT_S = 20.0  # after an eviction, for the scheduler to say whose doing it was
#: The job's own, whatever the environment of the login says
_THEIRS = DEVICES + ("TMPDIR", "XDG_RUNTIME_DIR")
INSIST_S = 15.0  # between asking a kernel to end and removing its job


class JobKernel:
    """One life of a kernel in a job. `folder` is private to it."""

    def __init__(self, identity, folder, recorder, batch):
        self.identity, self.folder, self.recorder, self._batch = identity, folder, recorder, batch
        self.state, self.pid, self.started, self.job = "dead", None, None, None
        self._journal = Journal(os.path.join(folder, "journal"))
        self._outbox = Outbox(os.path.join(folder, "outbox"))
        self._line, self._how, self._about = None, {}, {}
        self._begun = self._asked = self._again = self._told = False  # _told: the worker has heard that it shall end
        self._kept = False  # the job is that of a former life: its worker has started that one's kernel
        self._taken = False  # the worker has been asked what it has, over this line
        self._wanted_at, self._over_at, self._asked_at, self._dead_at = time.monotonic(), None, 0.0, 0.0
        self._verdict = None  # (content, when) of a `died` that waits for the scheduler's words
        self._acked = 0
        self._over = None  # (content, when) of the last word that the job used more memory than it had asked for

    # -- life ----------------------------------------------------------------------------------------------------------

    async def start(self, about, former, way, argv, env, cwd, interrupt_mode, language):
        """Submits a job, or begins anew in the one a former life has left for it; Unwilling when that is refused.
        `way` is that of an Offer: how it is reached."""
        argv, env = own_environment(argv, env)
        self._how = {"argv": argv, "env": env, "cwd": cwd, "interruptMode": interrupt_mode, "language": language}
        self._about, self.started, self.state = about, time.time(), "starting"
        self._outbox.clear()
        kept = former.give(about) if former else None
        if kept:
            self._kept = True
            self.job, self._line = kept
            self.job.belongs(self._changed)
            self._line.owner = self
            self._changed()
            if self._line.peer:
                self.up(self._line.peer)
            return
        system, token = self._batch.system(about["scheduler"]), uuid.uuid4().hex
        options = {"token": token, "scheduler": system.name, "after": self.recorder.last,
                   "lease": about["lease"] or LEASE_S, "walltime": about["walltime"] * 60,
                   "memory": about["memory"] * 1048576}
        try:
            self.job = Job(self._batch, system, token, new_folder(token), about, self.identity, self._changed)
            card = None
            if way == "call-back":
                card = await self._batch.door.invite(token, await self._batch.environment(), self._early)
            self._changed()
            options["start"] = self.job.leave(dict(self._how, kernel=self.identity))
            await self.job.submit("ansatz %s %s" % (_plain(self.identity), token[:8]), job_script.script(options, card))
        except Unwilling:
            self.state = "dead"
            if self.job:
                self.job.discard()
                self._save()
            raise
        self._save()
        if self._asked:
            self.job.remove()

    def give(self, about):
        """The job and the line into it, for the next life, when that wants the same; else None, and the job ends."""
        line, self._line = self._line, None
        if self._again and line and self.job.runs and about == self._about:
            self._again = False
            return self.job, line
        self._again = False
        if line:
            line.close()
        if self.job:
            self.job.belongs(lambda: None)  # its end is no news of the next life
            self.job.remove()
            self.job.discard()
        return None

    def adopt(self, saved):
        """Takes over what an earlier daemon has left."""
        known = saved["job"]
        self.started, self._how, self._about = saved.get("started"), saved.get("how") or {}, known["about"]
        self._begun, self._asked = saved.get("begun") is True, saved.get("requested") is True
        self._kept = saved.get("kept") is True
        self.state = saved.get("state") or "dead"
        self.job = Job(self._batch, self._batch.system(known["scheduler"]), known["token"], known["folder"], known["about"],
                       self.identity, self._changed)
        if self.state != "dead" and saved.get("call"):
            self._batch.door.expect(self.job.token, saved["call"], self._early)
        self.job.resume(known)
        if self.state == "dead":
            self.job.remove()
        elif self._asked:
            self._asked_at = time.monotonic()
        self._changed()

    def _changed(self):
        """The job is another than it was."""
        if self.job.runs and self._line is None and self.state != "dead":
            if self._batch.door.saved(self.job.token):
                self._line = CalledLine(self._batch.door, self.job.token, self)
            else:
                self._line = Line(self._batch.children, self._prepare, os.path.join(self.folder, "attach.log"), self)
        if self.job.state == "ended" and self._over_at is None:
            self._over_at = time.monotonic()
        self._allow()
        self._save()
        self.recorder.tell(self.news())

    def _allow(self):
        """Tells the worker of another limit of its time than it was started with."""
        peer = self._line.peer if self._line else None
        if peer and self.job.walltime != self._about["walltime"] * 60:
            peer.request("extend-worker", {"walltime": self.job.walltime}).add_done_callback(_nothing)

    async def extend(self, seconds):
        """More time for its job; Unwilling in the scheduler's words."""
        if self.state == "dead":
            raise Unwilling("dead", "the kernel is not running")

        async def within(attribute):
            await self._reached().request("set-attribute", {"name": attribute[0], "value": attribute[1]})
        await self.job.extend(seconds, within)

    def _early(self):
        """The worker calls, and we have not heard yet that the job runs. It calls again."""
        self._batch.hurry(self.job.system)

    def news(self):
        """The state of the job as a frame."""
        return frames.encode({"event": "job", "kernel": self.identity, "job": self.job.status()})

    async def _prepare(self):
        system = self.job.system
        argv = system.attach(self.job.id, self.job.token)
        env = dict(await self._batch.environment(), **system.environment)
        found = shutil.which(argv[0], path=env["PATH"])
        if not found:
            raise Unwilling("job", "there is no %s here" % argv[0])
        return [found] + argv[1:], env

    def tick(self):
        """Called about twice a second."""
        now = time.monotonic()
        if self.state == "dead":
            if self._line and (not self._again or now - self._dead_at > AGAIN_S):
                self._leave()
            return
        if self.recorder.subscribers or self.job.waits:
            self._wanted_at = now
        elif now - self._wanted_at > (self._about["lease"] or LEASE_S):
            self._died("unreachable", "Nobody asked for the kernel for %d minutes." % ((now - self._wanted_at) / 60))
            return
        self._acknowledge()
        if self._verdict and (self.job.state == "ended" or now - self._verdict[1] > VERDICT_S):
            self._conclude()
        elif self._over_at is not None and now - self._over_at > (FETCH_S if self._line and self._line.peer else 1.0):
            self._died(self.job.end, self.job.words)
        elif self._asked and now - self._asked_at > INSIST_S:
            self.job.remove()
        elif self._line and self._line.broken_since is not None and now - self._line.broken_since > _unreachable_s():
            if self._batch.answers(self.job.system, self._line.broken_since):
                self._died("unreachable", self._line.complaint or "The job cannot be reached any more.")

    def _conclude(self):
        """The worker has said that the kernel was ended; the scheduler, who did that."""
        content = self._verdict[0]
        if self._late() and self.job.end in (None, "finished"):
            self._died("walltime", self.job.words, content)
        elif self.job.state == "ended" and self.job.end != "finished":
            self._died(self.job.end, self.job.words, content)
        else:
            self._died(content.get("reason", "evicted"), content.get("words") or self.job.words, content)

    def _died(self, reason, words, content=None):
        """The last event, when it is ours to say."""
        if reason == "finished":  # the worker went without a word of the kernel
            reason = "walltime" if self._late() else "lost"
        about = {"signal": None, "exitCode": None, "stderr": self.job.complaint(), "limit": None, "used": None}
        if reason in ("unreachable", "walltime"):
            self.job.foretold = reason
        if reason == "lost" and self._over and time.monotonic() - self._over[1] < OVER_S:
            reason = "out-of-memory"
            about.update(self._over[0])
        about.update(content or {}, reason=reason, words=words, requested=self._asked)
        self._dead(lambda: self.recorder.agent("died", about))
        self.job.remove()

    def _late(self):
        """Its walltime is over; a partition's own limit nearly so, since Slurm warns a minute before."""
        ends = self.job.status()["endsAt"]
        return bool(ends) and time.time() > ends - (2 if self._about["walltime"] else 90)

    def _dead(self, record):
        self.state, self._dead_at = "dead", time.monotonic()
        self._outbox.clear()
        record()
        self._save()
        if self._line and not self._again:
            self._leave()

    def _leave(self):
        """Closes the line: open, it would keep the slot claimed. The last acknowledgement goes first, and ends the worker."""
        line, self._line = self._line, None
        self._again, self.job.urgent = False, True
        peer = line.peer
        if peer and self.job.runs:
            peer.tell("ack", {"kernel": self.identity, "seq": self.recorder.last, "keep": self.recorder.last + 1})
            peer.request("shutdown-worker", {}).add_done_callback(lambda future: (future.exception(), line.close()))
        else:
            line.close()
        asyncio.get_event_loop().call_later(INSIST_S, self.job.remove)

    # -- the worker's side ---------------------------------------------------------------------------------------------

    def up(self, peer):
        """There is a line to the worker."""
        self._taken = False
        self._allow()
        asyncio.ensure_future(self._begin(peer))

    async def _begin(self, peer):
        try:
            known = (await peer.request("kernels", {}))["kernels"]
            mine = [each for each in known if each["kernel"] == self.identity]
            # A new job's worker starts the kernel by itself where it can: one that is dead there has had its life.
            if not self._begun and (not mine or self._kept and mine[0]["state"] == "dead"):
                await peer.request("start", dict(self._how, kernel=self.identity))
            self._begun, self.job.urgent = True, False
            self.job.answered()
            self._save()
            await peer.request("subscribe", {"kernel": self.identity, "after": self.recorder.last})
            self._taken = True
            for params, attachments in self._outbox.all():
                self._pass_on(peer, params, attachments)
            if self._asked:
                peer.request("shutdown", {"kernel": self.identity, "restart": self._again}).add_done_callback(_nothing)
        except Unwilling as fault:
            if fault.code == "start" and self.state != "dead":
                self._died("startup", "", {"stderr": str(fault)})
            elif fault.code == "no-kernel" and self.state != "dead":
                self._died("lost", str(fault))
            elif not peer.ended:
                peer.close()

    def event(self, frame, header):
        """A frame of the worker's spool, as it is."""
        if header.get("event") == "over-memory":
            self._over = {name: header.get(name) for name in ("limit", "used")}, time.monotonic()
        if header.get("event") != "kernel" or self.state == "dead":
            return
        seq = header["seq"]
        if header["channel"] == "agent" and seq > self.recorder.last:
            if header["type"] == "started":
                self.state = "alive"
                self._save()
            elif header["type"] == "died":
                self._heard_died(seq, frame, header["content"])
                return
        self.recorder.mirror(seq, frame)

    def _heard_died(self, seq, frame, content):
        if content.get("reason") in ("walltime", "unreachable"):
            self.job.foretold = content["reason"]
        if content.get("reason") != "evicted" or self._asked:
            self._dead(lambda: self.recorder.mirror(seq, frame))
            return
        self._verdict = (content, time.monotonic())  # the scheduler knows whose doing that was
        self._line.peer.tell("ack", {"kernel": self.identity, "seq": seq, "keep": seq + 1})  # and waits for the worker to go

    def turn(self):
        """A portion has been recorded."""
        self._acknowledge()

    def _acknowledge(self):
        peer = self._line.peer if self._line else None
        if peer and self._taken and self.recorder.last > self._acked and self.recorder.room:
            self._acked = self.recorder.last
            peer.tell("ack", {"kernel": self.identity, "seq": self._acked, "keep": self.recorder.stored + 1})

    def down(self):
        """The line broke; another is on its way."""
        self._taken, self._acked, self.job.urgent = False, 0, True

    # -- messages ------------------------------------------------------------------------------------------------------

    def send(self, channel, identity, kind, content, metadata, buffers, aside=False):
        """Keeps a message until the worker has it; True when it was accepted now."""
        if self.state == "dead" or self._asked or self._verdict:
            raise Unwilling("dead", "the kernel is not running")
        if identity in self._journal or identity in self._outbox:
            return False
        params = {"kernel": self.identity, "channel": channel, "msgId": identity, "msgType": kind, "content": content,
                  "metadata": metadata, "aside": aside}
        try:
            self._outbox.add(params, buffers)
        except Full:
            raise Unwilling("busy", "too many messages for a kernel that does not take them yet")
        self._journal.add(identity)
        if self._taken:
            self._pass_on(self._line.peer, params, buffers)
        return True

    def _pass_on(self, peer, params, attachments):
        def answered(future):
            if future.cancelled():
                return
            fault = future.exception()
            if fault is None or fault.code not in ("busy", "timeout", "internal"):
                self._outbox.drop(params["msgId"])
            elif not peer.ended:  # it takes no more just now
                asyncio.get_event_loop().call_later(1.0, self._retry, peer, params, attachments)
        peer.request("send", params, attachments).add_done_callback(answered)

    def _retry(self, peer, params, attachments):
        if not peer.ended and params["msgId"] in self._outbox:
            self._pass_on(peer, params, attachments)

    def _reached(self):
        """The peer, or Unwilling."""
        if self.state == "dead":
            raise Unwilling("dead", "the kernel is not running")
        if not self._taken:
            raise Unwilling("busy", "the job cannot be reached just now" if self.job.runs else "the job has not started yet")
        return self._line.peer

    def worker(self):
        """The peer in the job, for what needs no kernel; Unwilling."""
        if self.job.state == "ended" or self.state == "dead" and not self._again:
            raise Unwilling("job-over", "the job has ended")
        if not self._line or not self._line.peer:
            raise Unwilling("busy", "the job cannot be reached just now" if self.job.runs else "the job has not started yet")
        return self._line.peer

    async def ask(self, channel, kind, content, timeout):
        """As of a Kernel; passed on."""
        return await self._reached().request(
            "ask", {"kernel": self.identity, "channel": channel, "msgType": kind, "content": content, "timeout": timeout})

    async def usage(self):
        """What it uses in its job, GPUs included; None while nobody can say."""
        if self.state == "dead" or not self._taken:
            return None
        return (await self._line.peer.request("usage", {"kernel": self.identity}))["usage"]

    def interrupt(self):
        """Ctrl-C."""
        if self.state != "dead" and self.job.waits:
            return  # nothing runs
        self._reached().request("interrupt", {"kernel": self.identity}).add_done_callback(_nothing)

    def shutdown(self, restart):
        """Asks it to end; of a job that waits nothing is left. `restart`: the job stays for the next life."""
        if self.state == "dead" or self._asked:
            return
        self._asked, self._again, self._asked_at = True, restart and not self.job.waits, time.monotonic()
        self._save()
        if self.job.waits:
            self.job.remove()
        elif self._taken:
            self._line.peer.request("shutdown", {"kernel": self.identity, "restart": restart}).add_done_callback(_nothing)

    # -- memory on disk ------------------------------------------------------------------------------------------------

    def _save(self):
        saved = {"kernel": self.identity, "pid": None, "state": self.state, "started": self.started, "how": self._how,
                 "begun": self._begun, "kept": self._kept, "requested": self._asked, "job": self.job.saved(),
                 "call": self._batch.door.saved(self.job.token)}
        try:
            runtime.write_json(os.path.join(self.folder, "state.json"), saved)
        except OSError:
            pass  # as for any kernel: only its adoption after a crash of ours is at stake


def own_environment(argv, env):
    """(argv, env) of a kernel without what is another's on the node."""
    own = os.path.dirname(os.path.abspath(__file__))
    argv = ["{agent}" if word == own else word for word in argv]  # ours is elsewhere there
    return argv, {name: value for name, value in env.items() if name not in _THEIRS}


def _unreachable_s():
    return float(os.environ.get("ANSATZ_UNREACHABLE_S") or UNREACHABLE_S)


def _plain(text):
    """A kernel's id as a word for a list of jobs."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", text)[:40]


def _nothing(future):
    if not future.cancelled():
        future.exception()
