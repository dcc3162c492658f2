"""The C extensions and the place of the kernels; everything else stands in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import Extension, find_packages, setup

LIMITED_API = "0x030b0000"  # one binary for Python 3.11 and every newer one


def _extension(name, *sources, folder=None):
    """The extension `name` from its C files, rebuilt when any C file in their folder changes (or in `folder`)."""
    folder = Path(folder or Path(sources[0]).parent)
    return Extension(
        name,
        sources=list(sources),
        depends=[str(path) for path in folder.rglob("*.[ch]")],
        include_dirs=[str(folder)],
        define_macros=[("Py_LIMITED_API", LIMITED_API)],
        # The loops over weights are vectorised well by gcc's -O3 only, and some Pythons are built with -O2; MSVC knows
        # `restrict` from C11 on.
        extra_compile_args=["/std:c11"] if sys.platform == "win32" else ["-O3"],
        py_limited_api=True,
    )


KERNELS = ["embdistill.kernels", *(f"embdistill.kernels.{name}" for name in find_packages("kernels"))]
BINDING = sorted(map(str, Path("kernels/runtime/python").glob("*.c")))

setup(
    packages=[*find_packages(include=["embdistill", "embdistill.*"]), *KERNELS],
    # kernels/ stands at the top of the repository, but a top-level module `kernels` would clash with another package.
    package_dir={"embdistill.kernels": "kernels"},
    include_package_data=False,  # MANIFEST.in is for the sdist; the wheel has these files and no others
    package_data={
        "embdistill": ["py.typed"],
        "embdistill.comparison": ["report.css"],
        "embdistill.demo": ["*.txt", "*.h5"],
        "embdistill.drawing": ["*.css"],
        "embdistill.export": ["c_project/*", "web_page/*", "web_page/include/*"],
        "embdistill.kernels.runtime": ["*.h", "*.c", "networks/*.c", "integers/*.c", "LICENSE"],
    },
    ext_modules=[
        _extension("embdistill.kernels.runtime._runtime", *BINDING, folder="kernels/runtime"),
        _extension(
            "embdistill.kernels.machine._simd",
            "kernels/machine/module.c",
            "kernels/machine/products.c",
            "kernels/machine/windows.c",
        ),
        _extension("embdistill.data.vectors._text_rows", "embdistill/data/vectors/text_rows.c"),
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
