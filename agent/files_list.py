"""Folders in one answer, by columns, and what is known of one file."""
import grp
import os
import pwd
import stat
import threading

from files_errors import of, problem
from files_paths import folder, home, place

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
    if follow and os.path.realpath(params["path"]) == "/":
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
        batch = []
        with os.scandir(handle) as found:
            for entry in found:
                batch.append(entry)
                if len(batch) == PART:
                    _part(call, handle, batch, users, groups, letters)
                    batch = []
            _part(call, handle, batch, users, groups, letters)
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


def stat_fd(handle, path):
    """fstat in our words."""
    try:
        return os.fstat(handle)
    except OSError as fault:
        raise of(fault, path)
