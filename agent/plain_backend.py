"""A backend of matplotlib for the plain kernel: Agg, and show() that puts the figures below the cell.

Imported by matplotlib alone (see plain_figures); matplotlib is the only one that can be missing here.
"""
import importlib

import plain_figures

_agg = importlib.import_module("matplotlib.backends.backend_agg")
_bases = importlib.import_module("matplotlib.backend_bases")
_open = importlib.import_module("matplotlib._pylab_helpers").Gcf


class FigureManager(_bases.FigureManagerBase):
    """Without a window."""


class FigureCanvas(_agg.FigureCanvasAgg):
    """Agg's."""

    manager_class = FigureManager


def show(*arguments, **options):
    """plt.show(): at once, and never blocking."""
    plain_figures.show_all()


def show_open(screen):
    """Shows pyplot's figures in the order they were made in, and closes them."""
    try:
        for manager in _open.get_all_fig_managers():
            if plain_figures.drawn(manager.canvas.figure):
                screen.display(manager.canvas.figure)
    finally:
        _open.destroy_all()
