"""The daemon: one per account and node, owner of the kernels, reached through a Unix socket in the runtime folder.

It outlives every connection. It ends by itself after a lease without client, living kernel and terminal; killed, it
leaves the kernels running and everything needed to take them over in the runtime folder. Terminals end with it.
"""
import asyncio
import fcntl
import getpass
import json
import os
import platform
import pwd
import signal
import socket
import time

import launch
import leftovers
import runtime
from batch import Batch
from children import Children
from client import Client
from door import Door
from registry import Registry
from sweeps import Sweeps
from task import Tasks
from terminals import Terminals
from usage import Gpus

LEASE_S = 24 * 3600
TICK_S = 0.5


def main(sha, folder, report):
    """Runs the daemon of a folder; writes `ready`, or what is wrong, to the descriptor `report`."""
    return serve(folder, report, lambda: Daemon(sha, folder))


def serve(folder, report, make):
    """The same for a daemon that make() gives."""
    words, daemon = "", None
    try:
        runtime.checked(folder)
        locks = _only_one(folder)
        daemon = make()
        asyncio.run(daemon.run(report))
        for lock in locks:
            os.close(lock)
    except (OSError, runtime.Refused) as error:
        words = str(error)
    if words and not (daemon and daemon.ready):
        os.write(report, words.encode("utf-8"))
        return 1
    return 0


def _only_one(folder):
    """The lock of the living daemon. Its predecessor may need a moment to leave."""
    lock = os.open(os.path.join(folder, "daemon.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    for _ in range(100):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            time.sleep(0.05)
    else:
        raise OSError("another daemon holds %s" % folder)
    os.ftruncate(lock, 0)
    os.pwrite(lock, b"%d\n" % os.getpid(), 0)
    # systemd-tmpfiles does not age what is below a folder that somebody holds a lock on
    guard = os.open(folder, os.O_RDONLY)
    fcntl.flock(guard, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return lock, guard


class Daemon:
    """What methods work on: the registry, the children, the clients."""

    devices = ()  # GPUs that are ours alone
    mark = None  # (name, value) in the environment of what is ours; all of the account is

    def __init__(self, sha, folder, after=0):
        self.sha, self.folder, self.clients, self.ready, self._after = sha, folder, set(), False, after
        self.batch = self.registry = self.terminals = self.tasks = self.children = self.gpus = None
        self.sweeps = self._server = self._inode = None
        self._lease = float(os.environ.get("ANSATZ_LEASE_S") or LEASE_S)
        self._idle_since = time.monotonic()

    async def run(self, report):
        """Until stop() is called."""
        loop = asyncio.get_event_loop()
        self._end = loop.create_future()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, self.terminate if number == signal.SIGTERM else lambda: None)
        self.children = Children()
        self.gpus = Gpus(self.children)
        self.batch = Batch(self.children, _account(), Door(self.children, self.folder))
        self.registry = Registry(self.folder, self.children, self.batch, self._after)
        self.registry.adopt()
        self.tasks = Tasks(self.folder, self.children)
        self.sweeps = Sweeps(self.folder, self.children, self.batch)
        self.sweeps.adopt()
        self.terminals = Terminals(self.children)
        await self._listen()
        self.begin()
        self.ready = True
        os.write(report, b"ready")
        os.close(report)
        loop.call_later(TICK_S, self._tick)
        leftovers.sweep()
        await self._end
        self.left()
        self._server.close()
        self.terminals.close_all()
        for client in tuple(self.clients):
            client.close()
        if self._ours():
            os.unlink(runtime.socket_path(self.folder))
        await asyncio.sleep(0)  # lets the last replies go out

    def stop(self):
        """Leaves. Kernels that live go on and are found by the next daemon."""
        if not self._end.done():
            self._end.set_result(None)

    def terminate(self):
        """SIGTERM."""
        self.stop()

    def begin(self):
        """Called once when it listens."""

    def adapted(self, how):
        """What a kernel is to be started with, as it can be here."""
        return how

    def needed(self):
        """There is a reason to stay."""
        return bool(self.clients or self.registry.living() or self.terminals.living() or self.sweeps.living())

    def lapse(self):
        """There was none for the lease."""
        self.stop()

    def watch(self):
        """Called about twice a second."""

    def left(self):
        """Called once before it ends."""

    async def _listen(self):
        path = runtime.socket_path(self.folder)
        if os.path.lexists(path):
            os.unlink(path)
        self._server = await asyncio.get_event_loop().create_unix_server(lambda: Client(self), path, backlog=128)
        os.chmod(path, 0o600)
        self._inode = os.stat(path).st_ino

    def _ours(self):
        try:
            return os.stat(runtime.socket_path(self.folder)).st_ino == self._inode
        except OSError:
            return False

    def _tick(self):
        loop = asyncio.get_event_loop()
        loop.call_later(TICK_S, self._tick)
        self.children.reap()
        self.registry.tick()
        self.tasks.tick()
        self.terminals.tick()
        launch.trim_log(launch.log_path(self.folder))
        self.batch.tick()
        self.watch()
        if self.needed():
            self._idle_since = time.monotonic()
        elif time.monotonic() - self._idle_since >= self._lease:
            self.lapse()
        if not os.path.lexists(runtime.socket_path(self.folder)):  # somebody has tidied up the temporary folder
            self._server.close()
            try:
                runtime.checked(self.folder)
                asyncio.ensure_future(self._listen())
            except runtime.Refused:
                self.stop()

    def hello(self):
        """The first line a client reads."""
        return ("ANSATZ-HELLO %s\n" % json.dumps({
            "protocol": runtime.PROTOCOL, "agent": self.sha, "python": platform.python_version(),
            "host": socket.gethostname(), "user": _user(), "pid": os.getpid(), "boot": runtime.boot_id(),
        })).encode("ascii")


def _account():
    """The name batch systems know us by, whatever the environment says."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return _user()


def _user():
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return str(os.geteuid())
