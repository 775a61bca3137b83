"""Looking through a tree for names and for text in files. Links are not followed; hits go out as they are found."""
import fnmatch
import os
import re
import stat
import time

from files_errors import FileProblem, of
from files_list import TYPES
from files_paths import real, walk

#: what is answered at most, in hits, and read of a file, in bytes
MOST, LARGEST = 2000, 32 * 1024 * 1024
LINES, LINE = 5, 300
#: made by the kernel on the spot; looking through them finds nothing and may hang
NOT_ON_DISK = frozenset(["/proc", "/sys", "/dev"])
EVERY_S = 0.1


class _Hits:
    """Found and not yet sent."""

    def __init__(self, call):
        self.call, self.held, self.count, self.looked, self.sent = call, [], 0, 0, time.monotonic()

    def add(self, hit):
        """One more."""
        self.held.append(hit)
        self.count += 1

    def turn(self):
        """Sends what has gathered, every now and then."""
        self.call.alive()
        if self.held and time.monotonic() - self.sent > EVERY_S:
            self.flush()

    def flush(self):
        """Sends it now."""
        if self.held:
            self.call.send({"hits": self.held})
        self.held, self.sent = [], time.monotonic()


def search(call, params):
    """`search`: {path, root, name, text, case} → parts {hits}; {cut, looked}."""
    name, text, case = params.get("name") or "", params.get("text") or "", bool(params.get("case"))
    if not name and not text:
        raise FileProblem("bad-params", "Say a name or a text to look for.")
    fits = _names(name, case)
    needle = None
    if text:
        needle = re.compile(re.escape(text.encode("utf-8", "surrogateescape")), 0 if case else re.IGNORECASE)
        if not case and not text.isascii():
            needle = re.compile(re.escape(text), re.IGNORECASE)  # on text: bytes fold ASCII alone
    top = real(params["path"], params.get("root"))
    hits, folders = _Hits(call), [top]
    os.close(walk(top))
    first = True
    while folders and hits.count < MOST:
        folder = folders.pop()
        try:
            below = _folder(hits, folder, fits, needle)
        except OSError as fault:
            if first:
                raise of(fault, folder)
            below = []
        first = False
        folders += sorted(below, reverse=True)
    hits.flush()
    return {"cut": hits.count >= MOST, "looked": hits.looked}


def _names(name, case):
    if not name:
        return lambda _: True
    if any(sign in name for sign in "*?["):
        match = re.compile(fnmatch.translate(name), 0 if case else re.IGNORECASE).match
        return lambda text: match(text) is not None
    if case:
        return lambda text: name in text
    lower = name.lower()
    return lambda text: lower in text.lower()


def _folder(hits, folder, fits, needle):
    """Looks at the entries of a folder; answers its folders."""
    below = []
    with os.scandir(folder) as found:
        for entry in found:
            hits.looked += 1
            if hits.looked % 256 == 0:
                hits.turn()
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and entry.path not in NOT_ON_DISK:
                below.append(entry.path)
            if not fits(entry.name) or (needle and is_folder):
                continue
            try:
                info = entry.stat(follow_symlinks=False)
                lines = _lines(hits, entry.path, info, needle) if needle else None
            except OSError:
                continue
            if lines == []:
                continue
            hit = {"path": entry.path, "type": TYPES.get(stat.S_IFMT(info.st_mode), "other"), "size": info.st_size,
                   "time": info.st_mtime}
            hits.add(dict(hit, lines=lines) if lines else hit)
            if hits.count >= MOST:
                return []
            hits.turn()
    return below


def _lines(hits, path, info, needle):
    """The first lines of a text file that have it; empty for none, and for what is no text or too large."""
    if not stat.S_ISREG(info.st_mode) or not 0 < info.st_size <= LARGEST:
        return []
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        hits.turn()
        data = file.read(8192)
        if b"\0" in data:
            return []
        data += file.read()
    if isinstance(needle.pattern, str):
        data = data.decode("utf-8", "replace")
    newline = "\n" if isinstance(data, str) else b"\n"
    lines, at, number, counted = [], 0, 1, 0
    while len(lines) < LINES:
        match = needle.search(data, at)
        if not match:
            break
        start = data.rfind(newline, 0, match.start()) + 1
        end = data.find(newline, match.end())
        end = len(data) if end < 0 else end
        number += data.count(newline, counted, start)
        counted = start
        begin = max(start, match.start() - LINE // 2)
        piece = data[begin:min(end, begin + LINE)]
        if isinstance(piece, bytes):
            piece = piece.decode("utf-8", "replace")
        lines.append({"line": number, "text": piece.rstrip("\r")})
        at = end + 1
    return lines
