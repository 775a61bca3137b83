"""Whole trees: copied, and removed for good. Folders are held open on the way down; links are never followed."""
import os
import secrets
import stat

from files_content import hidden
from files_errors import FileProblem, of, problem
from files_rename import rename_new

PIECE = 1024 * 1024


def down(name, parent, path):
    """A descriptor of a folder in a folder; a link in its place is refused."""
    try:
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except OSError as fault:
        raise of(fault, path)


def remove(call, name, parent, path):
    """Removes an entry and all below it."""
    call.alive()
    try:
        if not stat.S_ISDIR(os.lstat(name, dir_fd=parent).st_mode):
            os.unlink(name, dir_fd=parent)
            return
        handle = down(name, parent, path)
        try:
            for inner in os.listdir(handle):
                remove(call, inner, handle, os.path.join(path, inner))
        finally:
            os.close(handle)
        os.rmdir(name, dir_fd=parent)
    except OSError as fault:
        raise of(fault, path)


def copy(call, source, name, target, new, path, problems, progress):
    """Copies an entry and all below it. It has a hidden name until it is complete; what exists is not overwritten.

    What cannot be read inside a folder is left out and named in `problems`. `path`: where it comes from.
    """
    temporary = hidden(new, secrets.token_hex(4))
    try:
        _copy(call, source, name, target, temporary, path, problems, progress, top=True)
        rename_new(target, temporary, target, new, path)
    except BaseException as fault:
        try:
            remove(_Quiet, temporary, target, path)
        except FileProblem:
            pass
        raise of(fault, path) if isinstance(fault, OSError) else fault


class _Quiet:
    """Stands for a call that is over: cleaning up goes on whoever has left."""

    @staticmethod
    def alive():
        """Nobody is told."""


def _copy(call, source, name, target, new, path, problems, progress, top=False):
    call.alive()
    info = os.lstat(name, dir_fd=source)
    if stat.S_ISLNK(info.st_mode):
        os.symlink(os.readlink(name, dir_fd=source), new, dir_fd=target)
    elif stat.S_ISREG(info.st_mode):
        _file(call, source, name, target, new, progress)
    elif stat.S_ISDIR(info.st_mode):
        _folder(call, source, name, target, new, path, problems, progress)
    elif top:
        raise FileProblem("other", "This is neither file nor folder.", path)


def _folder(call, source, name, target, new, path, problems, progress):
    handle = down(name, source, path)
    try:
        os.mkdir(new, 0o700, dir_fd=target)
        inner_target = down(new, target, path)
        try:
            for inner in os.listdir(handle):
                below = os.path.join(path, inner)
                try:
                    _copy(call, handle, inner, inner_target, inner, below, problems, progress)
                except (OSError, FileProblem) as fault:
                    found = of(fault, below)
                    if found.code in ("full", "quota", "read-only"):
                        raise found
                    problems.append({"path": below, "code": found.code, "message": str(found)})
            _same(os.fstat(handle), inner_target)
        finally:
            os.close(inner_target)
    finally:
        os.close(handle)


def _file(call, source, name, target, new, progress):
    reader = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=source)
    try:
        info = os.fstat(reader)
        if not stat.S_ISREG(info.st_mode):
            raise problem("missing", name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        writer = os.open(new, flags, 0o600, dir_fd=target)
        try:
            while True:
                data = os.read(reader, PIECE)
                if not data:
                    break
                view = memoryview(data)
                while view:
                    view = view[os.write(writer, view):]
                progress(len(data))
                call.alive()
            _same(info, writer)
        finally:
            os.close(writer)
    finally:
        os.close(reader)


def _same(info, handle):
    os.utime(handle, ns=(info.st_atime_ns, info.st_mtime_ns))
    os.fchmod(handle, stat.S_IMODE(info.st_mode) & 0o1777)
