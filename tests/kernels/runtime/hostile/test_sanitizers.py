"""A compiler without its sanitizers."""

import pytest

import c_helpers


@pytest.mark.parametrize("ci", ["", "true"])
def test_tests_are_skipped_where_a_sanitizer_cannot_be_linked(tmp_path, monkeypatch, ci):
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho '/usr/bin/ld: cannot find libasan.so.8' >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CI", ci)
    expected = AssertionError if ci else pytest.skip.Exception
    with pytest.raises(expected, match=r"cannot find libasan\.so\.8"):
        c_helpers.sanitized(str(compiler), "-fsanitize=address")


def test_they_run_where_it_can(monkeypatch):
    assert c_helpers.sanitized(c_helpers.needed("gcc"), "-O1") == ("-O1",)
