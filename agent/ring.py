"""The last megabytes of a stream of bytes, each at its place counted from the beginning of the stream."""
import collections

PIECE = 64 * 1024


class Ring:
    """`first` is the place of the oldest byte still here, `end` the place of the next one.

    Kept in pieces of PIECE bytes: bytes that come one by one cost no more than those that come together, and the oldest
    go a piece at a time. `dropped` is told each piece that goes.
    """

    def __init__(self, size, dropped=lambda data: None):
        self._size, self._dropped, self._pieces = size, dropped, collections.deque()
        self.first = self.end = 0

    def append(self, data):
        """Takes bytes at the end."""
        view = memoryview(data)
        while view:
            if not self._pieces or len(self._pieces[-1]) >= PIECE:
                self._pieces.append(bytearray())
            part = view[:PIECE - len(self._pieces[-1])]
            self._pieces[-1] += part
            self.end += len(part)
            view = view[len(part):]
        while self.end - self.first > self._size and len(self._pieces) > 1:
            piece = self._pieces.popleft()
            self.first += len(piece)
            self._dropped(bytes(piece))

    def read(self, at, size):
        """At most `size` bytes from a place on (all pieces but the last are full); fewer where a piece ends."""
        at = max(at, self.first)
        if at >= self.end:
            return b""
        number, offset = divmod(at - self.first, PIECE)
        return bytes(self._pieces[number][offset:offset + size])

    def line_start(self):
        """Where to begin when the beginning is lost: behind the first line end nearby, so that nothing is cut in two."""
        if not self.first:
            return 0
        return self.first + self.read(self.first, 8192).find(b"\n") + 1
