"""One terminal: a program on a pseudo terminal (pty(7)) of ours, and what it has written as bytes at numbered places.

The pseudo terminal is read only as fast as somebody takes it: a program that floods its terminal is then held up by the
system as on any terminal, and nothing grows here. With nobody there, what it writes goes into the ring.
"""
import asyncio
import fcntl
import os
import pty
import pwd
import re
import signal
import struct
import subprocess
import termios
import time

from kernel import Unwilling
from ring import Ring
from watcher import WINDOW

KEPT = 4 * 1024 * 1024  # scrollback for who comes back
TURN = 64 * 1024  # bytes taken in one turn of the loop; kernels have theirs in between
INPUT = 1024 * 1024  # bytes waiting for a program that does not read
LAG_S = 2.0  # who has taken nothing for so long does not hold the program up
PATIENCE_S = 2.0  # between HUP and KILL
LEFT = 1024 * 1024  # bytes still taken when the program has ended

#: Names that mean something on this machine or in this job; everything else comes from the login shell's own files
_KEPT_NAMES = re.compile(r"PATH|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|XDG_\w+|KRB5CCNAME|SLURM_\w+|_CONDOR_\w+|CUDA_\w+")

#: Modes of the terminal (DECSET, xterm's ctlseqs) that a screen drawn from the middle of the stream has to know
_MODE = re.compile(rb"\x1b\[\?([0-9;]{1,40})([hl])")
_MODES = {b"1", b"25", b"47", b"1047", b"1049", b"1000", b"1002", b"1003", b"1004", b"1006", b"2004"}
_TITLE = re.compile(rb"\x1b\][02];([^\x07\x1b]{0,400})(?:\x07|\x1b\\)")


def account():
    """(name, home, login shell) of this account."""
    try:
        entry = pwd.getpwuid(os.geteuid())
        name, home, shell = entry.pw_name, entry.pw_dir, entry.pw_shell
    except KeyError:  # an account without an entry, as in some containers
        name, home, shell = str(os.geteuid()), os.environ.get("HOME", "/"), ""
    if not os.access(shell, os.X_OK):
        shell = "/bin/sh"
    return name, home, shell


def environment(changes):
    """What a login finds, not what the daemon happens to have: it may hold words that are nobody's business."""
    name, home, shell = account()
    env = {key: value for key, value in os.environ.items() if _KEPT_NAMES.fullmatch(key)}
    if not any(key in env for key in ("LANG", "LC_ALL", "LC_CTYPE")):
        env["LANG"] = "C.UTF-8"
    env.setdefault("PATH", "/usr/local/bin:/usr/bin:/bin")
    env.update(HOME=home, USER=name, LOGNAME=name, SHELL=shell, TERM="xterm-256color", COLORTERM="truecolor")
    env.update(changes)
    return env


