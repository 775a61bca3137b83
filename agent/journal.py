"""Which messages a kernel has been given, so that one sent again after a broken connection does not run twice.

Written before the message goes out: after a crash in between it has not run, which a person can see and repeat;
the other order could run it twice.
"""
import collections
import os

REMEMBERED = 10000


class Journal:
    """The last REMEMBERED message ids, in memory and in a file."""

    def __init__(self, path):
        self._path, self._ids, self._lines = path, collections.OrderedDict(), 0
        try:
            with open(path, "rb") as file:
                lines = file.read().decode("utf-8", "replace").split("\n")
        except OSError:
            lines = [""]
        for line in lines[:-1]:  # the last one is empty, or was cut short and so was never sent
            self._ids[line] = True
        self._rewrite()

    def __contains__(self, identity):
        return identity in self._ids

    def add(self, identity):
        """Remembers an id; survives the daemon unless the disk refuses, which must not stop the run."""
        self._ids[identity] = True
        self._lines += 1
        if self._lines > 2 * REMEMBERED:
            self._rewrite()
        else:
            self._write(os.O_APPEND, identity + "\n")

    def _rewrite(self):
        while len(self._ids) > REMEMBERED:
            self._ids.popitem(last=False)
        self._lines = len(self._ids)
        self._write(os.O_TRUNC, "".join(identity + "\n" for identity in self._ids))

    def _write(self, how, text):
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | how, 0o600)
            try:
                os.write(handle, text.encode("utf-8"))
            finally:
                os.close(handle)
        except OSError:
            pass
