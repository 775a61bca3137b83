"""Folders in one answer, by columns, and what is known of one file."""
import grp
import os
import pwd
import stat
import threading

from files_errors import problem
from files_paths import folder, home, place, real

#: entries a part: the other side reads one while the next is made
PART = 8000
#: seconds for looking where the links of a folder lead; some lead into file systems that hang
LINKS_S = 1.5
LETTERS = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l"}
TYPES = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}


def version(info):
    """Names one state of a file."""
    return "%x-%x-%x" % (info.st_mtime_ns, info.st_size, info.st_ino)


def facts(path, info, link=None):
    """What the other side learns of one file."""
    return {"path": path, "type": TYPES.get(stat.S_IFMT(info.st_mode), "other"), "size": info.st_size,
            "time": info.st_mtime, "mode": stat.S_IMODE(info.st_mode), "version": version(info), "link": link}


def look(call, params):
    """`stat`: {path, root, follow = true}."""
    follow = params.get("follow", True)
    if follow and real(params["path"], params.get("root")) == "/":
        return facts("/", os.lstat("/"))
    with place(params["path"], params.get("root"), follow) as at:
        info = at.lstat()
        if info is None:
            raise problem("missing", at.path)
        is_link = stat.S_ISLNK(info.st_mode)
        return facts(at.path, info, os.readlink(at.name, dir_fd=at.parent) if is_link else None)


def listing(call, params):
    """`list`: {path, root}. Parts hold the columns of some entries; the result what is the same for all."""
    with folder(params["path"], params.get("root")) as (path, handle):
        users, groups, letters = {}, {}, {}
        mounted, aside = mounted_in(path), []
        batch = []
        with os.scandir(handle) as found:
            for entry in found:
                if mounted and entry.name in mounted:
                    aside.append(entry)
                    continue
                batch.append(entry)
                if len(batch) == PART:
                    _part(call, handle, batch, users, groups, letters)
                    batch = []
            _part(call, handle, batch, users, groups, letters)
            if aside:
                _part(call, handle, [_Mounted(entry, info) for entry, info in _in_time(aside)], users, groups, letters)
        writable = os.access(path, os.W_OK | os.X_OK)
        return {"path": path, "home": home(), "writable": writable,
                "users": [_name(pwd.getpwuid, uid) for uid in users], "groups": [_name(grp.getgrgid, gid) for gid in groups]}


def _part(call, handle, batch, users, groups, letters):
    try:
        infos = [entry.stat(follow_symlinks=False) for entry in batch]
    except OSError:  # some vanished meanwhile, or may not be looked at
        batch, infos = _one_by_one(batch)
    if not batch:
        call.alive()
        return
    names = [entry.name for entry in batch]
    # the ten numbers of a stat result, column by column, all of it in C
    modes, _, _, _, uids, gids, sizes, _, times, _ = zip(*infos)
    for mode in set(modes).difference(letters):
        letters[mode] = LETTERS.get(stat.S_IFMT(mode), "o")
    types = "".join([letters[mode] for mode in modes])
    for uid in set(uids).difference(users):
        users[uid] = len(users)
    for gid in set(gids).difference(groups):
        groups[gid] = len(groups)
    links = {}
    if "l" in types:
        types, links = _links(handle, names, types)
    call.send({"names": names, "types": types, "sizes": sizes, "times": times,
               "modes": [mode & 0o7777 for mode in modes], "owners": [users[uid] for uid in uids],
               "groupsOf": [groups[gid] for gid in gids], "links": links})


class _Mounted:
    """An entry on which another file system is mounted, with what is known of it."""

    def __init__(self, entry, info):
        self.name, self._info = entry.name, info

    def stat(self, follow_symlinks):
        """As of an entry of scandir."""
        return self._info


def _in_time(entries):
    """The entries with their stat; one whose file system hangs is a folder of which nothing else is known."""
    infos = {}

    def look():
        for entry in entries:
            try:
                infos[entry.name] = entry.stat(follow_symlinks=False)
            except OSError:
                pass
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(LINKS_S)
    unknown = os.stat_result((stat.S_IFDIR, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    return [(entry, infos.get(entry.name, unknown)) for entry in entries]


def mounted_in(path):
    """Names in the folder on which a file system is mounted: to look at one may hang."""
    return {os.path.basename(point) for point, _ in mounts() if os.path.dirname(point) == path and point != "/"}


def mounts():
    """(where, kind) of the file systems that are mounted; none where the system does not tell (proc(5))."""
    found = []
    try:
        with open("/proc/self/mounts", "rb") as file:
            for line in file:
                fields = line.split()
                point = fields[1].decode("unicode_escape").encode("latin-1")  # octal escapes: a space is \\040
                found.append((os.fsdecode(point), fields[2].decode("ascii", "replace")))
    except (OSError, IndexError, UnicodeError):
        pass
    return found


def _one_by_one(batch):
    entries, infos = [], []
    for entry in batch:
        try:
            infos.append(entry.stat(follow_symlinks=False))
            entries.append(entry)
        except OSError:
            pass
    return entries, infos


def _links(handle, names, types):
    """The types with links looked at, and where they lead. What does not answer in time counts as a link to a file."""
    places = [at for at, letter in enumerate(types) if letter == "l"]
    links, found = {}, {}
    for at in places:
        try:
            links[str(at)] = os.readlink(names[at], dir_fd=handle)
        except OSError:
            pass
    own = os.dup(handle)

    def follow():
        try:
            for at in places:
                try:
                    found[at] = "L" if stat.S_ISDIR(os.stat(names[at], dir_fd=own).st_mode) else "l"
                except OSError:
                    found[at] = "b"
        finally:
            os.close(own)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    thread.join(LINKS_S)
    seen, letters = dict(found), list(types)
    for at, letter in seen.items():
        letters[at] = letter
    return "".join(letters), links


def _name(lookup, number):
    try:
        return lookup(number)[0]
    except (KeyError, OSError):
        return str(number)
