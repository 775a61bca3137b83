"""Runs a kernel of somebody nobody knows: `guest CONFIG ARGV…`. Linux only, and nothing is started where a wall is missing.

Three processes. The one that the agent has started (the watcher) stays outside and counts; the first one inside holds the
walls up; the kernel is its child. When the watcher ends, however, the first one inside ends with it, and with that
everything in its process namespace: nothing a guest starts outlives its time, not even when agent and server are gone.

The walls: namespaces of users (where we are not root), processes, network, IPC and mounts, and a file system that holds
what a kernel needs to read (system folders, its Python, the data of its example), read-only, and room for its own files
in memory. Homes, sockets, other processes and devices are not in it. As root the kernel gets an account of its own.
"""
import ctypes
import errno
import fcntl
import json
import os
import resource
import shutil
import signal
import socket
import stat
import struct
import sys
import time

TICK_S = 0.1
#: Exit status of a kernel that went over a limit; the last line of its log says which (process.verdict)
OVER = 74
#: What a kernel reads of the system, where it is there
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store", "/etc/alternatives",
          "/etc/fonts", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/ssl/certs",
          "/etc/mime.types")
DEVICES = ("null", "zero", "full", "random", "urandom")
#: Variables of the agent that a guest's kernel gets too; all others may be somebody's secrets
KEPT = ("PATH", "LANG", "TZ", "PYDEVD_DISABLE_FILE_VALIDATION")
#: Accounts for guests where we are root, above all that systems hand out
FIRST_UID, UIDS = 2000000000, 1000000
HOME, PLACE, DATA, TALK = "/home/guest", "/example", "/data", "/kernel"

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_DETACH, _PDEATHSIG, _NO_NEW_PRIVS = 2, 1, 38
#: statvfs(3) flags and the mount(2) flags of the same meaning: a namespace of users may not take them away
_LOCKED = ((2, 2), (4, 4), (8, 8), (1024, 1024), (2048, 2048), (4096, 1 << 21))
_MIB = 1024 * 1024


class NoWall(Exception):
    """A wall cannot be put up here; says which and why."""


def main(arguments):
    """`guest try`: whether guests can be run here, as one JSON line. Else see above; the exit status is the kernel's."""
    if arguments == ["try"]:
        return _try()
    if len(arguments) < 2:
        sys.stderr.write("usage: agent.pyz guest CONFIG ARGV...\n")
        return 2
    try:
        return Guest(json.loads(arguments[0]), arguments[1:]).run()
    except NoWall as fault:
        sys.stderr.write("No kernel for guests: %s\n" % fault)
        return 73


def _try():
    """Puts the walls up around a Python that looks whether they stand."""
    look = ("import os,socket\nassert os.getuid() != 0 and len([n for n in os.listdir('/proc') if n.isdigit()]) < 4\n"
            "assert [n for _, n in socket.if_nameindex()] == ['lo']\n"
            "assert not any(map(os.path.exists, ('/run', '/etc/shadow', %r)))\n" % os.path.expanduser("~/.ssh"))
    limits = {"seconds": 20, "cpuSeconds": 10, "memoryMb": 256, "diskMb": 16}
    try:
        code = Guest(limits, [sys.executable, "-I", "-S", "-c", look]).run()
        problem = None if code == 0 else "a Python behind the walls ended with %d" % code
    except NoWall as fault:
        problem = str(fault)
    print(json.dumps({"ok": problem is None, "problem": problem}))
    return 0


