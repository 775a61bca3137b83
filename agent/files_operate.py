"""What people do to files: one function per `do` of FileOperation (src/lib/model/files.ts), and what takes it back."""
import errno
import os
import stat
import time

import files_trash
from files_errors import FileProblem, of, problem
from files_paths import name_of, place, real, walk
from files_rename import rename_new
from files_tree import copy, remove

PROGRESS_S = 0.5


class Doing:
    """One operation under way: what is done, what went wrong, and word of how far it is."""

    def __init__(self, call, root):
        self.call, self.root = call, root
        self.done, self.problems, self.undo = [], [], None
        self._bytes, self._said = 0, time.monotonic()

    def each(self, paths, act):
        """Acts on every path; a problem with one does not keep the others."""
        if not isinstance(paths, list) or not paths:
            raise FileProblem("bad-name", "Nothing was named.")
        for path in paths:
            try:
                self.call.alive()
                self.done.append(act(path))
            except (OSError, FileProblem, RecursionError) as fault:
                self.note(fault, path)

    def note(self, fault, path):
        """Remembers a problem."""
        found = of(fault, path)
        self.problems.append({"path": found.path or path, "code": found.code, "message": str(found)})

    def progress(self, size):
        """So many bytes more."""
        self._bytes += size
        if time.monotonic() - self._said > PROGRESS_S:
            self._said = time.monotonic()
            self.call.send({"bytes": self._bytes})


def operate(call, params):
    """`operate`: {operation, root} → FileOutcome."""
    operation = params["operation"]
    act = ACTS.get(operation.get("do"))
    if act is None:
        raise FileProblem("bad-params", "There is no such operation.")
    doing = Doing(call, params.get("root"))
    act(doing, operation)
    return {"done": doing.done, "undo": doing.undo if doing.done else None, "problems": doing.problems}


def _folder(doing, operation):
    def make(path):
        with place(path, doing.root) as at:
            name_of(at.name)
            try:
                os.mkdir(at.name, dir_fd=at.parent)
            except OSError as fault:
                raise of(fault, at.path)
            return at.path
    doing.each([operation["path"]], make)
    doing.undo = {"do": "trash", "paths": doing.done}


def _file(doing, operation):
    def make(path):
        with place(path, doing.root) as at:
            name_of(at.name)
            os.close(at.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            return at.path
    doing.each([operation["path"]], make)
    doing.undo = {"do": "trash", "paths": doing.done}


def _rename(doing, operation):
    def rename(path):
        with place(path, doing.root) as at, place(operation["to"], doing.root) as to:
            name_of(to.name)
            if at.lstat() is None:
                raise problem("missing", at.path)
            try:
                rename_new(at.parent, at.name, to.parent, to.name, to.path)
            except OSError as fault:
                if fault.errno != errno.EXDEV:
                    raise
                _across(doing, at, to.parent, to.name)
            doing.undo = {"do": "rename", "from": to.path, "to": at.path}
            return to.path
    doing.each([operation["from"]], rename)


def _move(doing, operation):
    target = real(operation["to"], doing.root)
    sources = set()
    handle = walk(target)

    def move(path):
        with place(path, doing.root) as at:
            _outside(at, target)
            to = os.path.join(target, at.name)
            try:
                rename_new(at.parent, at.name, handle, at.name, to)
            except OSError as fault:
                if fault.errno != errno.EXDEV:
                    raise
                _across(doing, at, handle, at.name)
            sources.add(os.path.dirname(at.path))
            return to
    try:
        doing.each(operation["from"], move)
    finally:
        os.close(handle)
    if len(sources) == 1:
        doing.undo = {"do": "move", "from": doing.done, "to": sources.pop()}


def _copies(doing, operation):
    target = real(operation["to"], doing.root)
    handle = walk(target)

    def one(path):
        with place(path, doing.root) as at:
            if at.lstat() is None:
                raise problem("missing", at.path)
            _outside(at, target)
            new = _free(at.name, handle) if os.path.dirname(at.path) == target else at.name
            if _taken(new, handle):
                raise problem("exists", os.path.join(target, new))
            copy(doing.call, at.parent, at.name, handle, new, at.path, doing.problems, doing.progress)
            return os.path.join(target, new)
    try:
        doing.each(operation["from"], one)
    finally:
        os.close(handle)
    doing.undo = {"do": "trash", "paths": doing.done}


def _across(doing, at, target, new):
    """To another file system: copied whole, and only then removed."""
    if _taken(new, target):
        raise problem("exists", new)
    problems = []
    copy(doing.call, at.parent, at.name, target, new, at.path, problems, doing.progress)
    if problems:
        doing.problems += problems
        raise FileProblem("other", "It was copied as far as possible, and left where it was.", at.path)
    remove(doing.call, at.name, at.parent, at.path)


def _outside(at, target):
    if (target + "/").startswith(at.path + "/"):
        raise FileProblem("bad-name", "A folder cannot go into itself.", at.path)


def _taken(name, handle):
    try:
        os.lstat(name, dir_fd=handle)
        return True
    except FileNotFoundError:
        return False


def _free(name, handle):
    """A name for a copy beside the original: `data (copy).csv`, `data (copy 2).csv`, …"""
    stem, dot, ending = name.partition(".") if not name.startswith(".") else (name, "", "")
    for number in range(1, 10000):
        new = "%s (copy%s)%s%s" % (stem, "" if number == 1 else " %d" % number, dot, ending)
        if not _taken(new, handle):
            return new
    raise problem("exists", name)


def _trash(doing, operation):
    doing.each(operation["paths"], lambda path: files_trash.throw(doing.call, path, doing.root))
    doing.undo = {"do": "restore", "items": doing.done}


def _restore(doing, operation):
    doing.each(operation["items"], lambda item: files_trash.restore(doing.call, item, doing.root))
    doing.undo = {"do": "trash", "paths": doing.done}


def _delete(doing, operation):
    def delete(path):
        with place(path, doing.root) as at:
            if at.lstat() is None:
                raise problem("missing", at.path)
            remove(doing.call, at.name, at.parent, at.path)
            return at.path
    doing.each(operation["paths"], delete)


def _mode(doing, operation):
    mode = operation["mode"]
    if not isinstance(mode, int) or not 0 <= mode <= 0o7777:
        raise FileProblem("bad-params", "A mode is a number from 0 to 07777.")

    def change(path):
        with place(path, doing.root, follow=True) as at:
            info = at.lstat()
            if info is None:
                raise problem("missing", at.path)
            handle = at.open(getattr(os, "O_PATH", os.O_RDONLY))
            try:  # by the descriptor: a link that was swapped in is not followed
                os.chmod("/proc/self/fd/%d" % handle if os.path.exists("/proc/self/fd") else handle, mode)
            except OSError as fault:
                raise of(fault, at.path)
            finally:
                os.close(handle)
            doing.undo = {"do": "mode", "path": at.path, "mode": stat.S_IMODE(info.st_mode)}
            return at.path
    doing.each([operation["path"]], change)


ACTS = {"folder": _folder, "file": _file, "rename": _rename, "move": _move, "copy": _copies, "trash": _trash,
        "restore": _restore, "delete": _delete, "mode": _mode}
