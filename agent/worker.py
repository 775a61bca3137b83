"""The program of a batch job: our daemon in the foreground, with its spool in the folder of the job.

It ends when its kernels have ended and all they said is fetched, when nobody has come for the lease, and when the
scheduler or its own countdown ends it: then it ends the kernels first, says why, and stays a moment to be asked.
"""
import importlib.util
import json
import os
import re
import shutil
import signal
import sys
import time

import frames
import leftovers
import methods
import process
import runtime
from caller import Caller
from daemon import Daemon, serve
from job_place import adapted, settle, short_home
from kernel import Unwilling
from memory import MemoryWatch
from usage import DEVICES, assigned, resident

NO_TLS = 95
#: what tells the processes of a job from others of the account, the first that is set
MARKS = ("_CONDOR_SCRATCH_DIR", "SLURM_JOB_ID", "TMPDIR")
GRACE_S = 12.0  # the kernels' end included
LOOK_S = 0.5  # between looks at the memory, where nothing in the system limits it
NEAR = 0.8  # of what was asked for: what is killed then was killed for its memory; the last look is never the last moment
AGAIN_S = 90.0  # for a kernel that is to be started again
DOOR = """#!/bin/sh
exec '%s' '%s' attach-worker '%s'
"""


def main(folder, options):
    """`folder` is private and ours, `options` JSON: {token, scheduler, after, lease, walltime, memory, start}; seconds, bytes. A
    file `call` in the folder has what is needed to call the daemon, which has no way in then; one at `start`, the kernel."""
    options, card = json.loads(options), os.path.join(folder, "call")
    call = runtime.read_json(card)
    if call:
        os.unlink(card)
    if call and not importlib.util.find_spec("_ssl"):
        sys.stderr.write("The Python of this node (%s) has no TLS.\n" % sys.executable)
        shutil.rmtree(folder, ignore_errors=True)
        return NO_TLS
    leftovers.sweep()
    start = _start(options)
    home, place, doors = short_home(folder), os.path.dirname(folder), [] if call else _doors(options)
    settle(folder)
    os.environ.update(ANSATZ_SPOOL=os.path.join(folder, "spool"), ANSATZ_DEVICES=_given(os.environ))
    ours = {folder, home} | {runtime.private(os.path.dirname(path)) for path in doors if path.startswith("/tmp/ansatz-job-")}
    held = [leftovers.claim(path) for path in ours]
    try:
        return serve(home, os.open(os.devnull, os.O_WRONLY), lambda: Worker(home, options, call, doors, start, place))
    finally:
        for path in doors:
            _unlink(path)
        for path in ours:
            shutil.rmtree(path, ignore_errors=True)
        for handle in held:
            os.close(handle)


def _start(options):
    """What the kernel is to be started with, where that can be read here; None else. The file is for us alone, and goes."""
    path = options.get("start")
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), encoding="utf-8") as file:
            ours = os.fstat(file.fileno()).st_uid == os.geteuid()
            how = json.load(file) if ours else None
    except (OSError, TypeError, ValueError):
        return None
    if ours:
        _unlink(path)
    return how


def _unlink(path):
    try:
        os.unlink(path)
    except OSError:
        pass  # it is not there, or not on a file system of ours


def _given(variables):
    """The scheduler's word on devices as assignments of sh, for set-ups of environments that say something else."""
    return " ".join("%s=%s" % (name, variables[name]) for name in DEVICES
                    if re.match(r"[\w,.:/-]*\Z", variables.get(name, " "), re.ASCII))


def _doors(options):
    """Where the way in is written down for who comes into the job: in its folder, or under a name that only we know."""
    scratch = os.environ.get("_CONDOR_SCRATCH_DIR")
    if options["scheduler"] == "htcondor" and scratch:
        return [os.path.join(scratch, "ansatz-attach")]
    return ["/tmp/ansatz-job-%s/attach" % options["token"]]


class Worker(Daemon):
    """A daemon that belongs to a job."""

    def __init__(self, folder, options, call, doors, start, place):
        super().__init__(os.path.basename(sys.argv[0]), folder, after=options["after"])
        self._doors, self._start = doors, start
        self.devices = assigned(os.environ)
        self._lease, self._since, self._end_at = float(options["lease"]), time.monotonic(), None
        self.allow(options["walltime"])
        self._memory, self._look_at = options.get("memory") or 0, self._since
        if (MemoryWatch(os.getpid()).limit() or float("inf")) <= self._memory:  # then the system tells of a kill itself
            self._memory = 0
        self._leaving, self._had, self._dead_since = None, False, None
        self._caller, self._place = Caller(self, call) if call else None, place
        self.mark = next(((name, os.environ[name]) for name in MARKS if name in os.environ), None)

    def begin(self):
        """Who finds the way in is answered; the kernel does not wait for them."""
        for path in self._doors:
            runtime.write_private(path, (DOOR % (sys.executable, sys.argv[0], self.folder)).encode("utf-8"))
        if self._start:
            try:
                methods.start(self, None, self._start, ())
            except Unwilling:
                pass  # who comes asks for it again, and hears why

    def adapted(self, how):
        """As far as this node has what the login's has."""
        return adapted(how, self._place)

    def allow(self, walltime):
        """Seconds since its start after which it ends by itself; 0: it does not."""
        self._end_at = self._since + walltime if walltime else None

    def terminate(self):
        """SIGTERM: the scheduler wants the slot."""
        self._dismiss("evicted", "The scheduler ended the job.")

    def _dismiss(self, reason, words):
        if self._leaving is None:
            self._leaving = time.monotonic() + GRACE_S
            for kernel in self.registry.all():
                kernel.dismiss(reason, words)

    def needed(self):
        """For who is connected only: a kernel that nobody asks for holds a slot."""
        return bool(self.clients)

    def lapse(self):
        """Nobody came for the lease."""
        self._dismiss("unreachable", "Nobody asked for the kernel for too long.")

    def finish(self):
        """The daemon that submitted us has all it wants."""
        self._dismiss("exit", "")
        self._leaving = min(self._leaving, time.monotonic() + 5.0)

    def watch(self):
        """Called about twice a second."""
        now, kernels = time.monotonic(), self.registry.all()
        if self._caller:
            self._caller.tick()
        if self._memory and now > self._look_at:
            self._look_at = now + LOOK_S
            self._look()
        if self._end_at and now > self._end_at:
            self._dismiss("walltime", "The walltime is over.")
        self._had = self._had or bool(kernels)
        dead = all(kernel.state == "dead" for kernel in kernels)
        fetched = dead and all(kernel.recorder.kept > kernel.recorder.last for kernel in kernels)
        self._dead_since = (self._dead_since or now) if self._had and dead else None
        waits = any(kernel.restarting for kernel in kernels) and now - (self._dead_since or now) < AGAIN_S
        if self._leaving is not None and (fetched or now > self._leaving):
            self.stop()
        elif self._leaving is None and self._had and fetched and not waits:
            self.stop()

    def _look(self):
        """A scheduler that ends a job above its memory itself sends SIGKILL: this is the last that can be said."""
        used = sum(resident(pid) for pid in [os.getpid()] + [each.pid for each in self.registry.all() if each.pid])
        if used > NEAR * self._memory:
            for client in tuple(self.clients):
                client.write(frames.encode({"event": "over-memory", "used": used, "limit": self._memory}))

    def left(self):
        """What still lives goes along."""
        for kernel in self.registry.all():
            if kernel.state != "dead" and kernel.pid:
                process.signal_group(kernel.pid, signal.SIGKILL)
