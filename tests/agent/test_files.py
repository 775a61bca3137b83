"""The files worker as the gateway sees it: listing, content, operations and their undo, uploads, streams."""
import io
import os
import stat
import subprocess
import sys
import time
import unittest
import zipfile

from files_harness import FilesCase, Refused
from harness import until

ODD = "f\udcff\udcfe \u00e4.txt"  # bytes that are no UTF-8


class ListTest(FilesCase):
    """Folders and facts."""

    def columns(self, path):
        """{name: (type, size, mode)} and the result."""
        result, parts = self.link.answer(self.link.post("list", path=path))
        entries, links = {}, {}
        for part in (part["part"] for part in parts):
            for at, name in enumerate(part["names"]):
                modes = part["modes"]  # a number alone when all are equal
                entries[name] = (part["types"][at], part["sizes"][at], modes if isinstance(modes, int) else modes[at])
                if str(at) in part["links"]:
                    links[name] = part["links"][str(at)]
        return entries, links, result

    def test_every_kind_of_entry(self):
        """Types, sizes, links and names of any bytes, hidden ones too."""
        self.put(".hidden", b"12345")
        self.put(ODD, b"1")
        os.mkdir(self.at("d"), 0o750)
        os.symlink("d", self.at("to-d"))
        os.symlink(".hidden", self.at("to-file"))
        os.symlink("nowhere", self.at("broken"))
        os.mkfifo(self.at("pipe"))
        entries, links, result = self.columns("~")
        self.assertEqual({name: kind for name, (kind, _, _) in entries.items()},
                         {".hidden": "f", ODD: "f", "d": "d", "to-d": "L", "to-file": "l", "broken": "b", "pipe": "o"})
        self.assertEqual(links, {"to-d": "d", "to-file": ".hidden", "broken": "nowhere"})
        self.assertEqual((entries[".hidden"][1], entries["d"][2]), (5, 0o750))
        self.assertEqual((result["path"], result["home"], result["writable"]), (self.home, self.home, True))
        self.assertEqual(self.link.bytes("read", path=self.at(ODD)), b"1")

    def test_many_entries_come_in_parts(self):
        """Each entry once, whatever the number."""
        for number in range(20001):
            os.close(os.open(self.at("%d.dat" % number), os.O_CREAT | os.O_WRONLY))
        entries, _, _ = self.columns(self.home)
        self.assertEqual(sorted(entries), sorted("%d.dat" % number for number in range(20001)))

    def test_what_is_no_folder(self):
        """The code says why."""
        self.put("file")
        self.refused("not-a-folder", "list", path=self.at("file"))
        self.refused("missing", "list", path=self.at("nothing"))
        self.refused("bad-name", "list", path="relative")
        self.refused("unknown-method", "nonsense")


