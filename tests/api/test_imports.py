"""What importing the package brings, and what it needs."""

import subprocess
import sys
from importlib.metadata import version

import pytest

import embdistill


def test_the_package_imports_nothing_heavy_before_it_is_asked_to():
    program = "import sys; before = set(sys.modules); import embdistill; print(sorted(set(sys.modules) - before))"
    imported = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert imported == "['embdistill', 'embdistill.errors']\n"


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"embdistill.Classifier needs scikit-learn; pip install scikit-learn"):
        _ = embdistill.Classifier
    with pytest.raises(AttributeError, match="module 'embdistill' has no attribute 'Clasifier'"):
        _ = embdistill.Clasifier
    assert "Classifier" in dir(embdistill)


def test_its_version_is_that_of_the_package():
    assert embdistill.__version__ == version("embdistill") and "__version__" in dir(embdistill)
