"""Settings from options, files and Python."""

import json
from dataclasses import replace

import pytest

from embdistill.errors import UserError
from embdistill.model.config import Config


def test_file_options_and_python_give_the_same_settings(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(
        'method = "soft+encode"\nwidths = [2, 3]\nrate = 0.01\nteacher-networks = ["cnn", "lstm"]\nlowercase = false\n'
    )
    words = dict(method="soft+encode", widths="2,3", rate="0.01", teacher_networks="cnn,lstm", lowercase="false")
    made = Config(method="encode+soft", widths=(2, 3), rate=0.01, teacher_networks=("cnn", "lstm"), lowercase=False)
    assert Config.from_options({}, file) == Config.from_options(words) == made
    assert Config.from_options({"rate": "0.5"}, file) == replace(made, rate=0.5)
    assert Config(**json.loads(json.dumps(made.as_dict()))) == made


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("dmi = 3\n", "unknown setting 'dmi'; did you mean dim"),
        ("dim = 0\n", "--dim 0: must be at least 1"),
        ('activation = "tan"\n', "--activation tan: .*; did you mean tanh"),
        ("[train]\ndim = 3\n", "unknown setting 'train'"),
        ("words = -1\n", "--words -1: must be at least 0"),
        ("subwords = 1.5\n", "--subwords 1.5: must be a whole number"),
        ("word-dropout = -0.5\n", "--word-dropout -0.5: must be 0 or above"),
        ("word-dropout = inf\n", "--word-dropout inf: must be 0 or above"),
        ("transductive = 2\n", "--transductive 2: must be true or false"),
        ("dim = true\n", "--dim True: must be a whole number"),
        ("dim 3\n", "not TOML .*line 1"),
        ("dim = 3\ndim = 4\n", "not TOML"),
        (b"\xff", "not TOML"),
    ],
    ids=repr,
)
def test_a_settings_file_that_is_wrong_is_named(tmp_path, content, said):
    file = tmp_path / "run.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=f"^{file}: {said}"):
        Config.from_options({"dim": "7"}, file)
