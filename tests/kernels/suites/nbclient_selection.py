"""A pytest plugin for nbclient's own tests: which of them are about kernels, and a folder that kernels may write to."""
import os

import pytest
import report

LEFT_OUT = {
    "TestRunCell": "the kernel in it is a mock",
    "test_cli.py": "no kernel in it",
    "test_util.py": "no kernel in it",
    "test_constructor": "no kernel in it",
}


def pytest_collection_modifyitems(config, items):
    """Drops what has no kernel in it."""
    report.leave_out(config, items, lambda item: next(
        (reason for name, reason in LEFT_OUT.items() if name in item.nodeid), None))


@pytest.fixture(autouse=True)
def open_to_the_account(request):
    """The kernels run as another account than the tests, and some of both write to the test's own folder."""
    if "tmpdir" in request.fixturenames:
        folder = str(request.getfixturevalue("tmpdir"))
        os.chmod(folder, 0o777)
        for above in (os.path.dirname(folder), os.path.dirname(os.path.dirname(folder))):
            os.chmod(above, 0o755)