class ContentTest(FilesCase):
    """Reading and saving."""

    def test_ranges(self):
        """Offset and length, and beyond the end."""
        data = os.urandom(1_000_000)
        path = self.put("data", data)
        self.assertEqual(self.link.bytes("read", path=path), data)
        self.assertEqual(self.link.bytes("read", path=path, offset=777_777, length=100), data[777_777:777_877])
        self.assertEqual(self.link.bytes("read", path=path, offset=999_999, length=100), data[-1:])
        self.assertEqual(self.link.bytes("read", path=path, offset=2_000_000), b"")
        self.refused("is-a-folder", "read", path=self.home)
        os.mkfifo(self.at("pipe"))
        self.refused("other", "read", path=self.at("pipe"))

    def test_a_slow_reader_holds_up_itself_alone(self):
        """No more comes than was allowed for, and other calls are answered meanwhile."""
        path = self.put("data", b"x" * 3_000_000)
        number = self.link.post("read", path=path, credit=600_000)
        time_of_others = self.link.ask("stat", path=path)
        self.assertEqual(time_of_others["size"], 3_000_000)
        self.link.ask("stat", path=path)
        came = sum(len(frame["bytes"]) for frame in self.link.frames.get(number, []))
        self.assertLess(came, 1_200_000)
        self.assertEqual(sum(len(part["bytes"]) for part in self.link.answer(number)[1]), 3_000_000)

    def test_saving_checks_what_is_there(self):
        """Another version is not overwritten, and the one there is named."""
        path = self.put("note.txt", b"one")
        os.chmod(path, 0o640)
        before = self.link.ask("stat", path=path)["version"]
        after = self.link.save(path, b"two", expected=before)
        self.assertEqual((self.get(path), stat.S_IMODE(os.stat(path).st_mode)), (b"two", 0o640))
        self.assertEqual(after["version"], self.link.ask("stat", path=path)["version"])
        with self.assertRaises(Refused) as caught:
            self.link.save(path, b"three", expected=before)
        self.assertEqual((caught.exception.code, caught.exception.error["version"]), ("changed", after["version"]))
        with self.assertRaises(Refused) as caught:
            self.link.save(path, b"three", expected=None)
        self.assertEqual(caught.exception.code, "changed")
        self.link.save(self.at("new"), b"n", expected=None)
        self.assertEqual((self.get(path), self.get(self.at("new"))), (b"two", b"n"))
        self.assertEqual(sorted(os.listdir(self.home)), ["new", "note.txt"])

    def test_saving_through_a_link_keeps_the_link(self):
        """The file it leads to is written."""
        path = self.put("real.txt", b"one")
        os.symlink("real.txt", self.at("link.txt"))
        self.link.save(self.at("link.txt"), b"two")
        self.assertEqual((os.readlink(self.at("link.txt")), self.get(path)), ("real.txt", b"two"))

    def test_a_full_disk_leaves_what_was_there(self):
        """On a file system of its own size, if one may be mounted."""
        small = self.at("small")
        os.mkdir(small)
        if subprocess.call(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], stderr=subprocess.DEVNULL):
            self.skipTest("nothing may be mounted here")
        self.addCleanup(subprocess.call, ["umount", "-l", small])
        path = self.put("small/file", b"old")
        with self.assertRaises(Refused) as caught:
            self.link.save(path, b"x" * 1_000_000)
        self.assertEqual((caught.exception.code, self.get(path)), ("full", b"old"))
        self.assertEqual(os.listdir(small), ["file"])
        big = self.put("big", b"y" * 1_000_000)
        outcome = self.link.ask("operate", operation={"do": "move", "from": [big], "to": small})
        self.assertEqual([found["code"] for found in outcome["problems"]], ["full"])
        self.assertEqual((os.listdir(small), os.path.exists(big)), (["file"], True))
        # the trash is on the file system of what is thrown away, and what is there comes back
        thrown = self.link.do(do="trash", paths=[path])
        self.assertEqual(os.path.dirname(thrown["done"][0]), os.path.join(small, ".ansatz-trash", "files"))
        self.link.do(**thrown["undo"])
        self.assertEqual(self.get(path), b"old")
        # to another file system and back
        moved = self.link.do(do="move", **{"from": [path], "to": self.home})
        self.assertEqual(self.get(self.at("file")), b"old")
        self.link.do(**moved["undo"])
        self.assertEqual((self.get(path), os.path.exists(self.at("file"))), (b"old", False))


