"""One client looking at one terminal: what it has been sent, and how much more may be on the way to it."""
import frames

#: Bytes on the way to a screen. Ctrl-C has to wait until they are drawn, and kernels share the line with them: a quarter
#: of a megabyte is drawn in a moment and fills a line of 20 Mbit/s and 100 ms
WINDOW = 256 * 1024
PIECE = 32 * 1024


class Watcher:
    """`send` takes the bytes of one frame. `sent` and `acked` are places in the terminal's stream."""

    def __init__(self, terminal, identity, after, acked, send):
        self._terminal, self._identity, self._send = terminal, identity, send
        self.sent = min(after, terminal.ring.end)
        self.acked = min(acked, self.sent)
        self._full_since, self._told = None, False
        terminal.watchers.add(self)

    def close(self):
        """Ends it; nothing is sent any more."""
        self._terminal.watchers.discard(self)
        self._terminal.flow()

    def ack(self, at):
        """The client has drawn everything up to a place."""
        if at > self.acked:
            self.acked, self._full_since = min(at, self.sent), None
            self.pump()
            self._terminal.flow()

    def behind(self):
        """Bytes written and not drawn."""
        return self._terminal.ring.end - self.acked

    def lags(self, now, patience):
        """It has taken nothing for `patience` seconds although there is enough: a tab in the background, a closed lid."""
        if self.behind() < WINDOW:
            self._full_since = None
            return False
        self._full_since = self._full_since or now
        return now - self._full_since > patience

    def pump(self):
        """Sends what the window allows; the end of the program after all it wrote."""
        ring = self._terminal.ring
        while self.sent < ring.end and self.sent - self.acked < WINDOW:
            header = self._header("terminal")
            if self.sent < ring.first:
                at = ring.line_start()
                self.acked += at - self.sent
                self.sent, header["modes"] = at, self._terminal.modes()
            data = ring.read(self.sent, min(PIECE, WINDOW - (self.sent - self.acked)))
            header["at"] = self.sent
            self.sent += len(data)
            self._send(frames.encode(header, (data,)))
        if self._terminal.ended is not None and self.sent == ring.end and not self._told:
            self._told = True
            self._send(frames.encode(dict(self._header("terminal-exit"), status=self._terminal.status,
                                          signal=self._terminal.signal)))

    def tell_size(self):
        """The terminal has another size."""
        self._send(frames.encode(dict(self._header("terminal-size"), cols=self._terminal.cols,
                                      rows=self._terminal.rows)))

    def _header(self, event):
        return {"event": event, "watch": self._identity, "terminal": self._terminal.identity}
