"""Paths that lead where they should not: refused by the worker, whatever they look like."""
import os
import threading
import unittest

from files_harness import FilesCase, Refused

METHODS = ("list", "stat", "read", "zip", "search", "watch", "save", "upload", "mode", "folder", "rename", "trash", "delete",
           "copy", "move")


class ConfinedTest(FilesCase):
    """Calls with a root: a bound notebook, a published folder."""

    def setUp(self):
        super().setUp()
        self.put("site/inner/page.txt", b"page")
        self.put("site-secret/key", b"secret")
        self.put("secret", b"secret")
        self.put("site/%2e%2e/odd", b"odd")
        os.symlink("../site-secret", self.at("site", "out"))
        os.symlink("../secret", self.at("site", "out-file"))
        os.symlink("inner", self.at("site", "in"))
        os.symlink("/", self.at("site", "top"))
        os.symlink("loop", self.at("site", "loop"))
        self.root = self.at("site")
        self.before = self.everything()

    def everything(self):
        """Each path outside the root with what is in it."""
        found = {}
        for folder, _, names in os.walk(self.home):
            if not (folder + "/").startswith(self.root + "/"):
                for name in names:
                    with open(os.path.join(folder, name), "rb") as file:
                        found[os.path.join(folder, name)] = file.read()
        return found

    def attempt(self, method, path):
        """One call with a path and the root; what it answers."""
        if method in ("folder", "trash", "delete", "copy", "move", "rename", "mode"):
            operation = {"folder": {"path": path}, "mode": {"path": path, "mode": 0o777}, "trash": {"paths": [path]},
                         "delete": {"paths": [path]}, "copy": {"from": [path], "to": self.root},
                         "move": {"from": [path], "to": self.root},
                         "rename": {"from": path, "to": os.path.join(self.root, "stolen")}}[method]
            outcome = self.link.ask("operate", operation=dict(operation, do=method), root=self.root)
            if outcome["problems"]:
                raise Refused(outcome["problems"][0])
            return outcome
        if method == "save":
            number = self.link.post("save", path=path, root=self.root)
            self.link.give(number, b"mine")
            return self.link.answer(number)
        more = {"zip": {"paths": [path]}, "search": {"path": path, "name": "e"}, "upload": {"path": path, "size": 1}}
        return self.link.answer(self.link.post(method, root=self.root, **more.get(method, {"path": path})))

    def test_the_table(self):
        """Every way out, with every method: refused, and nothing outside is another than before."""
        ways = ["..", "../secret", "inner/../../secret", "/etc/passwd", "/", "~", "~/secret", self.at("secret"), self.home,
                self.at("site-secret", "key"), self.at("site", "..", "secret"), "../site-secret/key", "out/key",
                self.at("site", "out", "key"), "top/etc/passwd", "loop/x", "inner/\0../../secret", "", "..\0",
                "x" * 5000 + "/../../secret", "/".join(["x" * 200] * 30), "inner/" + "../" * 40 + "etc/passwd", "\udcff\udcfe/../..",
                "\ud800", "%2e%2e/../secret", "inner/page.txt/../../../secret", "./../secret", "//etc/passwd", 7, None, ["a"]]
        for way in ways:
            for method in METHODS:
                with self.subTest(way=str(way)[:60].encode("ascii", "backslashreplace"), method=method):
                    if way in ("~", "~/secret") and method in ("save", "upload", "folder"):
                        continue  # with a root it is a name like any other
                    with self.assertRaises(Refused) as caught:
                        self.attempt(method, way)
                    self.assertIn(caught.exception.code, ("denied", "bad-name", "missing", "not-a-folder", "other", "bad-params"))
        self.assertEqual(self.everything(), self.before)

    def test_links_out_are_not_followed_but_are_entries(self):
        """Reading what they lead to is refused; to throw them away is not."""
        for method in ("read", "save", "list"):
            with self.assertRaises(Refused) as caught:
                self.attempt(method, "out-file")
            self.assertEqual(caught.exception.code, "denied")
        self.attempt("delete", "out-file")
        self.assertFalse(os.path.lexists(self.at("site", "out-file")))
        self.assertEqual(self.everything(), self.before)

    def test_what_is_inside_is_reached(self):
        """Relative, absolute, by a link within, and by a name that only looks like a way out."""
        for path in ("inner/page.txt", self.at("site", "inner", "page.txt"), "in/page.txt"):
            self.assertEqual(self.link.bytes("read", path=path, root=self.root), b"page")
        self.assertEqual(self.link.bytes("read", path="%2e%2e/odd", root=self.root), b"odd")
        self.assertEqual(self.link.bytes("read", path="inner/page.txt", root="~/site"), b"page")

    def test_a_folder_is_swapped_for_a_link(self):
        """Again and again while it is read, saved and deleted through: what is outside is never seen nor touched."""
        self.put("site/inner/key", b"inside")
        over = threading.Event()

        def swap():
            inner, kept = self.at("site", "inner"), self.at("site", "kept")
            while not over.is_set():
                os.rename(inner, kept)
                os.symlink(self.at("site-secret"), inner)
                os.unlink(inner)
                os.rename(kept, inner)
        thread = threading.Thread(target=swap)
        thread.start()
        try:
            refused = reached = 0
            for turn in range(300):
                try:
                    if turn % 3 == 0:
                        self.assertEqual(self.link.bytes("read", path="inner/key", root=self.root), b"inside")
                    elif turn % 3 == 1:
                        self.link.save("inner/key", b"inside", root=self.root)
                    else:
                        self.link.ask("operate", operation={"do": "delete", "paths": [self.at("site", "inner", "nothing")]})
                    reached += 1
                except Refused:
                    refused += 1
        finally:
            over.set()
            thread.join()
        self.assertTrue(refused and reached, (refused, reached))
        self.assertEqual(self.everything(), self.before)


