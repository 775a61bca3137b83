"""A port that leads to another one, for lines that break."""
import socket
import threading


class Relay:
    """A port that leads to another one, until it is cut."""

    def __init__(self):
        self._listener, self._ends, self.goal, self.calls = socket.create_server(("127.0.0.1", 0)), [], None, 0
        self._deaf = set()  # keeps them open
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.goal))
            except OSError:
                near.close()
                continue
            self.calls += 1
            self._ends += [near, far]
            for pair in ((near, far, near), (far, near, near)):
                threading.Thread(target=self._copy, args=pair, daemon=True).start()

    def _copy(self, source, sink, near):
        try:
            while True:
                data = source.recv(65536)
                if near in self._deaf:
                    return
                if not data:
                    break
                sink.sendall(data)
        except OSError:
            pass
        for each in (source, sink):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def swallow(self):
        """What goes through it now stays open, and nothing more arrives."""
        for near in self._ends[::2]:
            self._deaf.add(near)
        self._ends = []

    def cut(self):
        """Breaks what goes through it."""
        ends, self._ends = self._ends, []
        for each in ends:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        """For good."""
        self._listener.close()
        self.cut()
