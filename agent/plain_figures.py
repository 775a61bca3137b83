"""Matplotlib's figures below the cell, without importing matplotlib before the user does.

The kernel installs a finder: when the user imports matplotlib, this module becomes its backend, unless MPLBACKEND
names another; matplotlib.use() works as ever. Set in the environment instead, the backend would be looked for in
vain by every script the user starts.
"""
import base64
import importlib.machinery
import io
import os
import sys

_NAME = "plain_backend"
_state = {"screen": None}


class _Finder:
    """Finds our backend for matplotlib, and matplotlib in order to tell it of our backend."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == _NAME:
            return importlib.machinery.PathFinder.find_spec(name, [os.path.dirname(os.path.abspath(__file__))])
        if name != "matplotlib" or os.environ.get("MPLBACKEND"):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            module.rcParams["backend"] = "module://" + _NAME
        spec.loader.exec_module = exec_module
        return spec


def install(screen):
    """Prepares for the day when matplotlib is imported."""
    _state["screen"] = screen
    sys.meta_path.insert(0, _Finder)


def drawn(figure):
    """True when there is anything on a figure."""
    return bool(figure.axes or figure.lines or figure.texts or figure.images or figure.patches or figure.legends)


def png(value):
    """A matplotlib figure as base64, None for anything else."""
    module = sys.modules.get("matplotlib.figure")
    if module is None or not isinstance(value, getattr(module, "Figure", ())):
        return None
    file = io.BytesIO()
    value.canvas.print_figure(file, format="png", dpi=value.dpi, facecolor=value.get_facecolor(),
                              edgecolor=value.get_edgecolor(), bbox_inches="tight")
    return base64.b64encode(file.getvalue()).decode("ascii")


def show_all(screen=None):
    """Shows what pyplot has open and closes it, when our backend is in use."""
    backend = sys.modules.get(_NAME)
    if backend is not None:
        backend.show_open(screen or _state["screen"])
