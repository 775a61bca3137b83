"""One client following one kernel: what it has received, and how much more may be on the way to it.

At most WINDOW bytes are sent and not acknowledged. A client that is up to date gets an event in the same turn of the
loop in which it was recorded; one that lags is served from the spool as its acknowledgements come in, so nothing waits
in memory.
"""
import collections

WINDOW = 1024 * 1024


class Subscription:
    """`send` takes the bytes of one frame. `acked` and `sent` are event numbers."""

    def __init__(self, recorder, after, send):
        self._recorder, self._send = recorder, send
        self.sent = self.acked = max(0, min(after, recorder.last))
        self._flight, self._flying = collections.deque(), 0
        self._cursor, self._needed = recorder.cursor(), 0
        recorder.subscribers.add(self)

    def close(self):
        """Ends it; nothing is sent any more."""
        self._recorder.subscribers.discard(self)

    def offer(self, seq, frame):
        """A new event: sent now if all before it were and the window has room."""
        if self.sent == seq - 1 and self._room(frame):
            self._pass(seq, frame)

    def tell(self, frame):
        """Something that has no number: sent at once."""
        self._send(frame)

    def ack(self, seq):
        """The client has everything up to a number."""
        self.acked = max(self.acked, min(seq, self.sent))
        while self._flight and self._flight[0][0] <= self.acked:
            self._flying -= self._flight.popleft()[1]
        if not self._flying or self._flying + self._needed <= WINDOW:
            self.pump()

    def pump(self):
        """Sends from the spool what the window allows."""
        self._needed = WINDOW // 2  # room to wait for: the spool is not read again for every event acknowledged
        while self.sent < self._recorder.last and self._flying < WINDOW:
            found = self._recorder.read(self.sent, WINDOW - self._flying, self._cursor)
            if not found:
                self.sent = self._recorder.last  # unreadable for ever; the numbers show the hole
            for seq, frame in found:
                if not self._room(frame):
                    self._needed = max(self._needed, len(frame))
                    return
                self._pass(seq, frame)

    def _room(self, frame):
        """An event larger than the window goes alone."""
        return not self._flying or self._flying + len(frame) <= WINDOW

    def _pass(self, seq, frame):
        self.sent = seq
        self._flight.append((seq, len(frame)))
        self._flying += len(frame)
        self._send(frame)