class Terminal:
    """`identity` is the caller's. Raises Unwilling when the program cannot be started."""

    def __init__(self, identity, children, argv, env, cwd, cols, rows):
        self.identity, self.watchers, self.cols, self.rows = identity, set(), cols, rows
        self.started, self.ended, self.status, self.signal, self.title = time.time(), None, None, None, ""
        self.ring = Ring(KEPT, self._dropped)
        self._modes, self._unwritten, self._written, self._reading = {}, bytearray(), [], False
        name, home, shell = account()
        self.argv = argv or [shell]
        self._cwd = os.path.expanduser(cwd) if cwd else home
        if not cwd and not os.path.isdir(self._cwd):
            self._cwd = "/"
        self._loop = asyncio.get_event_loop()
        self._fd, inner = pty.openpty()
        try:
            os.set_blocking(self._fd, False)
            self._set_size(cols, rows)
            # a login shell is one whose name begins with a hyphen (login(1))
            words = argv or ["-" + os.path.basename(shell)]
            self._process = subprocess.Popen(
                words, executable=None if argv else shell, env=environment(env), cwd=self._cwd, stdin=inner,
                stdout=inner, stderr=inner, start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            os.close(self._fd)
            raise Unwilling("start", "%s cannot be started in %s: %s" % (self.argv[0], self._cwd, error))
        finally:
            os.close(inner)
        self.pid = self._process.pid
        children.watch(self._process, self._exited)
        self.flow()

    # -- what it writes ------------------------------------------------------------------------------------------------

    def _readable(self):
        if self._take(TURN) is None:
            self._read(False)  # the other side is closed; a program may open it again, which tick() finds
        for watcher in tuple(self.watchers):
            watcher.pump()
        self.flow()

    def _take(self, most):
        """Reads what is there; None when nobody has the other side open."""
        taken, parts = 0, []
        while taken < most:
            try:
                data = os.read(self._fd, 65536)
            except BlockingIOError:
                break
            except OSError:  # EIO
                data = b""
            if not data:
                taken = None
                break
            parts.append(data)
            taken += len(data)
        data = b"".join(parts)
        self.ring.append(data)
        if b"\x1b]" in data:
            for found in _TITLE.finditer(data):
                self.title = "".join(c for c in found.group(1).decode("utf-8", "replace") if c.isprintable())
        return taken

    def _read(self, on):
        if on != self._reading:
            self._reading = on
            if on:
                self._loop.add_reader(self._fd, self._readable)
            else:
                self._loop.remove_reader(self._fd)

    def flow(self):
        """Reads on while somebody can take more, or nobody is there to be waited for."""
        if self.ended is None:
            now = time.monotonic()
            awaited = [watcher.behind() for watcher in self.watchers if not watcher.lags(now, LAG_S)]
            self._read(not awaited or min(awaited) < WINDOW)

    def _dropped(self, data):
        for found in _MODE.finditer(data):
            for number in found.group(1).split(b";"):
                if number in _MODES:
                    self._modes[number] = found.group(2)

    def modes(self):
        """What sets a fresh screen as it was at the ring's beginning."""
        return b"".join(b"\x1b[?%s%s" % item for item in sorted(self._modes.items())).decode("ascii")

    # -- what it is told -----------------------------------------------------------------------------------------------

    def write(self, data):
        """Passes keys on. Returns a future that is done when the program's terminal has taken them."""
        self._alive()
        if len(self._unwritten) + len(data) > INPUT:
            raise Unwilling("busy", "the program does not read what is typed")
        self._unwritten += data
        done = self._loop.create_future()
        self._written.append([len(self._unwritten), done])
        self._writable()
        return done

    def _writable(self):
        size = 0
        try:
            while size < len(self._unwritten):
                size += os.write(self._fd, self._unwritten[size:size + 4096])
        except BlockingIOError:
            self._loop.add_writer(self._fd, self._writable)
        except OSError:
            size = len(self._unwritten)
        del self._unwritten[:size]
        if not self._unwritten:
            self._loop.remove_writer(self._fd)
        for entry in self._written:
            entry[0] -= size
        while self._written and self._written[0][0] <= 0:
            done = self._written.pop(0)[1]
            if not done.done():
                done.set_result(None)

    def resize(self, cols, rows, redraw):
        """Another size, told to the program by SIGWINCH. `redraw`: let it draw its screen anew, the same size too."""
        self._alive()
        if redraw and (cols, rows) == (self.cols, self.rows):
            self._set_size(cols, max(1, rows - 1))
            self._loop.call_later(0.1, self._settle)  # long enough for the program to look at it
            return
        self.cols, self.rows = cols, rows
        self._set_size(cols, rows)
        for watcher in self.watchers:
            watcher.tell_size()

    def _settle(self):
        if self.ended is None:
            self._set_size(self.cols, self.rows)

    def _set_size(self, cols, rows):
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def _alive(self):
        if self.ended is not None:
            raise Unwilling("dead", "the program of this terminal has ended")

    # -- its end -------------------------------------------------------------------------------------------------------

    def close(self):
        """The line hangs up; who does not leave is killed."""
        if self.ended is None:
            self._signal(signal.SIGHUP)
            self._signal(signal.SIGCONT)
            self._loop.call_later(PATIENCE_S, self._signal, signal.SIGKILL)

    def _signal(self, number):
        if self.ended is None:
            for group in {self.pid, self.foreground()}:
                try:
                    os.killpg(group, number)
                except OSError:
                    pass

    def _exited(self, code):
        self._take(LEFT)
        self._read(False)
        self._loop.remove_writer(self._fd)
        os.close(self._fd)  # hangs up for what the program has left running on it
        self.ended = time.time()
        self.status, self.signal = (code, None) if code >= 0 else (None, _name(-code))
        for _, done in self._written:
            if not done.done():
                done.set_result(None)
        self._written, self._unwritten = [], bytearray()
        for watcher in tuple(self.watchers):
            watcher.pump()

    # -- what it is ----------------------------------------------------------------------------------------------------

    def foreground(self):
        """The process group the keys go to."""
        try:
            return os.tcgetpgrp(self._fd)
        except OSError:
            return self.pid

    def describe(self):
        """As the list shows it."""
        alive = self.ended is None
        group = self.foreground() if alive else self.pid
        return {"terminal": self.identity, "title": self.title, "shell": os.path.basename(self.argv[0]),
                "running": _command(group) if group != self.pid else None, "cwd": self._folder() if alive else self._cwd,
                "cols": self.cols, "rows": self.rows, "started": self.started, "ended": self.ended,
                "status": self.status, "signal": self.signal, "bytes": self.ring.end}

    def _folder(self):
        try:
            self._cwd = os.readlink("/proc/%d/cwd" % self.pid)
        except OSError:
            pass
        return self._cwd


def _command(pid):
    try:
        with open("/proc/%d/comm" % pid, "rb") as file:
            return file.read().decode("utf-8", "replace").strip()
    except OSError:
        return "a program"


def _name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
