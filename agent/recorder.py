"""The record of one kernel: every event gets the next number, goes to the spool, then to the subscribers.

The kernel is never made to wait (a ZeroMQ publisher drops what nobody reads), so what does not fit has to be dropped
here, in the open: over the quota, or when the disk is full and the small ring in memory is full as well, outputs are
counted instead of kept, and one `gap` event says how many. Status, replies and errors are small and always kept, so
that the end of a run is never lost.
"""
import collections
import errno
import json
import os
import time

import frames
import runtime
from spool import Cursor, Spool

RING_BYTES = 8 * 1024 * 1024
SEGMENT_BYTES = 4 * 1024 * 1024
RETRY_S = 1.0  # how often a disk that refused is tried again
GAP_S = 10.0  # a gap that lasts is reported at this interval
_OVERHEAD = 4096


class Recorder:
    """Numbers, stores and hands out the events of one kernel. `quota` is in bytes, `after` the number before the first."""

    def __init__(self, kernel, folder, quota, after=0):
        self.kernel, self.folder, self._quota = kernel, folder, quota
        self._spool = Spool(folder, max(4096, min(SEGMENT_BYTES, quota // 8)))
        self.last = max(self._spool.last, after)
        self.kept = 0  # somebody has said to keep all below this number
        self._id_path = os.path.join(folder, "last-id")
        self.last_id = self._find_id()  # of the kernel's last message on iopub
        self.subscribers = set()
        self._ring, self._ring_bytes, self._retry_at = collections.deque(), 0, 0.0
        self._lost, self._lost_bytes, self._lost_since = 0, 0, 0.0
        self._refusal = None  # the error of the disk, while events are kept in memory only

    @property
    def first(self):
        """The lowest number that can still be read."""
        if self._spool.first <= self._spool.last or not self._ring:
            return self._spool.first
        return self._ring[0][0]

    def record(self, channel, kind, content, parent="", metadata=b"{}", buffers=(), droppable=False, identity=""):
        """One event; content and metadata are JSON as bytes, `identity` is that of the kernel's message where it matters."""
        self.last_id = identity or self.last_id
        size = len(content) + len(metadata) + sum(map(len, buffers))
        if droppable and self._full():
            if not self._lost:
                self._lost_since = time.monotonic()
            self._lost, self._lost_bytes = self._lost + 1, self._lost_bytes + size
            if time.monotonic() - self._lost_since > GAP_S:
                self._tell_lost()
            return
        if self._lost:
            self._tell_lost()
        if size > frames.LIMIT - _OVERHEAD:
            self.gap("size", 1, size)
        else:
            self._write(channel, kind, content, parent, metadata, buffers, identity)

    def agent(self, kind, content):
        """An event of the agent's own."""
        if self._lost:
            self._tell_lost()
        self._write("agent", kind, json.dumps(content).encode("ascii"), "", b"{}", ())

    def mirror(self, seq, frame):
        """An event that another agent has recorded, as it is; one that is here already is passed over."""
        if seq > self.last:
            self._put(seq, frame)

    @property
    def room(self):
        """False while what comes must be dropped or kept elsewhere."""
        return not self._full()

    @property
    def stored(self):
        """The highest number that outlives this process."""
        return self._spool.last

    def tell(self, frame):
        """Sends a frame that is no event of the record to all who follow it."""
        for subscriber in tuple(self.subscribers):
            subscriber.tell(frame)

    def gap(self, reason, dropped, size, message=""):
        """Says in the record itself that something is missing here."""
        content = {"dropped": dropped, "bytes": size, "reason": reason, "message": message}
        self._write("agent", "gap", json.dumps(content).encode("ascii"), "", b"{}", ())

    def _find_id(self):
        """Of the last event that has one: in the spool, or written down when the spool was cut."""
        try:
            with open(self._id_path, "rb") as file:
                found = file.read().decode("utf-8", "replace")
        except OSError:
            found = ""
        after, cursor = max(self._spool.first - 1, self._spool.last - 1000), Cursor()
        while after < self._spool.last:
            events = self._spool.read(after, SEGMENT_BYTES, cursor)
            if not events:
                break
            for after, frame in events:
                header = next(frames.Decoder().feed(frame))[0]
                found = header.get("id", found)
        return found

    def _full(self):
        return self._ring_bytes >= RING_BYTES if self._refusal else self._spool.size >= self._quota

    def _tell_lost(self):
        dropped, size, self._lost, self._lost_bytes = self._lost, self._lost_bytes, 0, 0
        if self._refusal:
            self.gap("disk", dropped, size, "%s: %s" % (self.folder, self._refusal))
        else:
            self.gap("quota", dropped, size, "over %d MB of unread output" % (self._quota // 1000000))

    def _write(self, channel, kind, content, parent, metadata, buffers, identity=""):
        seq = self.last + 1
        header = b'{"event": "kernel", "kernel": %s, "seq": %d, "time": %.6f, "channel": "%s", "type": %s, "parent": %s, ' % (
            _text(self.kernel), seq, time.time(), channel.encode("ascii"), _text(kind), _text(parent))
        if identity:
            header += b'"id": %s, ' % _text(identity)
        self._put(seq, frames.encode(header + b'"content": ' + content + b', "metadata": ' + metadata + b"}", buffers))

    def _put(self, seq, frame):
        self.last = seq
        if self._refusal and time.monotonic() >= self._retry_at:
            self._settle()
        if self._refusal or not self._stored(seq, frame):
            self._ring.append((seq, frame))
            self._ring_bytes += len(frame)
        for subscriber in tuple(self.subscribers):
            subscriber.offer(seq, frame)

    def _stored(self, seq, frame):
        try:
            self._spool.append(seq, frame)
            return True
        except OSError as error:
            self._refusal = error.strerror or errno.errorcode.get(error.errno, "error")
            self._retry_at = time.monotonic() + RETRY_S
            return False

    def _settle(self):
        """Moves the ring to the disk when that works again."""
        self._refusal = None
        while self._ring and self._stored(*self._ring[0]):
            self._ring_bytes -= len(self._ring.popleft()[1])

    def read(self, after, limit, cursor):
        """The next (number, frame) pairs after a number; empty when there are none that can be read."""
        try:
            found = self._spool.read(after, limit, cursor)
        except OSError:
            found = []
        if not found and self._ring and after < self.last:
            total = 0
            for seq, frame in self._ring:
                if seq > after and total < limit:
                    found.append((seq, frame))
                    total += len(frame)
        return found

    @staticmethod
    def cursor():
        """What a reader passes to read()."""
        return Cursor()

    def truncate(self, keep):
        """Drops what is below a number. Another subscriber that lags sees a jump in the numbers: were it waited for, a
        connection that hangs half open would fill the disk."""
        self.kept = max(self.kept, keep)
        while self._ring and self._ring[0][0] < keep:
            self._ring_bytes -= len(self._ring.popleft()[1])
        first = self._spool.first
        try:
            self._spool.truncate(keep)
            if self._spool.first != first:
                runtime.write_private(self._id_path, self.last_id.encode("utf-8"))
        except OSError:
            pass  # tried again with the next acknowledgement

    def tick(self):
        """Called about every second, so that a disk with room again is noticed without new output."""
        if self._refusal:
            self._settle()

    def remove(self):
        """Deletes everything."""
        self._spool.close()
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))
        os.rmdir(self.folder)


def _text(value):
    return json.dumps(value).encode("ascii")
