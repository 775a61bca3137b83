"""Folders on which a loop waits: inotify(7) by the C library. It hears what this machine does; who asks for it looks
now and then anyway, since another machine may write there, and some systems have none.
"""
import asyncio
import os
import struct

try:
    import ctypes
except ImportError:  # a Python that was built without
    ctypes = None

_MODIFIED, _MOVED, _DELETED, _OVERFLOW = 0x2, 0x80, 0x200, 0x4000
_HEAD = struct.Struct("iIII")


class FolderWatch:
    """Calls back when a file in a folder was written to, moved there or removed."""

    def __init__(self):
        self._libc, self._handle, self._heard, self._numbers = ctypes and ctypes.CDLL(None, use_errno=True), -1, {}, {}
        if hasattr(self._libc, "inotify_init1"):
            self._handle = self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self._handle >= 0:
            asyncio.get_event_loop().add_reader(self._handle, self._read)

    def add(self, folder, heard):
        """heard() from then on; never where there is no inotify or no folder."""
        number = -1
        if self._handle >= 0:
            number = self._libc.inotify_add_watch(self._handle, os.fsencode(folder), _MODIFIED | _MOVED | _DELETED)
        if number >= 0:
            self._heard[number], self._numbers[folder] = heard, number

    def remove(self, folder):
        """No more of it."""
        number = self._numbers.pop(folder, None)
        if number is not None:
            del self._heard[number]
            self._libc.inotify_rm_watch(self._handle, number)

    def _read(self):
        try:
            data = os.read(self._handle, 65536)
        except BlockingIOError:
            return
        at, touched = 0, set()
        while at < len(data):
            number, mask, _, size = _HEAD.unpack_from(data, at)
            at += _HEAD.size + size
            touched.update(self._heard if mask & _OVERFLOW else (number,))
        for number in touched:
            if number in self._heard:
                self._heard[number]()
