"""Uploads that go on where they were cut. What has come is a hidden file beside the target, `.NAME.TOKEN.ansatz-part`.

Nothing else is remembered: the upload's id says size, time and whether a file may be replaced, and its token, a digest of
these and the name, finds the part again. So the same file sent again after any break goes on by itself.
"""
import errno
import fcntl
import hashlib
import os
import re
import time

from files_content import SUFFIX, hidden, receive
from files_errors import FileProblem, of, problem
from files_paths import name_of, place
from files_rename import rename_new

WEEK_S = 7 * 24 * 3600
_ID = re.compile(r"^([0-9a-f]{16})-(\d{1,16})-(\d{1,12}|n)-([01])$")
_cleaned = set()


def _token(name, size, modified, replace):
    told = b"\0".join([os.fsencode(name), b"%d" % size, modified.encode(), b"%d" % replace])
    return hashlib.sha256(told).hexdigest()[:16]


def begin(call, params):
    """`upload`: {path, root, size, modified, replace} → {upload, offset}."""
    size, replace = params["size"], bool(params.get("replace"))
    modified = "n" if params.get("modified") is None else "%d" % max(0, params["modified"])
    if type(size) is not int or size < 0:
        raise FileProblem("bad-params", "The size is a number of bytes.")
    with place(params["path"], params.get("root")) as at:
        name_of(at.name)
        _may(at, replace)
        _clean(call, at)
        token = _token(at.name, size, modified, replace)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            handle = os.open(hidden(at.name, token), flags, 0o666, dir_fd=at.parent)
        except OSError as fault:
            raise of(fault, at.path)
        try:
            offset = os.fstat(handle).st_size
            if offset > size:
                os.ftruncate(handle, 0)
                offset = 0
        finally:
            os.close(handle)
        return {"upload": "%s-%d-%s-%d" % (token, size, modified, replace), "offset": offset}


def offset_of(call, params):
    """`upload-offset`: {path, upload} → {offset}."""
    with place(params["path"], params.get("root")) as at:
        part, _, _, _ = _parsed(at, params["upload"])
        return {"offset": _size(at, part)}


def append(call, params):
    """`append`: {path, upload, offset}; then the bytes → {offset, done}. What came before a break is kept."""
    with place(params["path"], params.get("root")) as at:
        part, size, modified, replace = _parsed(at, params["upload"])
        try:
            handle = os.open(part, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at.parent)
        except OSError as fault:
            raise of(fault, at.path)
        try:
            _lock(handle, at.path)
            offset = os.fstat(handle).st_size
            if offset != params["offset"]:
                raise FileProblem("offset", "The upload is at byte %d." % offset, at.path, offset=offset)
            os.lseek(handle, offset, os.SEEK_SET)
            offset += receive(call, handle)
            if offset > size:
                os.ftruncate(handle, size)
                raise FileProblem("offset", "More came than the size that was told.", at.path, offset=size)
            if offset < size:
                return {"offset": offset, "done": False}
            if modified != "n":
                os.utime(handle, (int(modified), int(modified)))
            _may(at, replace)
            if replace:
                os.rename(part, at.name, src_dir_fd=at.parent, dst_dir_fd=at.parent)
            else:
                rename_new(at.parent, part, at.parent, at.name, at.path)
            return {"offset": offset, "done": True}
        except OSError as fault:
            raise of(fault, at.path)
        finally:
            os.close(handle)


def drop(call, params):
    """`upload-drop`: {path, upload} → {}."""
    with place(params["path"], params.get("root")) as at:
        part, _, _, _ = _parsed(at, params["upload"])
        try:
            os.unlink(part, dir_fd=at.parent)
        except OSError as fault:
            raise of(fault, at.path)
        return {}


def _parsed(at, upload):
    match = _ID.match(upload) if isinstance(upload, str) else None
    if not match:
        raise problem("missing", at.path)
    token, size, modified, replace = match.groups()
    if _token(at.name, int(size), modified, replace == "1") != token:
        raise problem("missing", at.path)
    return hidden(at.name, token), int(size), modified, replace == "1"


def _size(at, part):
    try:
        return os.lstat(part, dir_fd=at.parent).st_size
    except OSError as fault:
        raise of(fault, at.path)


def _may(at, replace):
    info = at.lstat()
    if info is not None and (not replace or (info.st_mode & 0o170000) == 0o040000):
        raise problem("is-a-folder" if replace else "exists", at.path)


def _lock(handle, path):
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        if fault.errno in (errno.EWOULDBLOCK, errno.EACCES):
            raise FileProblem("offset", "The upload is being written to by somebody else.", path)


def _clean(call, at):
    """Removes parts nobody came back to for a week; once a folder."""
    folder = os.path.dirname(at.path)
    if folder in _cleaned:
        return
    _cleaned.add(folder)
    try:
        handle = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=at.parent)
    except OSError:
        return
    try:
        with os.scandir(handle) as found:
            for entry in found:
                call.alive()
                if entry.name.startswith(".") and entry.name.endswith(SUFFIX):
                    _forget(entry, handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def _forget(entry, handle):
    try:
        if entry.is_file(follow_symlinks=False) and time.time() - entry.stat(follow_symlinks=False).st_mtime > WEEK_S:
            os.unlink(entry.name, dir_fd=handle)
    except OSError:
        pass
