"""What is in a file of data: headers of FITS, the tree of HDF5, the first rows of tables.

FITS and CSV are read here. HDF5 and Parquet need packages: `files_peek.py` reads them, run by a Python of the workspace
that has them, and says which package is missing where none has.
"""
import csv
import io
import json
import os
import re
import select
import subprocess
import sys
import time
import zipimport

from files_errors import FileProblem, of
from files_paths import clean, place

BLOCK = 2880
HEADERS, CARDS = 100, 5000
ROWS, CELL = 200, 500
PEEK_S = 60
PEEK_BYTES = 8 * 1024 * 1024


def preview(call, params):
    """`preview`: {path, root, kind: "fits" "hdf5" "table", pythons: [path…]} → what the kind says."""
    kind = params["kind"]
    with place(params["path"], params.get("root"), follow=True) as at:
        handle = at.open(os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if kind == "fits":
            return {"kind": "fits", "headers": fits(file, os.fstat(handle).st_size, at.path)}
        if kind not in ("hdf5", "table"):
            raise FileProblem("bad-params", "There is no such kind of preview.")
        start = file.read(4)
        if kind == "table" and start != b"PAR1":
            file.seek(0)
            return dict(table(file), kind="table")
    return dict(_peek(call, "hdf5" if kind == "hdf5" else "parquet", at.path, params.get("pythons") or []), kind=kind)


def fits(file, size, path):
    """The headers of a FITS file (FITS standard 4.0, sections 3 and 4): [{cards: [[keyword, value, comment]…], data}]."""
    headers, at = [], 0
    while at < size and len(headers) < HEADERS:
        cards, ended = [], False
        while not ended and len(cards) < CARDS:
            file.seek(at)
            block = file.read(BLOCK)
            if len(block) < BLOCK or (not headers and not cards and not block.startswith(b"SIMPLE  =")):
                if headers:
                    return headers
                raise FileProblem("other", "This is not a FITS file.", path)
            at += BLOCK
            for start in range(0, BLOCK, 80):
                text = block[start:start + 80].decode("ascii", "replace")
                if text.startswith("END     "):
                    ended = True
                    break
                if text.strip():
                    cards.append(_card(text))
        data = _data_bytes({keyword: value for keyword, value, _ in reversed(cards)})
        headers.append({"cards": cards, "data": data})
        at += -(-data // BLOCK) * BLOCK
    return headers


def _card(text):
    """One 80-character card: keyword, value (text, number, bool or null), comment."""
    keyword = text[:8].rstrip()
    if text[8:10] != "= ":
        return [keyword, None, text[8:].rstrip()]
    rest = text[10:]
    quoted = re.match(r"\s*'((?:[^']|'')*)'\s*(?:/(.*))?", rest)
    if quoted:
        return [keyword, quoted.group(1).replace("''", "'").rstrip(), (quoted.group(2) or "").strip()]
    value, _, comment = rest.partition("/")
    value = value.strip()
    if value in ("T", "F"):
        return [keyword, value == "T", comment.strip()]
    for kind in (int, float):
        try:
            number = kind(value.replace("D", "E") if kind is float else value)
            return [keyword, number if abs(number) < 2 ** 53 else value, comment.strip()]
        except ValueError:
            pass
    return [keyword, value or None, comment.strip()]


def _data_bytes(cards):
    """How many bytes of data follow a header (sections 4.4.1 and 6): |BITPIX| / 8 * GCOUNT * (PCOUNT + product of NAXISn)."""
    def number(name, default):
        value = cards.get(name, default)
        return value if isinstance(value, int) and not isinstance(value, bool) else default
    axes = number("NAXIS", 0)
    if axes <= 0:
        return 0
    sizes = [number("NAXIS%d" % axis, 0) for axis in range(1, min(axes, 999) + 1)]
    if sizes[0] == 0 and cards.get("GROUPS") is True:
        sizes = sizes[1:]
    product = 1
    for size in sizes:
        product *= max(0, size)
    return abs(number("BITPIX", 8)) // 8 * number("GCOUNT", 1) * (number("PCOUNT", 0) + product)


def table(file):
    """The first rows of a text table: {columns, rows, more, delimiter}. The first row names the columns."""
    data = file.read(1024 * 1024)
    more = bool(file.read(1))
    text = data.decode("utf-8-sig", "replace")
    if more:
        text = text[:text.rfind("\n") + 1] or text
    try:
        dialect = csv.Sniffer().sniff(text[:8192], ",;\t|")
    except csv.Error:
        dialect = csv.excel_tab if "\t" in text[:8192] else csv.excel
    rows = []
    for row in csv.reader(io.StringIO(text, newline=""), dialect):
        if len(rows) > ROWS:
            more = True
            break
        rows.append([cell[:CELL] for cell in row])
    return {"columns": rows[0] if rows else [], "rows": rows[1:], "more": more, "delimiter": dialect.delimiter}


def _peek(call, kind, path, pythons):
    """Asks the Pythons in turn, ours last."""
    script, missing = _script(), None
    for python in list(pythons) + [sys.executable]:
        if not re.match(r"^pypy|^python[0-9.]*$", os.path.basename(python)):
            continue  # whatever else is named, it is not to be run
        try:
            python = clean(python)
            answer = json.loads(_run(call, [python, "-c", script, kind], path).decode("utf-8", "replace"))
        except (OSError, ValueError, FileProblem) as fault:
            if isinstance(fault, FileProblem) and fault.code == "slow":
                raise
            continue
        if "missing" in answer:
            missing = missing or answer["missing"]
        elif "problem" in answer:
            raise FileProblem("other", answer["problem"], path)
        else:
            return answer
    words = {"hdf5": "h5py", "parquet": "pyarrow or pandas"}[kind]
    raise FileProblem("no-module", "No Python that was tried has %s (%d tried)." % (words, len(pythons) + 1), path)


def _script():
    """The text of files_peek.py, from the zipapp or the folder."""
    folder = os.path.dirname(os.path.abspath(__file__))
    if os.path.isdir(folder):
        with open(os.path.join(folder, "files_peek.py"), encoding="ascii") as file:
            return file.read()
    return zipimport.zipimporter(folder).get_data("files_peek.py").decode("ascii")


def _run(call, argv, path):
    """What a script prints; the path goes to its standard input, so that names of any bytes arrive."""
    child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        child.stdin.write(os.fsencode(path))
        child.stdin.close()
        end, data = time.monotonic() + PEEK_S, b""
        while True:
            call.alive()
            if time.monotonic() > end:
                raise FileProblem("slow", "Reading the file took longer than %d seconds." % PEEK_S, path)
            if select.select([child.stdout], [], [], 0.2)[0]:
                part = os.read(child.stdout.fileno(), 65536)
                if not part:
                    return data
                data += part
                if len(data) > PEEK_BYTES:
                    raise FileProblem("other", "There is too much in the file to be shown.", path)
    except OSError as fault:
        raise of(fault, path)
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