class OperationTest(FilesCase):
    """What people do, and how it is taken back."""

    def tree(self):
        """Every path below the home folder, the trash aside."""
        return sorted(os.path.relpath(os.path.join(folder, name), self.home)
                      for folder, folders, names in os.walk(self.home) for name in folders + names
                      if ".ansatz-trash" not in os.path.join(folder, name))

    def test_everything_can_be_undone(self):
        """Each operation and its undo leave what was there."""
        self.put("a/one.txt", b"1")
        self.put("a/two.txt", b"2")
        self.put("b/other.txt", b"3")
        os.symlink("/etc/passwd", self.at("a", "link"))
        before = self.tree()
        for operation, seen in [
            ({"do": "folder", "path": self.at("new")}, "new"),
            ({"do": "file", "path": self.at("a", "new.txt")}, "a/new.txt"),
            ({"do": "rename", "from": self.at("a"), "to": self.at("c")}, "c/one.txt"),
            ({"do": "move", "from": [self.at("a", "one.txt"), self.at("a", "link")], "to": self.at("b")}, "b/one.txt"),
            ({"do": "copy", "from": [self.at("a")], "to": self.at("b")}, "b/a/two.txt"),
            ({"do": "copy", "from": [self.at("a", "one.txt")], "to": self.at("a")}, "a/one (copy).txt"),
            ({"do": "trash", "paths": [self.at("a", "one.txt"), self.at("b")]}, "a/two.txt"),
        ]:
            outcome = self.link.do(**operation)
            self.assertIn(seen, self.tree())
            self.assertNotEqual(self.tree(), before)
            self.link.do(**outcome["undo"])
            self.assertEqual(self.tree(), before, operation)
        self.assertEqual(stat.S_IMODE(os.stat(self.at(".ansatz-trash")).st_mode), 0o700)
        changed = self.link.do(do="mode", path=self.at("a", "one.txt"), mode=0o600)
        self.assertEqual(stat.S_IMODE(os.stat(self.at("a", "one.txt")).st_mode), 0o600)
        self.assertEqual(changed["undo"]["do"], "mode")
        self.assertIsNone(self.link.do(do="delete", paths=[self.at("a")])["undo"])
        self.assertEqual(self.tree(), ["b", "b/other.txt"])

    def test_nothing_is_overwritten(self):
        """A name that exists is a problem of its own, and the others go on."""
        self.put("a", b"a")
        self.put("b", b"b")
        self.put("d/a", b"inner")
        os.mkdir(self.at("empty"))
        for operation in [{"do": "rename", "from": self.at("a"), "to": self.at("b")},
                          {"do": "rename", "from": self.at("d"), "to": self.at("empty")},
                          {"do": "file", "path": self.at("a")}, {"do": "folder", "path": self.at("d")},
                          {"do": "copy", "from": [self.at("a")], "to": self.at("d")},
                          {"do": "move", "from": [self.at("a")], "to": self.at("d")}]:
            outcome = self.link.ask("operate", operation=operation)
            self.assertEqual([found["code"] for found in outcome["problems"]], ["exists"], operation)
            self.assertIsNone(outcome["undo"])
        outcome = self.link.ask("operate", operation={"do": "move", "from": [self.at("a"), self.at("b")], "to": self.at("d")})
        self.assertEqual((outcome["done"], len(outcome["problems"])), ([self.at("d", "b")], 1))
        self.assertEqual((self.get(self.at("a")), self.get(self.at("d", "a"))), (b"a", b"inner"))

    def test_a_folder_does_not_go_into_itself(self):
        """Not even by a link."""
        self.put("d/inner/file")
        os.symlink("d/inner", self.at("way"))
        for do in ("move", "copy"):
            for to in (self.at("d", "inner"), self.at("d"), self.at("way")):
                if (do, to) == ("copy", self.at("d")):
                    continue
                outcome = self.link.ask("operate", operation={"do": do, "from": [self.at("d")], "to": to})
                self.assertEqual([found["code"] for found in outcome["problems"]], ["bad-name"], (do, to))

    def test_links_are_not_followed(self):
        """Throwing away and deleting act on the link alone; what it leads to stays."""
        outside = os.path.join(self.top, "outside")
        os.mkdir(outside)
        with open(os.path.join(outside, "precious"), "w") as file:
            file.write("p")
        os.mkdir(self.at("d"))
        for name in ("one", "two", "d/three"):
            os.symlink(outside, self.at(name))
        self.link.do(do="trash", paths=[self.at("one")])
        self.link.do(do="delete", paths=[self.at("two"), self.at("d")])
        self.assertEqual((self.tree(), os.listdir(outside)), ([], ["precious"]))

    def test_names(self):
        """What no entry may be called."""
        for name in ("..", ".", "a/../..", "x" * 300, "nul\0"):
            outcome = self.link.ask("operate", operation={"do": "folder", "path": self.home + "/" + name})
            self.assertEqual([found["code"] for found in outcome["problems"]], ["bad-name"], name)
        self.link.do(do="folder", path=self.at(ODD))
        self.link.do(do="rename", **{"from": self.at(ODD), "to": self.at(ODD + "2")})
        self.assertEqual(os.listdir(os.fsencode(self.home)), [os.fsencode(ODD + "2")])


