"""Finding what can be started: registered kernels, named environments, and what is broken among them."""
import json
import os
import sys
import venv

from harness import AgentTest, text


class KernelspecsTest(AgentTest):
    """With a home folder of its own and a JUPYTER_PATH."""

    def setUp(self):
        """Nothing registered."""
        super().setUp()
        self.path = os.path.join(self.top, "jupyter")
        self.env.update(HOME=os.path.join(self.top, "home"), JUPYTER_PATH=self.path)
        for name in ("XDG_DATA_HOME", "JUPYTER_DATA_DIR", "CONDA_PREFIX", "VIRTUAL_ENV"):
            self.env.pop(name, None)

    def register(self, data, name, content):
        """Writes a kernel.json."""
        folder = os.path.join(data, "kernels", name)
        os.makedirs(folder)
        with open(os.path.join(folder, "kernel.json"), "w") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))

    def find(self, *environments):
        """(specs by (environment, name), problems)."""
        answer = self.link().call("kernelspecs", environments=list(environments))
        return {(spec["environment"], spec["name"]): spec for spec in answer["specs"]}, answer["problems"]

    def new_environment(self, packages=False):
        """A venv without anything, or one that sees the packages of the tests."""
        folder = os.path.join(self.top, "env with space")
        venv.create(folder, symlinks=True)
        if packages:
            site = os.path.join(folder, "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
            with open(os.path.join(site, "more.pth"), "w") as file:
                file.write("\n".join(path for path in sys.path if "site-packages" in path))
        return folder

    def test_registered(self):
        """All fields; values of env may refer to the environment; an earlier folder wins over a later one."""
        self.register(self.path, "ROOT", {"argv": ["root", "{resource_dir}/x", "{connection_file}"], "display_name": "ROOT",
                                          "language": "c++", "interrupt_mode": "message", "env": {"A": "${HOME}/a"}})
        self.register(os.path.join(self.env["HOME"], ".local/share/jupyter"), "root", {"argv": ["other"]})
        specs, problems = self.find()
        spec = specs[None, "root"]
        self.assertEqual(spec["argv"], ["root", self.path + "/kernels/ROOT/x", "{connection_file}"])
        self.assertEqual((spec["displayName"], spec["language"], spec["interruptMode"]), ("ROOT", "c++", "message"))
        self.assertEqual((spec["env"], problems), ({"A": self.env["HOME"] + "/a"}, []))

    def test_own_python(self):
        """The agent's own Python, which has ipykernel here, is among them and can be started."""
        specs, _ = self.find()
        own = os.path.dirname(os.path.abspath(sys.executable))
        spec = [spec for spec in specs.values() if os.path.dirname(spec["argv"][0]) == own][0]
        self.assertIn("ipykernel", " ".join(spec["argv"]))
        link = self.link()
        self.start(link, argv=spec["argv"], env=spec["env"])
        link.agent("started")
        self.assertEqual(text(link.run("k", "import sys; print(sys.prefix)")), sys.prefix + "\n")

    def test_broken_ones_are_told(self):
        """They do not hide the others."""
        for name, content in (("a", "{"), ("b", "[]"), ("c", {"argv": []}), ("d", {"argv": ["x"], "env": {"A": 1}})):
            self.register(self.path, name, content)
        self.register(self.path, "good", {"argv": ["good"]})
        specs, problems = self.find(os.path.join(self.top, "missing"))
        self.assertIn((None, "good"), specs)
        self.assertEqual([os.path.basename(os.path.dirname(p["path"])) for p in problems[:4]], ["a", "b", "c", "d"])
        self.assertEqual(problems[4]["path"], os.path.join(self.top, "missing"))
        self.assertTrue(all(problem["message"] for problem in problems))

    def test_environment_with_a_kernelspec(self):
        """`python` in it means the environment's."""
        folder = self.new_environment()
        self.register(os.path.join(folder, "share", "jupyter"), "python3", {"argv": ["python", "-m", "x"], "language": "python"})
        specs, _ = self.find(folder)
        spec, = [spec for (environment, _), spec in specs.items() if environment]
        self.assertEqual(spec["argv"], [os.path.join(folder, "bin", "python"), "-m", "x"])

    def test_environment_with_ipykernel_only(self):
        """A kernelspec is made up and works."""
        folder = self.new_environment(packages=True)
        spec, = [spec for (environment, _), spec in self.find(folder)[0].items() if environment]
        link = self.link()
        self.start(link, argv=spec["argv"])
        link.agent("started")
        self.assertEqual(text(link.run("k", "import sys; print(sys.prefix)")), folder + "\n")

    def test_environment_without_ipykernel(self):
        """Our plain kernel works there, with the environment's Python and under a name of its own."""
        folder = self.new_environment()
        specs, problems = self.find(folder)
        self.assertEqual(([key for key in specs if key[0]], problems), ([(folder, "ansatz-python-env-with-space")], []))
        spec = specs[folder, "ansatz-python-env-with-space"]
        self.assertEqual(spec["displayName"], "Python 3 (env with space, plain)")
        link = self.link()
        self.start(link, argv=spec["argv"])
        self.assertEqual(link.agent("started")["kernelInfo"]["implementation"], "ansatz-python")
        self.assertEqual(text(link.run("k", "import sys; print(sys.prefix)")), folder + "\n")

    def test_plain_kernel_is_the_last(self):
        """This machine's own specs end with it, whatever else there is."""
        self.register(self.path, "zzz", {"argv": ["z"], "language": "python"})
        names = [name for environment, name in self.find()[0] if environment is None]
        self.assertEqual((names[-1], "zzz" in names), ("ansatz-python", True))

    def test_names_are_unique(self):
        """A kernel is chosen by its name alone."""
        self.register(self.path, "python3", {"argv": ["python"], "language": "python"})
        folders = []
        for parent in ("a", "b"):
            folder = os.path.join(self.top, parent, "env")
            self.register(os.path.join(folder, "share", "jupyter"), "python3", {"argv": ["python"], "language": "python"})
            folders.append(folder)
        specs, _ = self.find(*folders)
        self.assertLessEqual({(None, "python3"), (folders[0], "python3-env"), (folders[1], "python3-env-2")}, set(specs))

    def test_python_that_does_not_work(self):
        """It is told."""
        folder = os.path.join(self.top, "broken")
        os.makedirs(os.path.join(folder, "bin"))
        with open(os.path.join(folder, "bin", "python"), "w") as file:
            file.write("#!/bin/sh\nexit 9\n")
        os.chmod(os.path.join(folder, "bin", "python"), 0o700)
        specs, problems = self.find(folder)
        self.assertFalse([key for key in specs if key[0]])
        self.assertEqual(problems, [{"path": folder, "message": "its Python does not work"}])
