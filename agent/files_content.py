"""Bytes of files: read as a stream, saved whole and in one step."""
import os
import secrets
import stat

from files_errors import FileProblem, of, problem
from files_list import facts, version
from files_paths import place
from files_rename import rename_new

PIECE = 256 * 1024
#: a file system may take so long to say that everything is on the disk
SYNC_S = 60
SUFFIX = ".ansatz-part"


def read(call, params):
    """`read`: {path, root, offset = 0, length = to the end}. The first part is what the file is, the others are bytes."""
    with place(params["path"], params.get("root"), follow=True) as at:
        handle = at.open(os.O_RDONLY | os.O_NONBLOCK)  # a pipe without a writer would hang otherwise
    try:
        info = os.fstat(handle)
        if stat.S_ISDIR(info.st_mode):
            raise problem("is-a-folder", at.path)
        if not stat.S_ISREG(info.st_mode):
            raise FileProblem("other", "Only files can be read, this is something else.", at.path)
        offset = max(0, int(params.get("offset") or 0))
        length = params.get("length")
        end = info.st_size if length is None else min(info.st_size, offset + max(0, int(length)))
        call.send(facts(at.path, info))
        while offset < end:
            data = os.pread(handle, min(PIECE, end - offset), offset)
            if not data:
                raise FileProblem("changed", "The file became shorter while it was read.", at.path)
            call.send({}, [data])
            offset += len(data)
    finally:
        os.close(handle)
    return {}


def save(call, params):
    """`save`: {path, root, expected: version, null when there must be none, absent for either}; then the bytes.

    What is there is another file or no file until everything is on the disk. The mode of a file that was there stays.
    """
    with place(params["path"], params.get("root"), follow=True) as at:
        before = _expected(at, params)
        temporary = hidden(at.name, secrets.token_hex(4))
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC,
                             0o600 if before else 0o666, dir_fd=at.parent)
        except OSError as fault:
            raise of(fault, at.path)
        try:
            try:
                receive(call, handle)
                if before:
                    _keep(handle, before)
                call.patience = SYNC_S
                os.fsync(handle)
                info = os.fstat(handle)
            finally:
                os.close(handle)
            now = _expected(at, params)
            if now:
                os.rename(temporary, at.name, src_dir_fd=at.parent, dst_dir_fd=at.parent)
            else:
                rename_new(at.parent, temporary, at.parent, at.name, at.path)
        except BaseException as fault:
            _remove(temporary, at.parent)
            raise of(fault, at.path) if isinstance(fault, OSError) else fault
        return facts(at.path, info)


def _expected(at, params):
    """What is there, if it is what the caller thinks it is."""
    info = at.lstat()
    if info is not None and stat.S_ISDIR(info.st_mode):
        raise problem("is-a-folder", at.path)
    if info is not None and not stat.S_ISREG(info.st_mode):
        raise FileProblem("other", "Only files can be written, this is something else.", at.path)
    if "expected" not in params:
        return info
    found = None if info is None else version(info)
    if found != params["expected"]:
        words = "The file is not there any more." if found is None else "The file is another one than it was."
        raise FileProblem("changed", words, at.path, version=found)
    return info


def receive(call, handle):
    """Writes what comes to a descriptor; answers how many bytes it was."""
    total = 0
    while True:
        data = call.receive()
        if data is None:
            return total
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view):]
        total += len(data)
        call.alive()


def hidden(name, token):
    """The name of what is not complete yet, beside what it will be."""
    room = 255 - len(SUFFIX) - len(token) - 2
    return ".%s.%s%s" % (os.fsdecode(os.fsencode(name)[:room]), token, SUFFIX)


def _keep(handle, before):
    os.fchmod(handle, stat.S_IMODE(before.st_mode))
    try:
        os.fchown(handle, -1, before.st_gid)
    except OSError:
        pass  # a group the account is not in


def _remove(name, parent):
    try:
        os.unlink(name, dir_fd=parent)
    except OSError:
        pass
