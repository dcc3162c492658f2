"""What is shown, where: bars on a terminal and in a notebook, lines elsewhere, nothing in silence."""

import sys
from types import SimpleNamespace

import pytest

from embdistill.progress import TrainingProgress, bar, in_notebook, say, silent


@pytest.fixture
def notebook(monkeypatch):
    """IPython as it is in the kernel of a notebook."""
    shell = SimpleNamespace(config={"IPKernelApp": {}})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))


def test_a_notebook_gets_the_bar_of_tqdm_auto(notebook):
    from tqdm.auto import tqdm

    assert in_notebook()
    with bar(total=2) as shown:
        assert isinstance(shown, tqdm) and not shown.disable
    with silent(), bar(total=2) as hidden:
        assert hidden.disable


def test_elsewhere_there_is_no_bar_but_on_a_terminal(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not in_notebook()
    assert bar(total=2).disable
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with bar(total=2) as shown:
        assert not shown.disable
    with silent():
        assert bar(total=2).disable


def test_a_terminal_of_ipython_is_no_notebook(monkeypatch):
    shell = SimpleNamespace(config={"TerminalIPythonApp": {}})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert not in_notebook()


def test_silence_ends_with_its_block(capsys):
    with silent(), silent():
        say("inside")
        TrainingProgress("run", 2, 3, 0).close()
    say("outside")
    assert capsys.readouterr().err == "outside\n"