class UploadTest(FilesCase):
    """Bytes that come in pieces."""

    def append(self, upload, offset, *pieces, **params):
        """One piece of an upload."""
        number = self.link.post("append", path=self.at("big.bin"), upload=upload, offset=offset, **params)
        self.link.give(number, *pieces)
        return self.link.answer(number)[0]

    def test_an_upload_that_is_cut_goes_on(self):
        """By the same worker and by another one; the file has its name only when it is whole."""
        data = os.urandom(1_500_000)
        plan = {"path": self.at("big.bin"), "size": len(data), "modified": 1_000_000_000.5}
        begun = self.link.ask("upload", **plan)
        self.assertEqual(begun["offset"], 0)
        number = self.link.post("append", path=self.at("big.bin"), upload=begun["upload"], offset=0)
        self.link.give(number, data[:600_000], end=False)
        until(lambda: any(os.path.getsize(self.at(name)) >= 600_000 for name in os.listdir(self.home)))
        self.link.process.kill()
        self.link.close()
        self.link = self.worker()
        again = self.link.ask("upload", **plan)
        self.assertEqual((again["upload"], again["offset"]), (begun["upload"], 600_000))
        self.assertNotIn("big.bin", os.listdir(self.home))
        with self.assertRaises(Refused) as caught:
            self.append(begun["upload"], 0, b"wrong place")
        self.assertEqual((caught.exception.code, caught.exception.error["offset"]), ("offset", 600_000))
        self.assertEqual(self.append(begun["upload"], 600_000, data[600_000:1_000_000]), {"offset": 1_000_000, "done": False})
        self.assertEqual(self.append(begun["upload"], 1_000_000, data[1_000_000:]), {"offset": 1_500_000, "done": True})
        self.assertEqual((self.get(self.at("big.bin")), os.listdir(self.home)), (data, ["big.bin"]))
        self.assertEqual(int(os.stat(self.at("big.bin")).st_mtime), 1_000_000_000)

    def test_what_is_there_is_kept(self):
        """Unless it is to be replaced; what came meanwhile counts too."""
        self.put("big.bin", b"old")
        self.refused("exists", "upload", path=self.at("big.bin"), size=3)
        begun = self.link.ask("upload", path=self.at("big.bin"), size=3, replace=True)
        self.assertTrue(self.append(begun["upload"], 0, b"new")["done"])
        self.assertEqual(self.get(self.at("big.bin")), b"new")
        self.link.do(do="delete", paths=[self.at("big.bin")])
        begun = self.link.ask("upload", path=self.at("big.bin"), size=3)
        self.put("big.bin", b"mine")
        with self.assertRaises(Refused) as caught:
            self.append(begun["upload"], 0, b"new")
        self.assertEqual((caught.exception.code, self.get(self.at("big.bin"))), ("exists", b"mine"))

    def test_abandoned_ones_go(self):
        """After a week; a younger one stays. One that is given up goes at once."""
        for name, days in ((".a.0123456789abcdef.ansatz-part", 8), (".b.0123456789abcdef.ansatz-part", 6)):
            path = self.put(name)
            os.utime(path, (time.time() - days * 86400,) * 2)
        begun = self.link.ask("upload", path=self.at("big.bin"), size=3)
        self.assertEqual(len(os.listdir(self.home)), 2)
        self.link.ask("upload-drop", path=self.at("big.bin"), upload=begun["upload"])
        self.assertEqual(os.listdir(self.home), [".b.0123456789abcdef.ansatz-part"])
        self.refused("missing", "upload-offset", path=self.at("big.bin"), upload=begun["upload"])
        self.refused("missing", "upload-offset", path=self.at("big.bin"), upload="../../etc/passwd")


