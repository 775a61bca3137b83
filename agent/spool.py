"""Numbered frames of one kernel in files, appended and read back, so that nothing depends on a connection or on memory.

A segment file is named after the first number in it. A record is u32be(CRC-32 of the rest) u64be(number) frame; the
frame is exactly what goes over the wire and begins with its own length. A record that was cut short when the daemon
was killed is found by its checksum and cut off when the spool is opened again. No fsync: the page cache outlives a
killed process, and the kernels do not outlive the node.
"""
import bisect
import os
import struct
import zlib

_HEAD = struct.Struct(">IQ")
_SIZE = struct.Struct(">I")
_SMALLEST = _HEAD.size + _SIZE.size
_BLOCK = 256 * 1024
_MARK = 64 * 1024  # distance of the places that the index of a segment remembers


class _Segment:
    """One file: the numbers first..last."""

    def __init__(self, folder, first):
        self.path, self.first, self.last, self.size = os.path.join(folder, "%016d.spool" % first), first, first - 1, 0
        self._marks = [(first, 0)]

    def note(self, seq, size):
        """A record was appended."""
        if self.size - self._marks[-1][1] >= _MARK:
            self._marks.append((seq, self.size))
        self.last, self.size = seq, self.size + size

    def near(self, seq):
        """An offset at or not far before the record of a number."""
        return self._marks[max(0, bisect.bisect_right(self._marks, (seq, self.size)) - 1)][1]


class Cursor:
    """Where a reader stands; belongs to one reader and is only kept to avoid searching again."""

    def __init__(self):
        self.segment, self.offset, self.seq = None, 0, -1


class Spool:
    """The segments of one kernel. Methods raise OSError when the disk does."""

    def __init__(self, folder, segment_bytes):
        self._folder, self._limit = folder, segment_bytes
        self._file = None
        os.makedirs(folder, 0o700, exist_ok=True)
        names = sorted(name for name in os.listdir(folder) if name.endswith(".spool") and name[:16].isdigit())
        self._segments = [_Segment(folder, int(name[:16])) for name in names]
        for segment, following in zip(self._segments, self._segments[1:]):
            segment.last, segment.size = following.first - 1, os.path.getsize(segment.path)
        if self._segments:
            self._recover(self._segments[-1])
        self.size = sum(segment.size for segment in self._segments)  # bytes on disk

    def _recover(self, segment):
        """Reads the last segment to its last whole record and cuts off what follows."""
        with open(segment.path, "r+b") as file:
            data = file.read()
            for seq, _, start, end in _records(data):
                segment.note(seq, end - start)
            file.truncate(segment.size)

    @property
    def first(self):
        """The lowest number still here (last + 1 when there is none)."""
        return self._segments[0].first if self._segments else 1

    @property
    def last(self):
        """The highest number ever written."""
        return self._segments[-1].last if self._segments else 0

    def append(self, seq, frame):
        """Writes one frame. After an error nothing of it remains."""
        if not self._segments or self._segments[-1].size >= self._limit:
            self._roll(seq)
        segment = self._segments[-1]
        if self._file is None:
            self._file = os.open(segment.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        body = seq.to_bytes(8, "big") + frame
        data = zlib.crc32(body).to_bytes(4, "big") + body
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._file, rest):]
        except OSError:
            os.ftruncate(self._file, segment.size)
            raise
        segment.note(seq, len(data))
        self.size += len(data)

    def _roll(self, seq):
        segment = _Segment(self._folder, seq)
        handle = os.open(segment.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        self.close()
        self._file = handle
        self._segments.append(segment)

    def read(self, after, limit, cursor):
        """The next (number, frame) pairs after a number, up to about `limit` bytes but at least one if there is one."""
        found, total = [], 0
        while after < self.last and total < limit:
            index = self._find(after + 1)
            segment = self._segments[index]
            if cursor.segment is not segment or cursor.seq != after:
                cursor.segment, cursor.offset = segment, segment.near(after + 1)
            block = self._block(segment, cursor.offset)
            progress = False
            for seq, frame, start, end in _records(block):
                cursor.offset, progress = cursor.offset + end - start, True
                if seq > after:
                    found.append((seq, frame))
                    after, total = seq, total + len(frame)
                    if total >= limit:
                        break
            if not progress:  # the end of the segment, or damage in it: go on with the next
                after = segment.last
            cursor.seq = after
        return found

    def _find(self, seq):
        """The index of the segment that holds a number, or of the next one when it is gone."""
        low = bisect.bisect_right([segment.first for segment in self._segments], seq) - 1
        return max(low, 0)

    @staticmethod
    def _block(segment, offset):
        """Bytes from an offset on that hold at least one whole record."""
        with open(segment.path, "rb", buffering=0) as file:
            data = os.pread(file.fileno(), _BLOCK, offset)
            if len(data) >= _SMALLEST:
                size = _SMALLEST + _SIZE.unpack_from(data, _HEAD.size)[0]
                while len(data) < size:
                    more = os.pread(file.fileno(), size - len(data), offset + len(data))
                    if not more:
                        break
                    data += more
        return data

    def truncate(self, keep):
        """Deletes whole segments with nothing at or above a number. The numbering goes on where it was."""
        if not self._segments:
            return
        if self.last < keep and self.size > self._limit // 4:
            self._roll(self.last + 1)  # an empty file remains and remembers the number
        while len(self._segments) > 1 and self._segments[0].last < keep:
            segment = self._segments.pop(0)
            self.size -= segment.size
            os.unlink(segment.path)

    def close(self):
        """Lets go of the open file; the next append opens it again."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _records(data):
    """Yields (number, frame, start, end) for each whole and undamaged record from the start of the data."""
    at = 0
    while len(data) - at >= _SMALLEST:
        crc, seq = _HEAD.unpack_from(data, at)
        end = at + _SMALLEST + _SIZE.unpack_from(data, at + _HEAD.size)[0]
        if end > len(data) or zlib.crc32(memoryview(data)[at + 4:end]) != crc:
            return
        yield seq, data[at + _HEAD.size:end], at, end
        at = end
