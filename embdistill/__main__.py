"""python -m embdistill"""

import sys
from importlib.util import find_spec

# In a clone, Python takes this folder even if the package is installed elsewhere; and kernels/ is not inside it.
if find_spec("embdistill.kernels") is None:
    print(f"embdistill: {__file__}: its clone is not installed; run `pip install -e .` there", file=sys.stderr)
    sys.exit(2)

# Beside a clone of the same name, Python takes the clone for a package without __init__.py.
if find_spec("embdistill").origin is None:
    folder = find_spec("embdistill").submodule_search_locations[0]
    print(f"embdistill: {folder}: Python takes this folder for the package; go to another folder", file=sys.stderr)
    sys.exit(2)

from embdistill.cli import main

sys.exit(main())
