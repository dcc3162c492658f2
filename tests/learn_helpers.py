"""What the tests of docs/learn share."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEARN = ROOT / "docs" / "learn"


def load(path: Path):
    """A Python file as a module, fresh at every call; docs/ is no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
