"""Letting a key in: one line at the end of the account's authorized_keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT)."""
import fcntl
import os
import pwd
import re
import stat

from kernel import Unwilling

LINE = re.compile(r"(ssh-ed25519|ecdsa-sha2-nistp256) ([A-Za-z0-9+/]{60,200}={0,2})( [ -~]{0,200})?")
FILE_LIMIT = 4 * 1024 * 1024
OTHERS_WRITE = 0o022


def authorize(line, home=None):
    """Appends the line unless its key is there already; True when it was added. `home` is where sshd looks, not $HOME."""
    match = LINE.fullmatch(line)
    if not match:
        raise Unwilling("authorize", "this is not a line for authorized_keys")
    home = home or pwd.getpwuid(os.getuid()).pw_dir
    try:
        return _append(home, line, match.group(2).encode("ascii"))
    except OSError as error:
        # Also a link in place of the folder or the file: where it leads may be somebody else's.
        raise Unwilling("authorize", "%s/.ssh/authorized_keys: %s" % (home, error.strerror or error))


def _append(home, line, key):
    path = os.path.join(home, ".ssh")
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _own(folder)
        file = os.open("authorized_keys", os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
                       | os.O_CLOEXEC, 0o600, dir_fd=folder)
        try:
            _own(file, stat.S_ISREG)
            return _once(file, line, key)
        finally:
            os.close(file)
    finally:
        os.close(folder)


def _own(descriptor, fits=stat.S_ISDIR):
    """Ours, and of the right kind; sshd refuses what others may write, so they no longer may."""
    status = os.fstat(descriptor)
    if not fits(status.st_mode) or status.st_uid != os.geteuid():
        raise OSError(0, "it is not a file of this account")
    if status.st_mode & OTHERS_WRITE:
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode) & ~OTHERS_WRITE)


def _once(file, line, key):
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:
        pass  # some network file systems have no locks; two of us at once then add it twice, which does no harm
    content, size = _read(file), os.fstat(file).st_size
    for other in content.splitlines():
        if not other.lstrip().startswith(b"#") and key in other.split():
            return False
    data = (b"" if not content or content.endswith(b"\n") else b"\n") + line.encode("ascii") + b"\n"
    try:
        written = os.write(file, data)  # one call, so that nobody reads half a line
        if written != len(data):
            raise OSError(0, "there is no room for it")
        os.fsync(file)
    except OSError:
        os.ftruncate(file, size)
        raise
    return True


def _read(file):
    content = b""
    while len(content) <= FILE_LIMIT:
        part = os.pread(file, 65536, len(content))
        if not part:
            return content
        content += part
    raise OSError(0, "it is too large")
