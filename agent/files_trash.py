"""The trash: a folder `.ansatz-trash` on the file system of what is thrown away, so that throwing away is a rename.

In the home folder for everything on its file system, else in the highest folder on the way to the item that is on the
item's file system and can be written to. `files/ID.NAME` is the item, `info/ID.NAME.json` where it was and when.
"""
import json
import os
import secrets
import stat
import time

from files_errors import FileProblem, of, problem
from files_paths import home, place, walk
from files_rename import rename_new
from files_tree import down

NAME = ".ansatz-trash"


def throw(call, path, root=None):
    """Puts an entry into the trash; answers its path there."""
    with place(path, root) as at:
        info = at.lstat()
        if info is None:
            raise problem("missing", at.path)
        if "/%s/files/" % NAME in at.path:
            raise FileProblem("bad-name", "This is in the trash already.", at.path)
        trash = _trash(at.path, os.fstat(at.parent).st_dev)
        token = "%x-%s" % (int(time.time()), secrets.token_hex(4))
        name = os.fsdecode(os.fsencode("%s.%s" % (token, at.name))[:240])
        handle = _open(trash)
        try:
            files, notes = _inner(handle, "files", trash), _inner(handle, "info", trash)
            try:
                _note(notes, name, {"path": at.path, "deleted": time.time()})
                try:
                    rename_new(at.parent, at.name, files, name, at.path)
                except BaseException as fault:
                    os.unlink(name + ".json", dir_fd=notes)
                    raise of(fault, at.path) if isinstance(fault, OSError) else fault
            finally:
                os.close(files)
                os.close(notes)
        finally:
            os.close(handle)
        return os.path.join(trash, "files", name)


def restore(call, item, root=None):
    """Puts an item of the trash back where it was; answers that path."""
    with place(item, root) as at:
        folder = os.path.dirname(at.path)
        trash = os.path.dirname(folder)
        if os.path.basename(folder) != "files" or os.path.basename(trash) != NAME:
            raise FileProblem("bad-name", "This is not in the trash.", at.path)
        if at.lstat() is None:
            raise problem("missing", at.path)
        handle = _open(trash)
        try:
            notes = _inner(handle, "info", trash)
        finally:
            os.close(handle)
        try:
            note = os.open(at.name + ".json", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=notes)
            with os.fdopen(note, "rb") as file:
                path = json.loads(file.read().decode("ascii"))["path"]
            with place(path, root) as back:
                rename_new(at.parent, at.name, back.parent, back.name, back.path)
            os.unlink(at.name + ".json", dir_fd=notes)
        except (OSError, ValueError, KeyError) as fault:
            raise of(fault, at.path) if isinstance(fault, OSError) else problem("missing", at.path)
        finally:
            os.close(notes)
        return path


def _trash(path, device):
    own = os.path.realpath(home())
    try:
        if os.stat(own).st_dev == device and os.access(own, os.W_OK | os.X_OK):
            return os.path.join(own, NAME)
    except OSError:
        pass
    best, folder = None, os.path.dirname(path)
    while os.stat(folder).st_dev == device:
        if os.access(folder, os.W_OK | os.X_OK):
            best = folder
        if folder == "/":
            break
        folder = os.path.dirname(folder)
    if best is None:
        raise FileProblem("denied", "There is no place for a trash folder on the file system; delete it for good instead.", path)
    return os.path.join(best, NAME)


def _open(trash):
    """The trash folder, made if need be; one that is not ours alone is refused. In /tmp others may have made theirs."""
    parent = walk(os.path.dirname(trash))
    try:
        return _inner(parent, os.path.basename(trash), trash)
    finally:
        os.close(parent)


def _inner(parent, name, path):
    try:
        os.mkdir(name, 0o700, dir_fd=parent)
    except FileExistsError:
        pass
    except OSError as fault:
        raise of(fault, path)
    handle = down(name, parent, path)
    info = os.fstat(handle)
    if info.st_uid != os.geteuid() or stat.S_IMODE(info.st_mode) & 0o077:
        os.close(handle)
        raise FileProblem("denied", "The trash folder can be entered by others.", path)
    return handle


def _note(notes, name, fields):
    handle = os.open(name + ".json", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=notes)
    with os.fdopen(handle, "wb") as file:
        file.write(json.dumps(fields).encode("ascii"))
