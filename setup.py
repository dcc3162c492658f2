"""The C extension and the place of the kernels; everything else stands in pyproject.toml."""

import sys

from setuptools import Extension, setup

LIMITED_API = "0x030b0000"  # one binary for Python 3.11 and every newer one


def _extension(name, sources, included=()):
    return Extension(
        f"embdistill.kernels.{name}",
        sources=[f"kernels/c/{source}" for source in sources],
        depends=[f"kernels/c/{file}" for file in included],
        include_dirs=["kernels/c"],
        define_macros=[("Py_LIMITED_API", LIMITED_API)],
        # The loops over weights are vectorised well by gcc's -O3 only, and some Pythons are built with -O2.
        extra_compile_args=[] if sys.platform == "win32" else ["-O3"],
        py_limited_api=True,
    )


setup(
    packages=[
        "embdistill",
        "embdistill.demo",
        "embdistill.export",
        "embdistill.networks",
        "embdistill.kernels",
        "embdistill.kernels.c",
    ],
    # kernels/ stands at the top of the repository, but a top-level module `kernels` would clash with another package.
    package_dir={"embdistill.kernels": "kernels"},
    package_data={
        "embdistill.demo": ["*.txt", "*.h5"],
        "embdistill.export": ["c_project/*"],
        "embdistill.kernels.c": ["embdistill.h", "embdistill.c"],
    },
    ext_modules=[
        _extension("_runtime", ["extension.c", "clones.c"], ["embdistill.h", "embdistill.c"]),
        _extension("_vectors", ["vectors.c"]),
        _extension("_simd", ["simd.c"], ["simd.h"]),
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
