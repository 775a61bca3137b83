"""The runtime folder: where the daemon's socket, its kernels and their spools live, seen by nobody else.

A folder on the node itself, never in a home folder: Unix sockets do not work over a network file system, and one home
is often shared by many nodes. The folder below XDG_RUNTIME_DIR is the natural place, but systemd deletes it when the
last login ends, which is exactly when kernels must go on; so it is used only where it stays (lingering, or a folder
that somebody other than logind provides). Where neither takes a file (full, read-only), memory serves: /dev/shm.
"""
import json
import os
import stat

PROTOCOL = 1
#: sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing zero included; below the runtime folder we need 24
LONGEST = 76
LAST_RESORT = "/dev/shm"


class Refused(Exception):
    """The folder is not safe or not usable; the text says why."""


def private(path):
    """Makes a folder that only this account can enter, or checks that an existing one is such a folder."""
    try:
        os.makedirs(os.path.dirname(path) or "/", 0o755, exist_ok=True)
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise Refused("%s cannot be made: %s" % (path, error.strerror))
    info = os.lstat(path)
    if not stat.S_ISDIR(info.st_mode):
        raise Refused("%s is not a folder (a link is not accepted)" % path)
    if info.st_uid != os.geteuid():
        raise Refused("%s belongs to another account (uid %d)" % (path, info.st_uid))
    if info.st_mode & 0o077:
        raise Refused("%s can be entered by others (mode %o)" % (path, stat.S_IMODE(info.st_mode)))
    return path


def candidates():
    """The folders this account may use, best first. Never empty."""
    chosen = os.environ.get("ANSATZ_RUNTIME")
    if chosen:
        return [os.path.abspath(chosen)]
    found = []
    session = os.environ.get("XDG_RUNTIME_DIR")
    if session and os.path.isabs(session) and os.path.isdir(session) and os.stat(session).st_uid == os.geteuid():
        if os.path.realpath(session) != "/run/user/%d" % os.geteuid() or _lingers():
            found.append(os.path.join(session, "ansatz"))
    temporary = [os.environ.get("TMPDIR") or "/tmp", "/tmp", LAST_RESORT]
    found += [os.path.join(path, "ansatz-%d" % os.geteuid()) for path in temporary if os.path.isdir(path)]
    found = list(dict.fromkeys(found))
    return [path for path in found if len(os.fsencode(path)) <= LONGEST] or found[-1:]


def _lingers():
    """True when systemd keeps /run/user/<uid> after the last login has ended."""
    import pwd
    try:
        return os.path.exists("/var/lib/systemd/linger/" + pwd.getpwuid(os.geteuid()).pw_name)
    except KeyError:
        return False


def checked(path):
    """The folder itself, made and verified."""
    if len(os.fsencode(path)) > LONGEST:
        raise Refused("%s is too long for Unix sockets below it" % path)
    return private(path)


def usable(path):
    """The folder, verified, and seen to take a file."""
    checked(path)
    try:
        write_private(os.path.join(path, "probe"), b"x" * 4096)
        os.unlink(os.path.join(path, "probe"))
    except OSError as error:
        raise Refused("nothing can be written in %s: %s" % (path, error.strerror))
    return path


def socket_path(folder):
    """The daemon's socket; its name carries the protocol number, so two protocols can live side by side."""
    return os.path.join(folder, "agent-%d.sock" % PROTOCOL)


def write_private(path, data):
    """Writes a file of mode 0600 in one step: a reader sees the old one or the new one, never half of it."""
    temporary = "%s.%d" % (path, os.getpid())
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.rename(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def read_json(path):
    """A JSON object from a file, or None when it is missing or damaged."""
    try:
        with open(path, "rb") as file:
            value = json.loads(file.read().decode("utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def write_json(path, value):
    """The counterpart of read_json, private and in one step."""
    write_private(path, json.dumps(value).encode("utf-8"))


def boot_id():
    """Changes with every boot of the node: a process id means nothing after one."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return ""