class Guest:
    """One kernel with its limits. `config`: seconds, cpuSeconds, memoryMb, diskMb; data (a folder) and read (folders), both
    optional; env."""

    def __init__(self, config, argv):
        self.argv, self.config = argv, config
        self.seconds, self.cpu = float(config["seconds"]), float(config["cpuSeconds"])
        self.memory, self.disk = int(config["memoryMb"]) * _MIB, int(config["diskMb"])
        self.root = os.geteuid() == 0
        self.uid = FIRST_UID + os.getpid() % UIDS if self.root else os.geteuid()
        self.gid = self.uid if self.root else os.getegid()
        self.files = [word for word in argv if os.path.basename(word) == "connection.json" and os.path.isfile(word)]

    # -- the watcher ---------------------------------------------------------------------------------------------------

    def run(self):
        """Starts the kernel, watches it, and ends as it has ended."""
        if not sys.platform.startswith("linux"):
            raise NoWall("this needs Linux")
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        base, talk = self._folders()
        self._apart()
        ready, go = os.pipe()
        report, words = os.pipe()
        first = os.fork()
        if first == 0:
            os.close(go)
            os.close(report)
            self._inside(base, talk, ready, words)
        signal.signal(signal.SIGTERM, lambda number, frame: _kill(first))
        os.close(ready)
        os.close(words)
        os.write(go, b"1")
        with os.fdopen(report, "rb") as pipe:
            fault = pipe.read()
        if fault:
            os.waitpid(first, 0)
            raise NoWall(fault.decode("utf-8", "replace"))
        return self._watch(first, talk)

    def _folders(self):
        """Where the new root is mounted, and what a kernel shares with the agent: its sockets and connection file."""
        if not self.files:
            import tempfile
            base = tempfile.mkdtemp(prefix="ansatz-guest-")
            import atexit
            watcher = os.getpid()
            atexit.register(lambda: os.getpid() == watcher and shutil.rmtree(base, ignore_errors=True))
        else:
            base = os.path.dirname(os.path.abspath(self.files[0]))
        talk, root = os.path.join(base, "guest"), os.path.join(base, "root")
        for path in (talk, root):
            if not os.path.isdir(path):
                os.mkdir(path, 0o700)
        if self.files:
            with open(self.files[0], "rb") as file:
                connection = json.loads(file.read().decode("utf-8"))
            for port in [value for name, value in connection.items() if name.endswith("_port")]:
                link = os.path.join(base, "k-%d" % port)
                if not os.path.islink(link):
                    os.symlink(os.path.join(talk, "k-%d" % port), link)
            path = os.path.join(talk, "connection.json")
            with open(path, "w") as file:
                json.dump(dict(connection, ip=TALK + "/k"), file)
            os.chmod(path, 0o600)
            if self.root:
                os.chown(path, self.uid, self.gid)
        if self.root:
            os.chown(talk, self.uid, self.gid)
        return root, talk

    def _apart(self):
        user = 0 if self.root else _NEWUSER
        uid, gid = os.geteuid(), os.getegid()
        _call("a namespace of its own%s" % ("" if self.root else " for the account"), "unshare",
              user | _NEWPID | _NEWNET | _NEWIPC | _NEWUTS)
        if user:
            try:
                for name, text in (("setgroups", "deny"), ("uid_map", "%d %d 1" % (uid, uid)), ("gid_map", "%d %d 1" % (gid, gid))):
                    with open("/proc/self/" + name, "w") as file:
                        file.write(text)
            except OSError as error:
                raise NoWall("a namespace of users cannot be set up: %s" % error.strerror)

    def _watch(self, first, talk):
        end, tick = time.monotonic() + self.seconds, 0
        while True:
            tick += 1
            if tick % 10 == 0 and _is_filled(talk):
                return _end(first, "The folder of sockets is no place for files.")
            pid, status = os.waitpid(first, os.WNOHANG)
            if pid:
                return _same_end(status)
            cpu, memory = _uses(first)
            if time.monotonic() > end:
                return _end(first, "The time for a guest is over.")
            if cpu > self.cpu:
                return _end(first, "A guest may use %g s of processor time." % self.cpu)
            if memory > self.memory:
                return _end(first, "A guest may use %d MB of memory." % (self.memory // _MIB))
            time.sleep(TICK_S)

    # -- inside --------------------------------------------------------------------------------------------------------

    def _inside(self, base, talk, ready, words):
        """The first process of the namespace: never returns."""
        try:
            _call("an end with its watcher", "prctl", _PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.read(ready, 1) != b"1":
                os._exit(1)
            self._walls(base, talk)
            kernel = os.fork()
            if kernel == 0:
                self._become(words)
            os.close(words)
            self._drop()
            libc().prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            null = os.open("/dev/null", os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(null, number)
            while True:
                pid, status = os.wait()
                if pid == kernel:
                    os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
        except NoWall as fault:
            os.write(words, str(fault).encode("utf-8"))
        except (OSError, ValueError) as error:
            os.write(words, ("it could not be started: %s" % error).encode("utf-8"))
        finally:
            os._exit(73)

    def _walls(self, root, talk):
        _call("mounts of its own", "unshare", _NEWNS)
        _mount("none", "/", None, _REC | _PRIVATE)
        read = self._reads()
        _mount("tmpfs", root, "tmpfs", _NOSUID | _NODEV, "size=%dm,mode=755" % self.disk)
        for path, source in read:
            _show(root, path, source)
        for path in (HOME, PLACE, "/tmp", "/var/tmp", "/dev/shm"):
            os.makedirs(root + path, 0o755, exist_ok=True)  # a Python may be below one of them
            if self.root:
                os.chown(root + path, self.uid, self.gid)
        data = self.config.get("data")
        data = os.path.expanduser(data) if data else None
        if data and os.path.isdir(data):
            _show(root, DATA, data)
            for name in os.listdir(data):
                os.symlink("%s/%s" % (DATA, name), "%s%s/%s" % (root, PLACE, name))
        for name in DEVICES:
            open("%s/dev/%s" % (root, name), "w").close()
            _mount("/dev/" + name, "%s/dev/%s" % (root, name), None, _BIND)
        os.makedirs(root + "/etc", exist_ok=True)
        with open(root + "/etc/passwd", "w") as file:
            file.write("guest:x:%d:%d:Guest:%s:/bin/sh\n" % (self.uid, self.gid, HOME))
        with open(root + "/etc/group", "w") as file:
            file.write("guest:x:%d:\n" % self.gid)
        with open(root + "/etc/hosts", "w") as file:
            file.write("127.0.0.1 localhost\n")
        os.mkdir(root + TALK)
        _mount(talk, root + TALK, None, _BIND)
        os.mkdir(root + "/proc")
        _mount("proc", root + "/proc", "proc", _NOSUID | _NODEV | 8)
        _loopback()
        os.chdir(root)
        _call("a file system of its own", "pivot_root", b".", b".")
        _call("a file system of its own", "umount2", b".", _DETACH)
        os.chdir("/")

    def _reads(self):
        """(path, source) of what the kernel may read, in the order of their depth."""
        paths = [path for path in SYSTEM if os.path.lexists(path)]
        program = shutil.which(self.argv[0]) or self.argv[0]
        for folder in [os.path.dirname(os.path.dirname(program)), os.path.dirname(os.path.dirname(os.path.realpath(program)))]:
            paths.append(folder)
            try:
                with open(os.path.join(folder, "pyvenv.cfg")) as file:
                    homes = [line.split("=", 1)[1].strip() for line in file if line.split("=")[0].strip() == "home"]
                paths.extend(os.path.dirname(home) for home in homes)
            except OSError:
                pass
        paths.extend(os.path.expanduser(path) for path in self.config.get("read", []))
        agent = os.path.dirname(os.path.abspath(__file__))
        if agent in self.argv:
            paths.append(agent)
        homes = {"/", os.path.expanduser("~"), "/home", "/root", "/tmp", "/etc", "/var", "/proc", "/run", "/dev", "/sys"}
        kept = []
        for path in sorted(set(os.path.normpath(path) for path in paths), key=lambda path: path.count("/")):
            if os.path.isabs(path) and path not in homes and os.path.lexists(path):
                if not any(path.startswith(above + "/") for above, _ in kept if not os.path.islink(above)):
                    kept.append((path, path))
        return kept

    def _become(self, words):
        """The kernel itself, behind the walls: takes the limits and its program's place."""
        try:
            self._limits()
            self._drop()
            _call("no more rights than these", "prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
            for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            env = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith("LC_")}
            env.update(self.config.get("env") or {}, HOME=HOME, USER="guest", LOGNAME="guest", TMPDIR="/tmp",
                       IPYTHONDIR=HOME + "/.ipython", JUPYTER_RUNTIME_DIR="/tmp")
            argv = [TALK + "/connection.json" if word in self.files else word for word in self.argv]
            os.chdir(PLACE)
            fcntl.fcntl(words, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
            os.execvpe(argv[0], argv, env)
        except NoWall as fault:
            os.write(words, str(fault).encode("utf-8"))
        except (OSError, ValueError) as error:
            os.write(words, ("%s cannot be started: %s" % (self.argv[0], error)).encode("utf-8"))
        finally:
            os._exit(73)

    def _limits(self):
        cpu = int(self.cpu) + 30  # the watcher is first, and says why
        for kind, most in (("CPU", cpu), ("AS", 2 * self.memory + 512 * _MIB), ("CORE", 0), ("NPROC", 128), ("NOFILE", 512),
                           ("FSIZE", self.disk * _MIB)):
            number = getattr(resource, "RLIMIT_" + kind)
            hard = resource.getrlimit(number)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            try:
                resource.setrlimit(number, (most, most))
            except (OSError, ValueError) as error:
                raise NoWall("a limit (%s) cannot be set: %s" % (kind, error))

    def _drop(self):
        if self.root:
            os.setgroups([])
            os.setresgid(self.gid, self.gid, self.gid)
            os.setresuid(self.uid, self.uid, self.uid)


def libc():
    """The C library, with errno kept."""
    return ctypes.CDLL(None, use_errno=True)


def _call(what, name, *arguments):
    """A system call of that name; raises NoWall that says what is missing."""
    try:
        failed = getattr(libc(), name)(*arguments) != 0
    except AttributeError:
        raise NoWall("%s is not to be had: the C library has no %s" % (what, name))
    if failed:
        number = ctypes.get_errno()
        hint = ""
        if number in (errno.EPERM, errno.ENOSPC, errno.EACCES):
            hint = "; this machine does not allow it to this account (user.max_user_namespaces, AppArmor, a container)"
        raise NoWall("%s is not to be had: %s%s" % (what, os.strerror(number), hint))


def _mount(source, target, kind, flags, data=None):
    source, place, what, data = (None if text is None else os.fsencode(text) for text in (source, target, kind, data))
    _call("%s at %s" % (kind or "a mount", target), "mount", source, place, what, ctypes.c_ulong(flags), data)


def _show(root, path, source):
    """Makes a path of the machine readable under the new root, and nothing below it writable."""
    target = root + path
    os.makedirs(os.path.dirname(target), 0o755, exist_ok=True)
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
        return
    if stat.S_ISDIR(os.stat(source).st_mode):
        os.makedirs(target, 0o755, exist_ok=True)
    else:
        open(target, "w").close()
    _mount(source, target, None, _BIND | _REC)
    with open("/proc/self/mountinfo", "rb") as file:
        mounts = [os.fsdecode(line.split()[4].replace(b"\\040", b" ")) for line in file]
    for place in sorted({one for one in mounts if one == target or one.startswith(target + "/")}, key=len):
        known = os.statvfs(place).f_flag
        locked = sum(mount for vfs, mount in _LOCKED if known & vfs)
        _mount(None, place, None, _REMOUNT | _BIND | _RDONLY | _NOSUID | locked)


def _loopback():
    """The namespace's own: it leads nowhere else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        fcntl.ioctl(line, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))


def _uses(first):
    """(seconds of processor time, bytes resident) of a process and all below it."""
    known = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, "rb") as file:
                    known[int(name)] = file.read().rsplit(b")", 1)[1].split()
            except (OSError, IndexError):
                continue  # it ended meanwhile
    below = {}
    for pid, fields in known.items():
        below.setdefault(int(fields[1]), []).append(pid)
    ticks = pages = 0
    waiting = [first]
    while waiting:
        pid = waiting.pop()
        waiting.extend(below.get(pid, ()))
        fields = known.get(pid)
        if fields:
            ticks += sum(int(field) for field in fields[11:15])
            pages += int(fields[21])
    return ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE")


def _is_filled(folder):
    """More than sockets: the one place of the machine's own disk that a kernel can write to."""
    size = number = 0
    for path, folders, names in os.walk(folder):
        for name in folders + names:
            number += 1
            try:
                size += os.lstat(os.path.join(path, name)).st_size
            except OSError:
                pass
            if number > 100 or size > _MIB:
                return True
    return False


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass


def _end(first, words):
    """Ends everything inside and says why in the kernel's log."""
    _kill(first)
    os.waitpid(first, 0)
    sys.stderr.write("\n%s\n" % words)
    return OVER


def _same_end(status):
    code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    if 128 < code < 160:  # the agent is to see the same
        number = code - 128
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return code
