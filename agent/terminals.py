"""All terminals of this account on this node, by id. They are the daemon's own: it ends, and they are hung up."""
import time

from kernel import Unwilling
from terminal import Terminal

MOST = 50
KEPT_S = 3600  # how long one whose program has ended can still be read


class Terminals:
    """Starts, finds and forgets terminals."""

    def __init__(self, children):
        self._children, self._terminals = children, {}

    def start(self, identity, **how):
        """True when a program was started, False when that id is taken."""
        if identity in self._terminals:
            return False
        if self.living() >= MOST:
            raise Unwilling("terminals", "there are %d terminals here already; close some" % MOST)
        self._terminals[identity] = Terminal(identity, self._children, **how)
        return True

    def get(self, identity):
        """The terminal, or Unwilling."""
        if identity not in self._terminals:
            raise Unwilling("no-terminal", "there is no terminal %s here" % identity)
        return self._terminals[identity]

    def all(self):
        """Every terminal, those that have ended and can still be read included."""
        return list(self._terminals.values())

    def living(self):
        """How many have a program."""
        return sum(terminal.ended is None for terminal in self._terminals.values())

    def close(self, identity):
        """Hangs up, and forgets."""
        terminal = self._terminals.pop(identity, None)
        if terminal:
            terminal.close()

    def close_all(self):
        """The daemon leaves."""
        for identity in list(self._terminals):
            self.close(identity)

    def tick(self):
        """Called about every second."""
        for terminal in self.all():
            terminal.flow()
            if terminal.ended is not None and time.time() - terminal.ended > KEPT_S and not terminal.watchers:
                del self._terminals[terminal.identity]