class FreeTest(FilesCase):
    """Calls without a root may go where the account may, but only along what they were given."""

    def test_what_is_no_path(self):
        """With each method that takes one."""
        for path in ("", "relative", "../x", "a\0b", "/a\0b", "\ud800", "/" + "x" * 30000, None, 7, "~nobody/x"):
            for method in ("list", "stat", "read", "watch", "preview", "upload"):
                with self.subTest(path=str(path)[:40].encode("ascii", "backslashreplace"), method=method):
                    with self.assertRaises(Refused) as caught:
                        self.link.ask(method, path=path, kind="fits", size=1)
                    self.assertIn(caught.exception.code, ("bad-name", "bad-params"))

    def test_long_names(self):
        """A name at the limit works, also for what is made beside it; one above is refused."""
        name = "\u00e4" * 127 + "x"
        self.link.save(self.at(name), b"long")
        begun = self.link.ask("upload", path=self.at("\u00f6" * 127), size=4)
        number = self.link.post("append", path=self.at("\u00f6" * 127), upload=begun["upload"], offset=0)
        self.link.give(number, b"long")
        self.assertTrue(self.link.answer(number)[0]["done"])
        thrown = self.link.do(do="trash", paths=[self.at(name)])
        self.link.do(**thrown["undo"])
        self.assertEqual(self.get(self.at(name)), b"long")
        self.refused("bad-name", "stat", path=self.at("x" * 256))

    def test_the_trash_of_somebody_else_is_not_used(self):
        """A folder of that name which others can enter might be a trap."""
        os.mkdir(self.at(".ansatz-trash"), 0o777)
        os.chmod(self.at(".ansatz-trash"), 0o777)
        path = self.put("file")
        outcome = self.link.ask("operate", operation={"do": "trash", "paths": [path]})
        self.assertEqual([found["code"] for found in outcome["problems"]], ["denied"])
        self.assertTrue(os.path.exists(path))

    def test_only_the_trash_restores(self):
        """An item elsewhere, or one whose note says something else, brings nothing anywhere."""
        path = self.put("file")
        for item in (path, self.at(".ansatz-trash", "files", "nothing"), self.at("x", ".ansatz-trash", "files", "..", "file")):
            outcome = self.link.ask("operate", operation={"do": "restore", "items": [item]})
            self.assertEqual(len(outcome["problems"]), 1)
        self.assertTrue(os.path.exists(path))


if __name__ == "__main__":
    unittest.main()
