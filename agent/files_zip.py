"""Folders as a zip archive, made while it is sent: nothing is stored on the way. Links stay links, they are not followed."""
import os
import stat
import time
import zipfile

from files_errors import FileProblem, of, problem, shown
from files_paths import place
from files_tree import down

PIECE = 256 * 1024
#: what is compressed already; to try again costs time and gains nothing
STORED = frozenset("""7z avi bz2 docx flac gif gz h5 hdf5 jpeg jpg lz4 m4a mkv mov mp3 mp4 npz ogg parquet pdf png pptx root
    tgz webm webp whl xlsx xz zip zst""".split())


class _Stream:
    """What zipfile writes to: collects small pieces, cannot seek."""

    def __init__(self, call):
        self._call, self._held, self._size = call, [], 0

    def write(self, data):
        """Keeps a copy: zipfile may use its buffer again."""
        self._held.append(bytes(data))
        self._size += len(data)
        if self._size >= PIECE:
            self.flush()
        return len(data)

    def flush(self):
        """Sends what there is."""
        if self._held and self._size >= PIECE:
            self.end()

    def end(self):
        """Sends the rest."""
        if self._held:
            self._call.send({}, [b"".join(self._held)])
        self._held, self._size = [], 0


def archive(call, params):
    """`zip`: {paths, root}. The first part says that it begins, the others are bytes."""
    paths = params["paths"]
    if not isinstance(paths, list) or not paths:
        raise FileProblem("bad-name", "Nothing was named.")
    for path in paths:
        with place(path, params.get("root")) as at:
            if at.lstat() is None:
                raise problem("missing", at.path)
    call.send({})
    stream, left_out = _Stream(call), []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=1) as out:
        for path in paths:
            with place(path, params.get("root")) as at:
                _add(call, out, at.parent, at.name, at.name, at.path, left_out)
        if left_out:
            text = "These could not be read and are not in this archive:\n\n" + "".join(line + "\n" for line in left_out)
            out.writestr(zipfile.ZipInfo("not-in-this-archive.txt", time.localtime()[:6]), text)
    stream.end()
    return {}


def _add(call, out, parent, name, inside, path, left_out):
    call.alive()
    try:
        info = os.lstat(name, dir_fd=parent)
        if stat.S_ISDIR(info.st_mode):
            out.writestr(_info(inside + "/", info), b"")
            handle = down(name, parent, path)
            try:
                for inner in sorted(os.listdir(handle)):
                    _add(call, out, handle, inner, inside + "/" + inner, os.path.join(path, inner), left_out)
            finally:
                os.close(handle)
        elif stat.S_ISLNK(info.st_mode):
            out.writestr(_info(inside, info), os.fsencode(os.readlink(name, dir_fd=parent)))
        elif stat.S_ISREG(info.st_mode):
            _file(call, out, parent, name, inside)
    except (OSError, FileProblem, RecursionError) as fault:
        left_out.append("%s: %s" % (shown(path), of(fault, path)))


def _file(call, out, parent, name, inside):
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    with os.fdopen(handle, "rb", buffering=0) as file:
        with out.open(_info(inside, os.fstat(handle)), "w", force_zip64=True) as sink:
            while True:
                data = file.read(PIECE)
                if not data:
                    break
                sink.write(data)
                call.alive()


def _info(inside, info):
    """The header of an entry; the format has no time before 1980 and its names are UTF-8."""
    when = max(time.localtime(info.st_mtime)[:6], (1980, 1, 1, 0, 0, 0))
    entry = zipfile.ZipInfo(shown(inside), min(when, (2107, 12, 31, 23, 59, 58)))
    entry.external_attr = (info.st_mode & 0xFFFF) << 16
    ending = inside.rpartition(".")[2].lower()
    entry.compress_type = zipfile.ZIP_STORED if ending in STORED or not stat.S_ISREG(info.st_mode) else zipfile.ZIP_DEFLATED
    return entry
