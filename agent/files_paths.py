"""From the text of a path to a folder that is held open and a name in it, so that nothing can be swapped underneath.

Links are resolved first; the resolved path is then walked from the root of the file system, one component at a time,
refusing links. A link put in the way in between is met by that walk and refused. With `root`, a call is confined: `..` is
refused as it stands, and so is everything whose resolved path is not below the resolved root.
"""
import contextlib
import os

from files_errors import FileProblem, of, problem

LONGEST = 20000
NAME_LONGEST = 255
#: to go through a folder needs less than to read it
PASS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Place:
    """A name in a folder that is held open as a descriptor. `path` is the absolute path, links resolved."""

    def __init__(self, path, parent, name):
        self.path, self.parent, self.name = path, parent, name

    def lstat(self):
        """What is there, links not followed; None when nothing is."""
        try:
            return os.lstat(self.name, dir_fd=self.parent)
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise of(fault, self.path)

    def open(self, flags, mode=0o666):
        """A descriptor of it; a link is not followed."""
        try:
            return os.open(self.name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=self.parent)
        except OSError as fault:
            raise of(fault, self.path)


def clean(path, root=None):
    """The text of a path made absolute. Raises FileProblem for what is none."""
    if not isinstance(path, str) or not path or "\0" in path or len(path) > LONGEST:
        raise FileProblem("bad-name", "This is not a path.")
    try:
        os.fsencode(path)
    except UnicodeEncodeError as fault:
        raise of(fault, path)
    if root is not None:
        if ".." in path.split("/"):
            raise FileProblem("denied", "The path leads out of its folder.", path)
        return path if path.startswith("/") else os.path.join(clean(root), path)
    if path == "~" or path.startswith("~/"):
        path = home() + path[1:]
    if not path.startswith("/"):
        raise FileProblem("bad-name", "A path begins with / or ~.", path)
    return path


def home():
    """The account's home folder."""
    found = os.path.expanduser("~")
    return found if found.startswith("/") else "/"


def name_of(text):
    """A name for a new entry, or FileProblem."""
    if not isinstance(text, str) or text in ("", ".", "..") or "/" in text or "\0" in text:
        raise FileProblem("bad-name", "A name is not empty, not . or .., and has no / in it.")
    try:
        if len(os.fsencode(text)) > NAME_LONGEST:
            raise FileProblem("bad-name", "The name is longer than %d bytes." % NAME_LONGEST)
    except UnicodeEncodeError as fault:
        raise of(fault, text)
    return text


def real(path, root=None):
    """The path with every link resolved, within the root if there is one."""
    full = os.path.realpath(clean(path, root))
    if root is not None:
        confined(full, root)
    return full


def confined(full, root):
    """Refuses a resolved path that is not the resolved root or below it."""
    base = os.path.realpath(clean(root))
    if os.path.commonpath([base, full]) != base:
        raise FileProblem("denied", "The path leads out of its folder.", full)


def walk(folder):
    """A descriptor of a folder given by its resolved path. A link on the way is refused."""
    handle = os.open("/", PASS)
    try:
        for part in folder.split("/"):
            if part:
                below = os.open(part, PASS, dir_fd=handle)
                os.close(handle)
                handle = below
        return handle
    except OSError as fault:
        os.close(handle)
        raise of(fault, folder)


@contextlib.contextmanager
def place(path, root=None, follow=False):
    """The Place of a path. `follow`: of what a link leads to, not of the link."""
    full = clean(path, root)
    if follow:
        full = os.path.realpath(full)
        name = os.path.basename(full)
    else:
        name = os.path.basename(full.rstrip("/"))
        if name in ("", ".", ".."):
            raise FileProblem("bad-name", "This does not name an entry of a folder.", path)
        folder = os.path.realpath(os.path.dirname(full.rstrip("/")))
        full = os.path.join(folder, name)
    if root is not None:
        confined(full, root)
    if full == "/":
        raise problem("is-a-folder", full)
    parent = walk(os.path.dirname(full))
    try:
        yield Place(full, parent, name)
    finally:
        os.close(parent)


@contextlib.contextmanager
def folder(path, root=None):
    """(path resolved, descriptor that can be read) of a folder."""
    full = real(path, root)
    passing = walk(full)
    try:
        handle = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=passing)
    except OSError as fault:
        raise of(fault, full)
    finally:
        os.close(passing)
    try:
        yield full, handle
    finally:
        os.close(handle)
