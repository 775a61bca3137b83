"""Streams of bytes beside the other frames of a line: each way of each has a window of its own, and all together have one,
so that whatever else the line carries waits behind a bounded number of bytes, and a reader that stands still stops its
writer alone.

A stream has an ear: data(bytes), then taken() is to be called when they are passed on; sent(size) of what was written, when
it has gone onto the line; ended(): the other side writes no more; gone(): it is over before its end. See JOBS.md.
"""
import collections

PIECE = 32 * 1024  # the longest frame: others take turns
WINDOW = 256 * 1024  # of a stream: sent and not yet passed on by the other side
LINE = 512 * 1024  # of all streams of a line: sent and not yet arrived
LUMP = 64 * 1024  # both are given back in lumps
MOST = 250


class Stream:
    """One of a line; made by Streams.open."""

    def __init__(self, line, number, ear):
        self.number, self.over, self.room, self._line, self._ear = number, False, WINDOW, line, ear
        self._queue, self._owed, self._passed = bytearray(), 0, 0
        self._ending = self._ended = self._heard_end = False

    def write(self, data):
        """Sends bytes as soon as the windows let them go."""
        if not self.over and not self._ending:
            self._queue += data
            self._line.wants(self)

    def end(self):
        """Nothing more is written; what was written goes first."""
        self._ending = True
        self._finish()

    def reset(self):
        """Over, in both directions."""
        if not self.over:
            self._line.say({"stream": self.number, "reset": True}, ())
            self.drop()

    def drop(self):
        """Over, without a word."""
        self.over = True
        self._queue.clear()
        self._line.forget(self)

    def taken(self, size):
        """The ear has passed on so many bytes: as many more may come."""
        self._passed += size
        if self._passed >= LUMP and not self.over and not self._heard_end:
            self._owed -= self._passed
            self._line.say({"stream": self.number, "credit": self._passed}, ())
            self._passed = 0

    # -- the line's side -----------------------------------------------------------------------------------------------

    @property
    def can_send(self):
        """There is something to send, and the other side has room for it."""
        return bool(self._queue) and self.room > 0

    def piece(self, most):
        """What is to be sent next."""
        piece = bytes(self._queue[:min(most, self.room, PIECE)])
        del self._queue[:len(piece)]
        self.room -= len(piece)
        return piece

    def went(self, size):
        """It has been."""
        self._ear.sent(size)
        self._finish()

    def _finish(self):
        if self._ending and not self._queue and not self._ended and not self.over:
            self._ended = True
            self._line.say({"stream": self.number, "end": True}, ())
            if self._heard_end:
                self.drop()

    def hear(self, fields, parts):
        """What the other side says of it."""
        for part in parts:
            self._owed += len(part)
            if self._owed > WINDOW or self._heard_end:
                self.reset()  # it does not keep to what was agreed
                self._ear.gone()
                return
            if not self.over:
                self._ear.data(part)
        if type(fields.get("credit")) is int:
            self.room += fields["credit"]
            self._line.wants(self)
        if fields.get("end") and not self._heard_end and not self.over:
            self._heard_end = True
            self._ear.ended()
            if self._ended and not self.over:
                self.drop()
        if fields.get("reset") and not self.over:
            self.lost()

    def lost(self):
        """It is over, and not by us."""
        self.drop()
        self._ear.gone()


class Streams:
    """All streams of a line. `say(fields, parts)` sends a frame."""

    def __init__(self, say):
        self.say, self._room, self._arrived, self._last, self._closed = say, LINE, 0, 0, False
        self._streams, self._ready = {}, collections.OrderedDict()  # the latter in the order of their turns

    def __len__(self):
        return len(self._streams)

    def open(self, ear, number=None):
        """Begins one under the number that the other side has chosen, or a fresh one. Raises KeyError where that is taken,
        OverflowError where there are too many."""
        if self._closed or len(self._streams) >= MOST:
            raise OverflowError
        if number is None:
            number = self._last = self._last + 1
        if number in self._streams:
            raise KeyError(number)
        stream = self._streams[number] = Stream(self, number, ear)
        return stream

    def hear(self, fields, parts):
        """A frame of the other side."""
        size = sum(map(len, parts))
        self._arrived += size  # also what comes for a stream that is over
        if self._arrived >= LUMP:
            arrived, self._arrived = self._arrived, 0
            self.say({"arrived": arrived}, ())
        stream = self._streams.get(fields.get("stream"))
        if stream:
            stream.hear(fields, parts)
        if type(fields.get("arrived")) is int:
            self._room += fields["arrived"]
            self._pump()

    def close(self):
        """The line is gone."""
        self._closed = True
        for stream in tuple(self._streams.values()):
            stream.lost()

    def wants(self, stream):
        """It may have something to send."""
        if stream.can_send and not self._closed:
            self._ready[stream.number] = stream
            self._pump()

    def forget(self, stream):
        """It is over."""
        self._streams.pop(stream.number, None)
        self._ready.pop(stream.number, None)

    def _pump(self):
        while self._room > 0 and self._ready:
            number, stream = self._ready.popitem(last=False)
            piece = stream.piece(self._room)
            self._room -= len(piece)
            if stream.can_send:
                self._ready[number] = stream
            self.say({"stream": number}, (piece,))
            stream.went(len(piece))
