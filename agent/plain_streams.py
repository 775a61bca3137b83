"""sys.stdout and sys.stderr of the plain kernel."""
import codecs
import io
import os


class Stream(io.TextIOBase):
    """Text goes to the wire; in a forked process, which has no wire, to the descriptor that the kernel reads."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, wire, name):
        super().__init__()
        self.name, self._wire, self._process = "<%s>" % name, wire, os.getpid()
        self._stream, self._descriptor = name, 1 if name == "stdout" else 2
        self.buffer = _Bytes(self)

    def write(self, text):
        """Takes a str and returns its length."""
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not %s" % type(text).__name__)
        if os.getpid() != self._process:
            data = text.encode("utf-8", "replace")
            while data:
                data = data[os.write(self._descriptor, data):]
        elif text:
            self._wire.write(self._stream, text)
        return len(text)

    def flush(self):
        """Nothing to do: text leaves within a moment anyway, and one message for each flush would drown a client."""

    def writable(self):
        """Yes."""
        return True

    def isatty(self):
        """No."""
        return False

    def fileno(self):
        """A descriptor that child processes can write to."""
        return self._descriptor


class _Bytes(io.RawIOBase):
    def __init__(self, stream):
        super().__init__()
        self._stream, self._decoder = stream, codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self):
        """Yes."""
        return True

    def write(self, data):
        """Takes bytes and returns their number."""
        data = bytes(data)
        self._stream.write(self._decoder.decode(data))
        return len(data)