class StreamTest(FilesCase):
    """Archives, searches, watches, previews."""

    def test_zip(self):
        """Whole folders, names of any bytes, links as links, what cannot be read named."""
        self.put("d/a.txt", b"a" * 100_000)
        self.put("d/sub/b.bin", os.urandom(700_000))
        self.put("d/" + ODD, b"odd")
        os.utime(self.at("d", "a.txt"), (0, 0))
        os.symlink("/etc", self.at("d", "etc"))
        data = self.link.bytes("zip", paths=[self.at("d")])
        with zipfile.ZipFile(io.BytesIO(data)) as found:
            self.assertIsNone(found.testzip())
            names = found.namelist()
            self.assertEqual(found.read("d/sub/b.bin"), self.get(self.at("d", "sub", "b.bin")))
            self.assertEqual(found.read("d/etc"), b"/etc")
            self.assertFalse([name for name in names if name.startswith("d/etc/")])
            self.assertIn("d/sub/", names)
            self.assertEqual(len(names), 6)
        self.assertLess(len(data), 750_000)
        self.refused("missing", "zip", paths=[self.at("nothing")])

    def test_search(self):
        """By name, by pattern, by text with and without case; binary files and links are passed by."""
        self.put("a/Notes.txt", "first\nThe \u00c4nsatz here\nlast ansatz\n".encode())
        self.put("a/b/data.bin", b"\0ansatz")
        self.put("a/b/code.py", b"x = 1\n" * 1000 + b"ansatz()\n")
        os.symlink("/", self.at("a", "root"))

        def hits(**question):
            result, parts = self.link.answer(self.link.post("search", path=self.home, **question))
            self.assertFalse(result["cut"])
            return {os.path.relpath(hit["path"], self.home): hit for part in parts for hit in part["part"]["hits"]}
        self.assertEqual(sorted(hits(name="notes")), ["a/Notes.txt"])
        self.assertEqual(sorted(hits(name="notes", case=True)), [])
        self.assertEqual(sorted(hits(name="*.[pb]*")), ["a/b/code.py", "a/b/data.bin"])
        found = hits(text="ANSATZ")
        self.assertEqual({name: hit["lines"] for name, hit in found.items()},
                         {"a/Notes.txt": [{"line": 3, "text": "last ansatz"}], "a/b/code.py": [{"line": 1001, "text": "ansatz()"}]})
        self.assertEqual([line["line"] for line in hits(text="\u00e4NSATZ")["a/Notes.txt"]["lines"]], [2])
        self.assertEqual(hits(text="ANSATZ", case=True), {})
        self.refused("bad-params", "search", path=self.home)

    def test_a_search_is_given_up(self):
        """It ends although nobody reads what it found."""
        for number in range(300):
            self.put("%d/file" % number)
        number = self.link.post("search", path="/usr", name="e", credit=1)
        self.link.write({"id": number, "cancel": True})
        with self.assertRaises(Refused) as caught:
            self.link.answer(number)
        self.assertEqual(caught.exception.code, "cancelled")

    def test_watch(self):
        """What others do in the folder is told, also where inotify is not asked."""
        os.mkdir(self.at("d"))
        self.link.ask("watch", path=self.at("d"))
        self.put("d/new")
        self.assertEqual(self.link.event(), {"event": "folder", "path": self.at("d"), "bytes": b""})
        self.link.ask("unwatch", path=self.at("d"))
        self.link.ask("watch", path="~")
        self.put("other")
        self.assertEqual(self.link.event()["path"], "~")
        self.refused("missing", "watch", path=self.at("nothing"))

    def test_fits(self):
        """Keywords with their values and comments, header after header, over the data between."""
        def header(*cards):
            return "".join(card.ljust(80) for card in (*cards, "END")).ljust(2880).encode()
        data = header("SIMPLE  =                    T / standard", "BITPIX  =                  -32", "NAXIS   =                    2",
                      "NAXIS1  =                  100", "NAXIS2  =                   50", "OBJECT  = 'O''Neill  '         / who",
                      "EXPTIME =              1.5D+01", "COMMENT some words")
        data += b"\0" * (100 * 50 * 4) + b"\0" * (-(100 * 50 * 4) % 2880)
        data += header("XTENSION= 'BINTABLE'", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 10", "NAXIS2  = 3", "PCOUNT  = 7", "GCOUNT  = 1")
        path = self.put("x.fits", data + b"\0" * 2880)
        first, second = self.link.ask("preview", path=path, kind="fits")["headers"]
        self.assertEqual(first["cards"][0], ["SIMPLE", True, "standard"])
        self.assertEqual(first["cards"][5:8], [["OBJECT", "O'Neill", "who"], ["EXPTIME", 15.0, ""], ["COMMENT", None, "some words"]])
        self.assertEqual((first["data"], second["cards"][0], second["data"]), (20000, ["XTENSION", "BINTABLE", ""], 37))
        self.refused("other", "preview", path=self.put("no.fits", b"x" * 4000), kind="fits")

    def test_tables(self):
        """CSV and TSV by ourselves; a Parquet file without the packages says which are missing."""
        path = self.put("t.csv", 'a;b\n1;"x;\ny"\n'.encode() + b"2;z\n" * 400)
        found = self.link.ask("preview", path=path, kind="table")
        self.assertEqual((found["columns"], found["rows"][0], found["more"], found["delimiter"]), (["a", "b"], ["1", "x;\ny"], True, ";"))
        error = self.refused("no-module", "preview", path=self.put("t.parquet", b"PAR1"), kind="table", pythons=["/nonexistent/python"])
        self.assertIn("pyarrow", error["message"])
        self.refused("no-module", "preview", path=self.put("t.h5"), kind="hdf5", pythons=["/bin/sh"])

    def test_a_file_of_data_is_read_by_a_python_that_can(self):
        """The package is a stand-in that is on the path of that Python alone."""
        self.put("lib/h5py.py", b"""
class Dataset: pass
class Group: attrs = {"made": "by hand"}
class File(Group):
    def __init__(self, path, mode): self.path = path
    def __enter__(self): return self
    def __exit__(self, *rest): pass
    def visititems(self, visit):
        data = Dataset(); data.shape, data.dtype, data.chunks, data.compression = (3, 4), "float32", None, "gzip"
        data.attrs = {"unit": b"GeV", "nan": float("nan")}
        visit("events/pt", data)
""")
        self.put("bin/python3", ("#!/bin/sh\nPYTHONPATH=%s exec %s \"$@\"\n" % (self.at("lib"), sys.executable)).encode())
        os.chmod(self.at("bin", "python3"), 0o755)
        nodes = self.link.ask("preview", path=self.put(ODD + ".h5"), kind="hdf5", pythons=["~/bin/python3"])["nodes"]
        self.assertEqual(nodes, [{"path": "/", "type": "group", "attributes": {"made": "by hand"}},
                                 {"path": "/events/pt", "type": "dataset", "shape": [3, 4], "dtype": "float32", "chunks": None,
                                  "compression": "gzip", "attributes": {"unit": "GeV", "nan": "nan"}}])


class WorkerTest(FilesCase):
    """The process itself."""

    def test_it_ends_with_its_input(self):
        """Whatever is being done."""
        self.link.post("read", path=self.put("data", b"x" * 9_000_000), credit=1)
        self.assertEqual(self.link.close(), 0)

    def test_f22_a_call_that_hangs_is_answered_and_others_go_on(self):
        """A FUSE file system whose server is stopped is what a network disk is when its server is gone."""
        try:
            folder, helper = hanging(self)
        except OSError as fault:
            self.skipTest("no FUSE here: %s" % fault)
        self.put("file", b"here")
        number = self.link.post("list", path=folder)
        self.assertEqual(self.link.bytes("read", path=self.at("file")), b"here")
        began = time.monotonic()
        with self.assertRaises(Refused) as caught:
            self.link.answer(number)
        self.assertEqual(caught.exception.code, "slow")
        self.assertLess(time.monotonic() - began, 30)
        # neither the mount nor a link into it hangs the folder it is in
        os.symlink(os.path.join(folder, "x"), self.at("way"))
        names = [name for part in self.link.parts("list", path=self.home) for name in part["part"]["names"]]
        self.assertEqual(sorted(names), ["file", "hangs", "way"])
        self.assertEqual(self.link.bytes("read", path=self.at("file")), b"here")
        helper()


def hanging(case):
    """A mounted file system that never answers: (folder, way to end it). Nobody reads its requests."""
    import ctypes
    folder = case.at("hangs")
    os.mkdir(folder)
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    libc = ctypes.CDLL(None, use_errno=True)
    options = "fd=%d,rootmode=40000,user_id=0,group_id=0" % device
    if libc.mount(b"hangs", folder.encode(), b"fuse", 0, options.encode()):
        number = ctypes.get_errno()
        os.close(device)
        raise OSError(number, os.strerror(number))

    def end():
        libc.umount2(folder.encode(), 2)  # lazily
        os.close(device)  # ends every call that waits
    case.addCleanup(libc.umount2, folder.encode(), 2)
    return folder, end


if __name__ == "__main__":
    unittest.main()
