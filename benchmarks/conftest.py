"""Benchmarks assert their result before they time it; the references are those of the tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
