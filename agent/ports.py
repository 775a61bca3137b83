"""Which TCP ports programs of this account listen on: what can be opened in the browser.

From /proc (Linux): the account's own listening sockets, and of those whose process may be looked at its name, and whether it
belongs to a batch job.
"""
import os
import struct

_LISTEN = "0A"


def listening(mark=None):
    """[{port, address, pid or None, command}] ordered by port. `address` is where it listens, as text; one entry a port.
    With `mark`, (name, value), only of processes in whose environment it stands: what may not be looked at (a batch system's
    own, which runs as the account) is none of them."""
    found = {}
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        for address, port, inode in _sockets(name):
            found.setdefault(port, (address, inode))
    owners = _owners({inode for _, inode in found.values()})
    entries = [dict(port=port, address=address, **owners.get(inode, {"pid": None, "command": ""}))
               for port, (address, inode) in sorted(found.items())]
    return [entry for entry in entries if mark is None or entry["pid"] and _has(entry["pid"], *mark)]


def _has(pid, name, value):
    try:
        with open("/proc/%d/environ" % pid, "rb") as file:
            return os.fsencode("%s=%s" % (name, value)) in file.read().split(b"\0")
    except OSError:  # it has ended
        return False


def _sockets(path):
    """(address, port, inode) of the sockets of this account that listen where loopback reaches them."""
    try:
        with open(path) as file:
            lines = file.read().splitlines()[1:]
    except OSError:
        return
    for line in lines:
        fields = line.split()
        if len(fields) < 10 or fields[3] != _LISTEN or int(fields[7]) != os.geteuid():
            continue
        address, port = fields[1].split(":")
        words = bytes.fromhex(address)
        # each 32-bit word is in the byte order of the machine
        packed = b"".join(struct.pack(">I", *struct.unpack("=I", words[at:at + 4])) for at in range(0, len(words), 4))
        text = _text(packed)
        if text:
            yield text, int(port, 16), fields[9]


def _text(packed):
    if len(packed) == 16 and packed[:12] == b"\0" * 10 + b"\xff\xff":
        packed = packed[12:]
    if len(packed) == 4:
        text = ".".join(str(byte) for byte in packed)
        return text if packed[0] in (0, 127) else None
    return {b"\0" * 16: "::", b"\0" * 15 + b"\1": "::1"}.get(packed)


def _owners(inodes):
    """inode -> {pid, command} for sockets of processes of this account."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit() or len(found) == len(inodes):
            continue
        try:
            links = [os.readlink("/proc/%s/fd/%s" % (name, fd)) for fd in os.listdir("/proc/%s/fd" % name)]
            held = {link[8:-1] for link in links if link.startswith("socket:[")} & inodes
            if held:
                with open("/proc/%s/cmdline" % name, "rb") as file:
                    words = file.read().decode("utf-8", "replace").split("\0")
                for inode in held - set(found):
                    found[inode] = {"pid": int(name), "command": " ".join(words).strip()[:300]}
        except (OSError, ValueError):  # it has ended, or is not ours to look at
            continue
    return found
