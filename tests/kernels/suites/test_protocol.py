"""jupyter_kernel_test, the tests that authors of kernels run, for each kernel behind the gateway.

`without` names the tests for which a kernel offers nothing, and why; every other test has its sample here.
"""
import unittest

import jupyter_kernel_test
from jupyter_client.kernelspec import find_kernel_specs


class Behind(jupyter_kernel_test.KernelTests):
    """One kernel behind the gateway. `without`: test and reason."""

    without = {}

    @classmethod
    def setUpClass(cls):
        """Starts the kernel where there is one."""
        if cls.kernel_name not in find_kernel_specs():
            raise unittest.SkipTest("the gateway finds no kernel %s" % cls.kernel_name)
        super().setUpClass()

    def setUp(self):
        """A test that does not apply says so."""
        reason = self.without.get(self._testMethodName)
        if reason:
            self.skipTest(reason)


class Python(Behind):
    """What every kernel for Python can do."""

    language_name = "python"
    file_extension = ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('test', file=sys.stderr)"
    completion_samples = [{"text": "zi", "matches": {"zip"}}]
    complete_code_samples = ["1", "print('hello, world')", "def f(x):\n  return x*2\n\n\n"]
    incomplete_code_samples = ["print('''hello", "def f(x):\n  x*2"]
    invalid_code_samples = ["import = 7q"]
    code_page_something = "zip?"
    code_generate_error = "raise"
    code_execute_result = [
        {"code": "1+2+3", "result": "6"},
        {"code": "[n*n for n in range(1, 4)]", "result": "[1, 4, 9]"},
    ]
    code_display_data = [
        {"code": "from IPython.display import HTML, display; display(HTML('<b>test</b>'))", "mime": "text/html"},
        {"code": "from IPython.display import Math, display; display(Math('\\\\frac{1}{2}'))", "mime": "text/latex"},
    ]
    code_history_pattern = "1?2*"
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output; clear_output()"


class TestNewestIpykernel(Python):
    kernel_name = "ipykernel"
    # Not "range": IPython gives entries of the running session the session number 0, which the test does not expect.
    supported_history_operations = ("tail", "search")


class TestOldestIpykernel(TestNewestIpykernel):
    kernel_name = "oldest"


class TestPlainPython(Python):
    kernel_name = "plain"
    supported_history_operations = ("tail", "range", "search")
    code_display_data = [{"code": "display({'text/html': '<b>test</b>'}, raw=True)", "mime": "text/html"}]
    code_clear_output = "clear_output()"


class TestR(Behind):
    kernel_name = "ir"
    language_name = "R"
    file_extension = ".r"
    code_hello_world = "cat('hello, world\\n')"
    code_stderr = "message('test')"
    completion_samples = [{"text": "zi", "matches": {"zip"}}, {"text": "seq_len(", "matches": {"length.out = "}}]
    complete_code_samples = ["1", "print('hello, world')", "f <- function(x) {x*2}"]
    incomplete_code_samples = ["print('hello", "f <- function(x) {x"]
    invalid_code_samples = ["raise = 7q"]
    code_page_something = "?cat"
    code_generate_error = "stop('test')"
    code_display_data = [
        {"code": "1+2+3", "mime": "text/plain"},
        {"code": "IRdisplay::display_html('<b>test</b>')", "mime": "text/html"},
    ]
    code_inspect_sample = "cat"
    code_clear_output = "IRdisplay::clear_output()"
    without = {
        "test_execute_result": "IRkernel shows values as display_data",
        "test_history": "IRkernel keeps no history",
    }


class TestBash(Behind):
    kernel_name = "bash"
    language_name = "bash"
    file_extension = ".sh"
    code_hello_world = "echo 'hello, world'"
    completion_samples = [{"text": "ech", "matches": {"echo"}}]
    code_generate_error = "false"
    code_display_data = [{"code": "echo '<b>test</b>' | displayHTML", "mime": "text/html"}]
    without = {
        "test_execute_stderr": "bash_kernel reads one terminal, in which both streams are one",
        "test_execute_result": "a shell has no values to show",
        "test_is_complete": "bash_kernel answers unknown",
        "test_pager": "bash_kernel has no pager",
        "test_history": "bash_kernel keeps no history",
        "test_inspect": "bash_kernel finds nothing to inspect",
        "test_clear_output": "bash_kernel has no command for it",
    }


class TestXeusPython(Python):
    kernel_name = "xpython"
    # Neither "range" nor "search": with the kernel alone, without the gateway, the test fails for both.
    supported_history_operations = ("tail",)


del Behind, Python  # they are no tests themselves
