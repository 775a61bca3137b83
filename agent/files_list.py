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
        mounted = mounted_in(path)
        batch, aside = [], []
        with os.scandir(handle) as found:
            for entry in found:
                (aside if entry.name in mounted else batch).append(entry.name)
                if len(batch) == PART:
                    _part(call, handle, *_infos(handle, batch), users, groups, letters)
                    batch = []
        _part(call, handle, *_infos(handle, batch), users, groups, letters)
        if aside:
            _part(call, handle, aside, _in_time(handle, aside), users, groups, letters)
        writable = os.access(path, os.W_OK | os.X_OK)
        return {"path": path, "home": home(), "writable": writable,
                "users": [_name(pwd.getpwuid, uid) for uid in users], "groups": [_name(grp.getgrgid, gid) for gid in groups]}


def _infos(handle, names):
    """(names, stats) of what can be looked at. By name and descriptor: faster than asking the entries of scandir."""
    try:
        return names, [os.stat(name, dir_fd=handle, follow_symlinks=False) for name in names]
    except OSError:  # some vanished meanwhile, or may not be looked at
        return _one_by_one(handle, names)


def _part(call, handle, names, infos, users, groups, letters):
    if not names:
        call.alive()
        return
    # the ten numbers of a stat result, column by column, all of it in C
    modes, _, _, _, uids, gids, sizes, _, times, _ = zip(*infos)
    for mode in set(modes).difference(letters):
        letters[mode] = LETTERS.get(stat.S_IFMT(mode), "o")
    types = "".join(map(letters.__getitem__, modes))
    for uid in set(uids).difference(users):
        users[uid] = len(users)
    for gid in set(gids).difference(groups):
        groups[gid] = len(groups)
    links = {}
    if "l" in types:
        types, links = _links(handle, names, types)
    call.send({"names": names, "types": types, "sizes": sizes, "times": times,
               "modes": _column(modes, lambda mode: mode & 0o7777), "owners": _column(uids, users.__getitem__),
               "groupsOf": _column(gids, groups.__getitem__), "links": links})


def _column(values, change):
    """The values, each changed; a number alone when all are equal, as they mostly are."""
    return change(values[0]) if values.count(values[0]) == len(values) else list(map(change, values))


def _in_time(handle, names):
    """The stats of names on which file systems are mounted; one that hangs is a folder of which nothing else is known."""
    infos, own = {}, os.dup(handle)

    def look():
        for name in names:
            try:
                infos[name] = os.stat(name, dir_fd=own, follow_symlinks=False)
            except OSError:
                pass
        os.close(own)
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(LINKS_S)
    unknown = os.stat_result((stat.S_IFDIR, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    return [infos.get(name, unknown) for name in names]


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


def _one_by_one(handle, names):
    seen, infos = [], []
    for name in names:
        try:
            infos.append(os.stat(name, dir_fd=handle, follow_symlinks=False))
            seen.append(name)
        except OSError:
            pass
    return seen, infos


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
