"""Folders that are watched: word goes out when something in one is another than before, at most a few times a second.

inotify tells at once what this machine does. What other machines do on a network file system it does not see, so there,
and where libc has no inotify, a fingerprint of the folder is compared every few seconds, each in a thread of its own.
"""
import ctypes
import os
import struct
import threading
import time

from files_errors import FileProblem, of
from files_list import mounts
from files_paths import real

POLL_S = 3
GATHER_S = 0.25
#: modified, attributes, moved, created, deleted, the folder itself gone; only if a folder
MASK = 0x2 | 0x4 | 0x8 | 0xC0 | 0x100 | 0x200 | 0x400 | 0x800 | 0x01000000
NETWORK = ("nfs", "cifs", "smb", "fuse", "lustre", "gpfs", "afs", "beegfs", "ceph", "gluster", "9p", "pvfs", "orangefs")
MOST, DETAILED = 200, 5000


class Watches:
    """All folders one gateway watches."""

    def __init__(self, worker):
        self._worker, self._lock = worker, threading.Lock()
        self._of_path, self._numbers, self._dirty = {}, {}, {}
        self._libc, self._inotify = None, -1
        self._wake = threading.Event()

    def add(self, path, full):
        """Begins to watch; `full` is the resolved path."""
        with self._lock:
            if path in self._of_path:
                return
            if len(self._of_path) >= MOST:
                raise FileProblem("other", "Too many folders are watched.", path)
            if self._libc is None:
                self._start()
            number = self._libc.inotify_add_watch(self._inotify, os.fsencode(full), MASK) if self._inotify >= 0 else -1
            stop = threading.Event()
            self._of_path[path] = (number, stop)
            if number >= 0:
                self._numbers.setdefault(number, set()).add(path)
        if number < 0 or network(full):
            threading.Thread(target=self._poll, args=(path, full, stop), daemon=True).start()

    def remove(self, path):
        """Stops watching."""
        with self._lock:
            number, stop = self._of_path.pop(path, (-1, None))
            if stop is None:
                return
            stop.set()
            paths = self._numbers.get(number)
            if paths:
                paths.discard(path)
                if not paths:
                    del self._numbers[number]
                    self._libc.inotify_rm_watch(self._inotify, number)

    def _start(self):
        self._libc = ctypes.CDLL(None, use_errno=True)
        try:
            self._inotify = self._libc.inotify_init1(os.O_CLOEXEC)
        except AttributeError:
            self._inotify = -1
        if self._inotify >= 0:
            threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._send, daemon=True).start()

    def _read(self):
        while True:
            data, at = os.read(self._inotify, 65536), 0
            while at < len(data):
                number, mask, _, size = struct.unpack_from("iIII", data, at)
                at += 16 + size
                with self._lock:
                    if mask & 0x4000:  # too many events at once: all may have changed
                        touched = list(self._of_path)
                    else:
                        touched = list(self._numbers.get(number, ()))
                for path in touched:
                    self.touch(path)

    def touch(self, path):
        """Something is another than before."""
        self._dirty.setdefault(path, True)
        self._wake.set()

    def _send(self):
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._dirty:
                path, _ = self._dirty.popitem()
                if path in self._of_path:
                    self._worker.write({"event": "folder", "path": path})
            time.sleep(GATHER_S)  # what happens meanwhile is told together

    def _poll(self, path, full, stop):
        before = fingerprint(full)
        while not stop.wait(POLL_S):
            now = fingerprint(full)
            if now != before:
                self.touch(path)
            before = now


def fingerprint(full):
    """Something that is another one after a change in the folder."""
    try:
        whole = os.stat(full).st_mtime_ns
        with os.scandir(full) as found:
            entries = [entry for _, entry in zip(range(DETAILED), found)]
        parts = []
        for entry in entries:
            try:
                info = entry.stat(follow_symlinks=False)
                parts.append((entry.name, info.st_mtime_ns, info.st_size, info.st_mode))
            except OSError:
                pass
        return whole, hash(tuple(parts))
    except OSError:
        return None


def network(full):
    """Whether the folder is on a file system that other machines change as well."""
    best, kind = "", ""
    for point, named in mounts():
        if len(point) >= len(best) and (full + "/").startswith(point.rstrip("/") + "/"):
            best, kind = point, named
    return kind.startswith(NETWORK)


_watches, _making = {}, threading.Lock()


def _all(worker):
    with _making:
        if worker not in _watches:
            _watches[worker] = Watches(worker)
        return _watches[worker]


def watch(call, params):
    """`watch`: {path, root} → {}; then events {"event": "folder", "path"}."""
    full = real(params["path"], params.get("root"))
    if not os.path.isdir(full):
        try:
            os.close(os.open(full, os.O_RDONLY | os.O_DIRECTORY))
        except OSError as fault:
            raise of(fault, params["path"])
    _all(call.worker).add(params["path"], full)
    return {}


def unwatch(call, params):
    """`unwatch`: {path} → {}."""
    _all(call.worker).remove(params["path"])
    return {}
