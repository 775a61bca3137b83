"""Two directions of bytes between standard input/output and a socket, each with a small bounded buffer.

Nothing is interpreted and nothing is waited for: what can be read is written on in the same turn. When one side stalls,
its buffer fills, the other side is no longer read, and the pressure reaches the daemon, which reads from its spool.
"""
import os
import select

LIMIT = 256 * 1024
GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL


class _Way:
    """One direction: reads from one descriptor and writes to another."""

    def __init__(self, source, sink):
        self.source, self.sink, self.held = source, sink, b""
        self.ended = self.broken = False  # nothing more to read; nobody left to write to

    def fill(self):
        try:
            part = os.read(self.source, LIMIT)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        self.held += part
        self.ended = not part
        self.drain()

    def drain(self):
        try:
            while self.held:
                self.held = self.held[os.write(self.sink, self.held):]
        except BlockingIOError:
            pass
        except OSError:
            self.held, self.broken = b"", True

    def wanted(self):
        """The descriptor to wait for and what for, or None."""
        if self.broken or self.ended and not self.held:
            return None
        return (self.sink, select.POLLOUT) if self.held else (self.source, select.POLLIN)

    def turn(self, fd, what):
        """Acts on what poll said about a descriptor, if it concerns this direction now."""
        wanted = self.wanted()
        if wanted and fd == wanted[0] and what & (wanted[1] | GONE):
            (self.drain if self.held else self.fill)()


def pump(link, source=0, sink=1):
    """Runs until either end closes; what was read from the source before its end still reaches the socket."""
    blocking = [(fd, os.get_blocking(fd)) for fd in (source, sink)]
    link.setblocking(False)
    for fd, _ in blocking:
        os.set_blocking(fd, False)
    try:
        _run(_Way(source, link.fileno()), _Way(link.fileno(), sink))
    finally:
        for fd, value in blocking:
            os.set_blocking(fd, value)
        link.close()


def _run(up, down):
    while down.wanted() and not (up.ended and not up.held):
        masks = {down.sink: 0}  # with no event asked for, a reader that went away is still noticed
        for fd, mask in filter(None, (up.wanted(), down.wanted())):
            masks[fd] = masks.get(fd, 0) | mask
        poll = select.poll()
        for fd, mask in masks.items():
            poll.register(fd, mask)
        events = dict(poll.poll())
        for fd, what in events.items():
            up.turn(fd, what)
            down.turn(fd, what)
        if events.get(down.sink, 0) & GONE and not (up.source in events or up.held):
            return
