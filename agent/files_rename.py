"""Renaming that never overwrites: renameat2 of Linux where libc has it, else a link or a folder made first."""
import ctypes
import errno
import os
import stat

from files_errors import of, problem

NOREPLACE = 1


def _renameat2():
    try:
        found = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
    found.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return found


_CALL = _renameat2()


def rename_new(source, name, target, new, path):
    """From (descriptor, name) to (descriptor, name); `path` is what a problem is about. Raises FileProblem `exists`."""
    if _CALL is not None:
        if _CALL(source, os.fsencode(name), target, os.fsencode(new), NOREPLACE) == 0:
            return
        fault = ctypes.get_errno()
        if fault not in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
            if fault == errno.EXDEV:
                raise OSError(fault, os.strerror(fault))
            raise of(OSError(fault, os.strerror(fault)), path)
    try:
        info = os.lstat(name, dir_fd=source)
        if stat.S_ISDIR(info.st_mode):
            os.mkdir(new, 0o700, dir_fd=target)  # an empty folder is what a folder may replace
            try:
                os.rename(name, new, src_dir_fd=source, dst_dir_fd=target)
            except OSError:
                os.rmdir(new, dir_fd=target)
                raise
            return
        try:
            os.link(name, new, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
        except OSError as fault:
            if fault.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
                raise
            if _there(new, target):  # a file system without hard links
                raise problem("exists", path)
            os.rename(name, new, src_dir_fd=source, dst_dir_fd=target)
            return
        os.unlink(name, dir_fd=source)
    except OSError as fault:
        if fault.errno == errno.EXDEV:
            raise
        raise of(fault, path)


def _there(name, parent):
    try:
        os.lstat(name, dir_fd=parent)
        return True
    except FileNotFoundError:
        return False
