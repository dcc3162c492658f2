"""Other ways to build a C project: CMake, alone and in a project of the user's; C++ compilers."""

import subprocess
from pathlib import Path

import cmake
import pytest

from c_helpers import WARNINGS, needed
from embdistill.export.c import write_c
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from model_helpers import NETWORKS, random_model

TEXTS = ["turn the lamp on", "zzz", "play a song"]
CMAKE = Path(cmake.CMAKE_BIN_DIR, "cmake")
STANDARDS = ["c++11", "c++14", "c++17", "c++20"]
USERS = """cmake_minimum_required(VERSION 3.10)
project(users C CXX)
add_subdirectory(model)
add_executable(users users.cpp)
target_link_libraries(users embdistill)
"""
USERS_PROGRAM = """#include "embdistill.h"
#include "model_data.h"
#include <cstdio>

int main()
{
    embdistill_model model;
    if (embdistill_open(&model, model_data, model_data_bytes) != EMBDISTILL_OK) return 1;
    for (uint32_t i = 0; i < model.classes; i++) std::puts(embdistill_label(&model, i));
}
"""


@pytest.fixture(params=["float32", "int8"])
def image(request):
    return edm_bytes(random_model(NETWORKS["cnn"]), request.param)


def run(*words, **options):
    return subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True, **options).stdout


def labels(program):
    return [line.split("\t")[0] for line in run(program, input="\n".join(TEXTS)).splitlines()]


def test_cmake_builds_the_program(image, tmp_path):
    needed("make")
    write_c(tmp_path / "c", image)
    run(CMAKE, "-S", tmp_path / "c", "-B", tmp_path / "build", "-DCMAKE_C_FLAGS=" + " ".join(WARNINGS))
    run(CMAKE, "--build", tmp_path / "build")
    assert labels(tmp_path / "build" / "classify") == EdmModel(image).predict(TEXTS)


def test_cmake_builds_the_library_in_another_project_and_a_cpp_program_links_it(image, tmp_path):
    needed("make")
    write_c(tmp_path / "model", image)
    (tmp_path / "CMakeLists.txt").write_text(USERS)
    (tmp_path / "users.cpp").write_text(USERS_PROGRAM)
    run(CMAKE, "-S", tmp_path, "-B", tmp_path / "build")
    run(CMAKE, "--build", tmp_path / "build")
    assert run(tmp_path / "build" / "users").splitlines() == EdmModel(image).labels
    assert not list((tmp_path / "build").rglob("classify"))


@pytest.mark.parametrize("block", [1, 4])
@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_cpp_compilers_take_every_file(image, tmp_path, compiler, block):
    """Without a warning, in every standard; the program of the first answers as the model does."""
    write_c(tmp_path / "c", image)
    for standard in STANDARDS:
        options = ["-x", "c++", f"-std={standard}", "-O1", *WARNINGS, f"-DEMBDISTILL_BLOCK={block}"]
        sources = [tmp_path / "c" / name for name in ("main.c", "embdistill.c", "model_data.c")]
        run(needed(compiler), *options, *sources, "-o", tmp_path / "classify")
    assert labels(tmp_path / "classify") == EdmModel(image).predict(TEXTS)
