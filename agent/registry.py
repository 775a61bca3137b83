"""All kernels of this account on this node by id, those of an earlier daemon included.

The folder of a kernel is named after a hash of its id: an id may be any text, a Unix socket's path may not be long.
"""
import hashlib
import os
import shutil

import runtime
from job_kernel import JobKernel
from kernel import Kernel, Unwilling
from recorder import Recorder

QUOTA_MB = 512


class Registry:
    """Starts, finds and forgets kernels."""

    def __init__(self, folder, children, batch, after=0):
        self._children, self._kernels, self._batch, self._after = children, {}, batch, after
        self._folder = runtime.private(os.path.join(folder, "k"))
        self._spools = runtime.private(os.path.abspath(os.environ.get("ANSATZ_SPOOL") or os.path.join(folder, "spool")))
        self._quota = int(float(os.environ.get("ANSATZ_SPOOL_MB") or QUOTA_MB) * 1000000)

    def adopt(self):
        """Takes over what an earlier daemon has left."""
        for name in sorted(os.listdir(self._folder)):
            saved = runtime.read_json(os.path.join(self._folder, name, "state.json"))
            if saved and isinstance(saved.get("kernel"), str) and _name(saved["kernel"]) == name:
                try:
                    self._make(saved["kernel"], job=bool(saved.get("job"))).adopt(saved)
                except (Unwilling, KeyError, TypeError):  # a job of a system that we do not know
                    self._make(saved["kernel"], self._kernels[saved["kernel"]].recorder).adopt({"state": "dead"})
            else:  # the daemon was killed before the process existed
                shutil.rmtree(os.path.join(self._folder, name), ignore_errors=True)

    def _make(self, identity, recorder=None, job=False):
        """An object for one life of a kernel; the record is the same through all of them."""
        name = _name(identity)
        folder = runtime.private(os.path.join(self._folder, name))
        recorder = recorder or Recorder(identity, os.path.join(self._spools, name), self._quota, self._after)
        kernel = JobKernel(identity, folder, recorder, self._batch) if job else Kernel(identity, folder, recorder, self._children)
        self._kernels[identity] = kernel
        return kernel

    def start(self, identity, **how):
        """True when a process was started, False when one of that id lives. A dead one starts anew, its numbers go on."""
        former = self._kernels.get(identity)
        if former and former.state != "dead":
            return False
        if former and former.job:
            former.give(None)
        kernel = self._make(identity, former.recorder if former else None)
        try:
            kernel.start(**how)
        except Unwilling:
            self._refused(identity, former)
            raise
        return True

    async def start_job(self, identity, about, **how):
        """The same in a batch job; done when the scheduler has it."""
        former = self._kernels.get(identity)
        if former and former.state != "dead":
            return False
        kernel = self._make(identity, former.recorder if former else None, job=True)
        try:
            await kernel.start(about, former if former and former.job else None, **how)
        except Unwilling:
            self._refused(identity, former)
            raise
        return True

    def _refused(self, identity, former):
        if former:
            self._kernels[identity] = former
        else:
            self.forget(identity)

    def get(self, identity):
        """The kernel, or Unwilling."""
        if identity not in self._kernels:
            raise Unwilling("no-kernel", "there is no kernel %s here" % identity)
        return self._kernels[identity]

    def find(self, identity):
        """The kernel, or None."""
        return self._kernels.get(identity)

    def all(self):
        """Every kernel, dead ones whose record is still here included."""
        return list(self._kernels.values())

    def living(self):
        """How many have a process."""
        return sum(kernel.state != "dead" for kernel in self._kernels.values())

    def forget(self, identity):
        """Deletes a dead kernel with its record."""
        kernel = self._kernels.get(identity)
        if kernel is None:
            return
        if kernel.state != "dead":
            raise Unwilling("alive", "the kernel is still running")
        if kernel.job:
            kernel.give(None)
        del self._kernels[identity]
        for subscriber in tuple(kernel.recorder.subscribers):
            subscriber.close()
        kernel.recorder.remove()
        shutil.rmtree(kernel.folder, ignore_errors=True)

    def tick(self):
        """Called about every second."""
        for kernel in self.all():
            kernel.tick()
            kernel.recorder.tick()


def _name(identity):
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:16]
