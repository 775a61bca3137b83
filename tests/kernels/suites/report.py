"""A pytest plugin: what became of each test, as JSON in the file ANSATZ_REPORT, and every reason in the open.

A test counts once, whatever its subtests. One that was left out of the collection counts as skipped, with its reason.
"""
import json
import os

_outcomes, _reasons = {}, {}


def leave_out(config, items, reason_of):
    """For a plugin of a suite: drops the tests for which `reason_of(item)` answers why."""
    reasons = {item.nodeid: reason_of(item) for item in items}
    dropped = [item for item in items if reasons[item.nodeid]]
    items[:] = [item for item in items if not reasons[item.nodeid]]
    for item in dropped:
        _outcomes[item.nodeid], _reasons[item.nodeid] = "skipped", reasons[item.nodeid]
    config.hook.pytest_deselected(items=dropped)


def pytest_runtest_logreport(report):
    """Every phase of a test and every subtest: one that failed makes the test fail; else the call itself decides."""
    name = report.nodeid
    if report.failed:
        _outcomes[name] = "failed"
    elif hasattr(report, "context"):  # a subtest
        if report.skipped:
            _reasons[name] = "in part: " + _reason(report)
    elif _outcomes.get(name) != "failed" and (report.skipped or report.when == "call"):
        _outcomes[name] = report.outcome
        if report.skipped:
            _reasons[name] = _reason(report)


def _reason(report):
    words = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return words[len("Skipped: "):] if words.startswith("Skipped: ") else words


def pytest_collectreport(report):
    """A file that cannot be read has failed."""
    if report.failed:
        _outcomes[report.nodeid] = "failed"


def pytest_sessionfinish(session, exitstatus):
    """Writes the file."""
    count = list(_outcomes.values()).count
    with open(os.environ["ANSATZ_REPORT"], "w", encoding="utf-8") as file:
        json.dump({"passed": count("passed"), "failed": count("failed"), "skipped": count("skipped"),
                   "reasons": _reasons}, file)
