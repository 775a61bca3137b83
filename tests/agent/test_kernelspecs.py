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
        self.assertEqual(specs[folder, "python3"]["argv"], [os.path.join(folder, "bin", "python"), "-m", "x"])

    def test_environment_with_ipykernel_only(self):
        """A kernelspec is made up and works."""
        folder = self.new_environment(packages=True)
        specs, _ = self.find(folder)
        link = self.link()
        self.start(link, argv=specs[folder, "python3"]["argv"])
        link.agent("started")
        self.assertEqual(text(link.run("k", "import sys; print(sys.prefix)")), folder + "\n")

    def test_environment_without_ipykernel(self):
        """Nothing to start there."""
        folder = self.new_environment()
        self.assertFalse([key for key in self.find(folder)[0] if key[0]])
