"""The methods: their names, their tables, what they match, their stages, and all of it together."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import naive
from conftest import JIT_DISABLED
from embdistill import load
from embdistill.cli import main
from embdistill.data.dataset import Split, prepare
from embdistill.data.packed import Packed
from embdistill.errors import UserError
from embdistill.model import ensemble, metrics, tables
from embdistill.model.choices import COMBINATIONS, TABLES
from embdistill.model.config import Config
from embdistill.model.methods import Method, parse
from embdistill.storage.arrays import load_arrays
from embdistill.training import checkpoint, stages
from embdistill.training.checkpoint import Checkpoint
from embdistill.training.experiment import cross_validate, run
from embdistill.training.learner import Learner, build_learner, fine_tuner
from embdistill.training.loop import best_of, fit
from embdistill.training.pretraining import pretrain
from embdistill.training.teachers import SEED_STEP, given_logits, teacher_configs, teacher_logits


def load_checkpoint(path):
    return load_arrays(path, "checkpoint")


SMALL = dict(
    dim=4, filters=4, widths=(2, 3), hidden=5, units=3, epochs=2, batch=8, rate=0.01, encoder_hidden=6, teachers=2,
    pretrain_epochs=2,
)  # fmt: skip


def config(method="encode", **settings):
    return Config(method=method, **SMALL | {"network": "mean"} | settings)


@pytest.fixture(scope="module")
def dataset(few_texts, few_vectors):
    return prepare(few_texts, None, few_texts, few_vectors, config()).with_dev(0)


def trained(dataset, settings):
    """A learner after fit, and its history."""
    learner, history = build_learner(dataset.vectors, len(dataset.labels), settings), []
    fit(learner, dataset.train, dataset.dev, history, lambda *_: None, lambda _: None)
    return learner, history


# ---- names ----


@pytest.mark.parametrize(
    ("name", "table", "match", "stages", "written"),
    [
        ("encode", "encode", "labels", (), "encode"),
        ("encode+labels", "encode", "labels", (), "encode"),
        ("soft", "direct", "soft", (), "direct+soft"),
        ("soft+encode", "encode", "soft", (), "encode+soft"),
        ("ensemble", "direct", "logits", ("ensemble",), "direct+logits+ensemble"),
        (
            "finetune+ensemble+pretrain+encode2",
            "encode2",
            "logits",
            ("pretrain", "ensemble", "finetune"),
            "encode2+logits+pretrain+ensemble+finetune",
        ),
        ("pca-tuned+soft+ensemble", "pca-tuned", "soft", ("ensemble",), "pca-tuned+soft+ensemble"),
    ],
)
def test_names(name, table, match, stages, written):
    assert parse(name) == Method(table, match, stages)
    assert parse(name).name == written == Config(method=name).method
    assert parse(written) == parse(name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("encod", "'encod' is none of .*; did you mean encode?"),
        ("encode+sofft", "'sofft' is none of .*; did you mean soft?"),
        ("encode+fold", "'fold' is none of"),
        ("", "'' is none of"),
        ("encode++soft", "'' is none of"),
        ("encode+direct", "encode and direct do not go together; give one table"),
        ("soft+logits", "soft and logits do not go together; give one objective"),
        ("encode+finetune+finetune", "finetune and finetune do not go together; give one stage"),
        ("encode+encode", "encode and encode do not go together"),
        ("direct+pretrain", "pretrain needs an encoder; use encode or encode2"),
        ("pretrain", "pretrain needs an encoder"),
        ("encode+labels+ensemble", "labels need no teachers"),
    ],
)
def test_names_that_are_refused(name, said):
    with pytest.raises(UserError, match=f"^--method {name.replace('+', '.')}: .*{said.replace('?', '[?]')}"):
        parse(name)


# ---- all of it together ----

METHODS = [  # every table and every stage with every objective, and every pair of stages
    *TABLES,
    *(f"{table}+{match}" for table in TABLES for match in ("soft", "logits")),
    "encode+pretrain",
    "encode+finetune",
    "pca-tuned+finetune",
    "large+finetune",
    "pca+soft+finetune",
    "encode+soft+pretrain+finetune",
    "direct+soft+ensemble+finetune",
    "encode2+logits+pretrain+ensemble+finetune",
]


@pytest.mark.parametrize("number", range(len(METHODS)), ids=lambda index: METHODS[index])
def test_every_combination_runs_saves_and_repeats(dataset, tmp_path, number):
    network = ("mean", "cnn", "lstm")[number % 3]
    settings = config(METHODS[number], network=network)
    finished = run(dataset, settings, tmp_path / "run.h5")
    loaded, packed = load(tmp_path / "run.h5"), dataset.test.packed
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]
    assert loaded.logits(packed).tobytes() == finished.model.logits(packed).tobytes()
    assert finished.record["config"] == loaded.about["config"] == settings.as_dict()
    assert finished.record["method"] == METHODS[number]
    dim = 8 if METHODS[number].startswith("large") else 4
    assert loaded.table.shape == (len(dataset.vocabulary), dim) and finished.record["dim"] == dim
    stages = {epoch["stage"] for epoch in loaded.about["history"]}
    assert stages == {"student", *(["finetune"] if "finetune" in METHODS[number] else [])}
    assert (finished.record["seconds"]["teachers"] > 0) == (settings.parsed.objective != "labels")
    assert run(dataset, settings).model.digest() == finished.model.digest()


# ---- tables ----


def test_principal_components_are_those_of_the_svd(rng):
    vectors = rng.normal(size=(30, 6)) * [5, 4, 3, 2, 1, 0.5] + 3
    vectors[0] = 0
    table = tables.pca(vectors, None, config("pca", dim=3), rng).values
    centred = vectors[1:] - vectors[1:].mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    expected = (u * s)[:, :3]
    expected *= np.sign((expected * table[1:]).sum(axis=0)) * tables.SPREAD / np.sqrt(np.mean(expected**2))
    np.testing.assert_allclose(table[1:], expected, rtol=1e-8, atol=1e-10)
    assert not table[0].any()


@pytest.mark.parametrize("table", ["pca", "pca-tuned"])
def test_more_components_than_the_rank(rng, table):
    vectors = np.zeros((20, 6), np.float32)
    vectors[1:] = rng.normal(size=(19, 2)) @ rng.normal(size=(2, 6))
    make = TABLES[table].load()
    assert make(vectors, None, config(table, dim=2), rng).dim == 2
    with pytest.raises(UserError, match=r"--dim 3: .* only 2 principal components"):
        make(vectors, None, config(table, dim=3), rng)


@pytest.mark.parametrize("method", ["large-frozen", "pca"])
def test_frozen_tables_stay(dataset, method):
    before = dataset.vectors.copy()
    start = build_learner(dataset.vectors, 2, config(method)).fold().copy()
    learner, _ = trained(dataset, config(method, epochs=4))
    np.testing.assert_array_equal(learner.fold(), start)
    np.testing.assert_array_equal(dataset.vectors, before)


@pytest.mark.parametrize("method", ["large", "direct", "pca-tuned", "encode", "encode2"])
def test_trained_tables_move_and_leave_the_large_vectors_alone(dataset, method):
    before = dataset.vectors.copy()
    start = build_learner(dataset.vectors, 2, config(method)).fold().copy()
    learner, _ = trained(dataset, config(method))
    assert not np.array_equal(learner.fold(), start)
    np.testing.assert_array_equal(dataset.vectors, before)


def small_file(path, words, dim=4):
    rng = np.random.default_rng(2)
    path.write_text("".join(f"{word} " + " ".join(f"{x:.4f}" for x in rng.normal(size=dim)) + "\n" for word in words))
    return path


def test_small_vectors_are_where_a_direct_table_starts(few_texts, few_vectors, tmp_path):
    given = small_file(tmp_path / "small.txt", ["lamp", "music", "elsewhere"])
    dataset = prepare(few_texts, None, None, few_vectors, config(), small_vectors=given)
    words = len(dataset.vocabulary) - 1
    assert any(f"{words - 2} of the {words} words start at random" in note for note in dataset.notes)
    assert [file["role"] for file in dataset.inputs].count("small vectors") == 1
    learner = build_learner(dataset.vectors, 2, config("direct"), dataset.small_vectors)
    rows = [dataset.vocabulary.index[word] for word in ("lamp", "music")]
    np.testing.assert_allclose(learner.fold()[rows], tables.SPREAD * dataset.small_vectors[rows], rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.mean(dataset.small_vectors[rows] ** 2, axis=1)), 1, rtol=1e-5)
    plain = build_learner(dataset.vectors, 2, config("direct")).fold()
    others = np.delete(np.arange(words + 1), rows)
    np.testing.assert_array_equal(learner.fold()[others], plain[others])
    run(dataset, config("direct+finetune"))
    with pytest.raises(UserError, match="--small-vectors are where a direct table starts"):
        run(dataset, config("encode"))


def test_small_vectors_that_do_not_fit(few_texts, few_vectors, tmp_path):
    for words, dim, said in ((["lamp"], 5, "has 5 numbers a word, and --dim is 4"), (["zz"], 4, "has no word of the")):
        given = small_file(tmp_path / "small.txt", words, dim)
        with pytest.raises(UserError, match=said):
            prepare(few_texts, None, None, few_vectors, config(), small_vectors=given)


@pytest.mark.parametrize("dim", [8, 9])
def test_an_encoder_that_does_not_make_vectors_smaller_is_warned_of(dataset, capsys, dim):
    assert run(dataset, config("encode", dim=dim)).record["dim"] == dim
    assert f"--dim {dim} is not below the 8 of the large vectors" in capsys.readouterr().err


# ---- several teachers ----


@pytest.mark.parametrize("teachers", [1, 2, 5])
def test_combinations_are_those_of_the_plain_loops(rng, teachers):
    logits = 3 * rng.normal(size=(teachers, 6, 4))
    logits[:, 0] = 0
    np.testing.assert_allclose(ensemble.mean(logits), naive.ensemble_mean(logits), rtol=1e-12)
    for combine, sign in ((ensemble.agreement, 1), (ensemble.disagreement, -1)):
        np.testing.assert_allclose(combine(logits), naive.routed(logits, sign)[0], rtol=1e-9, atol=1e-12)
        if teachers == 1:
            np.testing.assert_allclose(combine(logits), logits[0], rtol=1e-12)
        assert combine(logits.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("combine", COMBINATIONS)
def test_teachers_that_are_alike_weigh_alike(rng, combine):
    logits = np.stack([rng.normal(size=(6, 4))] * 3)
    np.testing.assert_allclose(COMBINATIONS[combine].load()(logits), logits[0], rtol=1e-12)


def test_routing_weighs_an_outlier_down_or_up():
    logits = np.array([[[4.0, 0, 0]], [[4.0, 0.1, 0]], [[0.0, 0, 4]]])
    agreed, even, differed = (f(logits)[0] for f in (ensemble.agreement, ensemble.mean, ensemble.disagreement))
    assert agreed[2] < even[2] < differed[2]
    assert agreed[0] > even[0] > differed[0]


def test_teachers_on_the_spot():
    settings = config("encode+ensemble", network="cnn", teachers=3, teacher_networks="cnn,mean", dim=3, seed=7)
    made = teacher_configs(settings)
    assert [teacher.network for teacher in made] == ["cnn", "mean", "cnn"]
    assert [teacher.seed for teacher in made] == [7, 7 + SEED_STEP, 7 + 2 * SEED_STEP]
    assert {teacher.method for teacher in made} == {"large"} and {teacher.filters for teacher in made} == {4}
    assert teacher_configs(replace(settings, method="encode+soft")) == made[:1]
    assert teacher_configs(replace(settings, seed=2**63 - 1))[1].seed == SEED_STEP - 1


@pytest.fixture(scope="module")
def teacher(dataset, tmp_path_factory):
    """A run file of the teacher that an encode+soft student of seed 0 would train on the spot."""
    path = tmp_path_factory.mktemp("teacher") / "teacher.h5"
    run(dataset, teacher_configs(config("encode+soft"))[0], path)
    return path


@pytest.mark.parametrize("match", ["soft", "logits"])
def test_a_given_teacher_is_as_good_as_one_trained_on_the_spot(dataset, teacher, match):
    settings = config(f"encode+{match}")
    trained, _ = teacher_logits(dataset, settings, Checkpoint(None, {}), (), None)
    (logits,) = given_logits([teacher], dataset, settings)
    np.testing.assert_array_equal(logits, trained)
    given = run(dataset, settings, teachers=[teacher])
    assert given.model.digest() == run(dataset, settings).model.digest()
    assert given.record["seconds"]["teachers"] == 0
    assert [file["path"] for file in given.model.about["inputs"] if file["role"] == "teacher"] == [str(teacher)]


def test_several_given_teachers_are_combined(dataset, teacher, tmp_path):
    run(dataset, config("large", seed=9), tmp_path / "other.h5")
    paths = [teacher, tmp_path / "other.h5"]
    for name, combination in COMBINATIONS.items():
        settings = config("encode+ensemble", combine=name)
        expected = combination.load()(np.stack(given_logits(paths, dataset, settings)))
        combined, seconds = teacher_logits(dataset, settings, Checkpoint(None, {}), paths, None)
        np.testing.assert_array_equal(combined, expected)
        assert seconds == 0
        run(dataset, settings, teachers=paths)


SENTENCES = [
    "the <e1>lamp</e1> lights the <e2>music</e2>",
    "<e2>light</e2> of a <e1>song</e1> on",
    "play <e1>that</e1> it is <e2>dark</e2> loud",
    "<e1>stop</e1> <e2>music</e2>",
]
RELATIONS = ["Lit(e1,e2)", "Lit(e2,e1)", "Other"]


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A small file of relations."""
    path = tmp_path_factory.mktemp("marked") / "marked.txt"
    blocks = [f'{i}\t"{SENTENCES[i % 4]}"\n{RELATIONS[i % 3]}\nComment:\n\n' for i in range(36)]
    path.write_text("".join(blocks))
    return path


def test_a_teacher_that_does_not_fit_is_refused(dataset, teacher, few_texts, few_vectors, marked, tmp_path):
    other = tmp_path / "classes.txt"
    other.write_text(few_texts.read_text().replace("__label__music", "__label__noise"))
    settings = config("encode+soft")
    whole = config("encode+soft", split="whitespace")
    cases = [
        (prepare(other, None, None, few_vectors, settings), settings, "a teacher of other classes"),
        (prepare(few_texts, None, None, few_vectors, settings, listed={"word40"}), settings, "of another vocabulary"),
        (prepare(marked, None, None, few_vectors, settings), config("encode+soft", network="cnn"), "of another task"),
        (prepare(few_texts, None, few_texts, few_vectors, whole), whole, "texts are split otherwise"),
    ]
    for other_task, its, said in cases:
        with pytest.raises(UserError, match=f"^{teacher}: .*{said}"):
            run(other_task, its, tmp_path / "run.h5", teachers=[teacher])
    with pytest.raises(UserError, match="2 teachers are an ensemble"):
        run(dataset, settings, tmp_path / "run.h5", teachers=[teacher, teacher])
    with pytest.raises(UserError, match="method encode matches labels alone"):
        run(dataset, config("encode"), tmp_path / "run.h5", teachers=[teacher])
    assert not (tmp_path / "run.h5").exists()


def test_outputs_of_teachers_are_computed_once_and_without_dropout(dataset, monkeypatch):
    calls, plain = [], Learner.logits
    sentences = dataset.train.packed.sentences

    def counted(self, packed):
        result = plain(self, packed)
        if packed.sentences == sentences:
            calls.append(self.config.method)
            assert plain(self, packed).tobytes() == result.tobytes()
        return result

    monkeypatch.setattr(Learner, "logits", counted)
    run(dataset, config("encode+ensemble", dropout=0.5, epochs=3))
    assert calls == ["large", "large"]


def test_a_cache_of_teachers_changes_no_weight(dataset, tmp_path, monkeypatch):
    settings = config("encode2+logits+ensemble")
    plain = run(dataset, settings).model.digest()
    assert run(dataset, settings, cache=tmp_path).model.digest() == plain
    assert len(list(tmp_path.glob("*.h5"))) == 2
    fitted = []
    monkeypatch.setattr(
        stages, "fit", lambda learner, *rest: (fitted.append(learner.config.method), fit(learner, *rest))
    )
    again = run(dataset, settings, cache=tmp_path)
    assert again.model.digest() == plain and fitted == [settings.method]
    assert again.record["seconds"]["teachers"] > 0


def test_a_damaged_teacher_in_the_cache_is_trained_again(dataset, tmp_path):
    settings = config("encode+soft")
    plain = run(dataset, settings, cache=tmp_path).model.digest()
    (kept,) = tmp_path.glob("*.h5")
    sound = kept.read_bytes()
    for damaged in (sound[:-1], b"", sound[:600] + b"x" + sound[601:]):
        kept.write_bytes(damaged)
        assert run(dataset, settings, cache=tmp_path).model.digest() == plain
        assert kept.read_bytes()[:20] == sound[:20] and len(kept.read_bytes()) == len(sound)


def test_principal_components_of_many_words_with_a_decaying_spectrum(rng):
    """The rank does not depend on the number of words; float32 tells variances of a ten-thousandth of the first."""
    for words in (200, 20_000):
        vectors = (rng.normal(size=(words, 40)) * np.logspace(0, -2, 40)).astype(np.float32)
        vectors[0] = 0
        table = tables.pca(vectors, None, config("pca", dim=40), rng).fold({})
        assert table.shape == (words, 40)
        flat = vectors.copy()
        flat[:, 30:] = flat[:, :10]
        with pytest.raises(UserError, match="only 30 principal components"):
            tables.pca(flat, None, config("pca", dim=31), rng)


def test_a_large_run_is_no_cached_teacher_of_another_network(dataset, tmp_path):
    settings = dict(network="mean", teacher_networks="cnn")
    plain = run(dataset, config("encode+soft", **settings)).model.digest()
    run(dataset, config("large", **settings), cache=tmp_path)
    assert run(dataset, config("encode+soft", **settings), cache=tmp_path).model.digest() == plain


# ---- stages ----


def test_pretrain_gives_the_large_vectors_back_better_and_better(dataset):
    for method in ("encode", "encode2"):
        settings = config(method, dim=6)
        learner = build_learner(dataset.vectors, 2, settings)
        before = {name: value.copy() for name, value in learner.parameters.values.items()}
        losses = pretrain(learner.table, learner.parameters.values, 30, 0)
        assert len(losses) == 30 and losses[-1] < 0.95 * losses[0]
        after = learner.parameters.values
        moved = {name for name in before if not np.array_equal(before[name], after[name])}
        assert moved == set(learner.table.shapes()), "the encoder alone, and all of it"


def test_finetune_keeps_the_folded_weights_if_no_epoch_is_better(dataset):
    settings = config("encode+finetune", epochs=6, finetune_rate=1e-3)
    learner, history = trained(dataset, settings)
    folded, logits = learner.fold().copy(), learner.logits(dataset.dev.packed)
    tuned = fine_tuner(learner, settings)
    np.testing.assert_array_equal(tuned.logits(dataset.dev.packed), logits)
    best = best_of(history)._replace(dev_accuracy=100.0, dev_loss=-1.0)
    fit(tuned, dataset.train, dataset.dev, [], lambda *_: None, lambda _: None, best)
    np.testing.assert_array_equal(tuned.fold(), folded)
    for name in learner.network.shapes():
        np.testing.assert_array_equal(tuned.parameters.values[name], learner.parameters.values[name])


@pytest.mark.parametrize("table", ["encode", "direct", "pca"])
def test_finetune_is_never_worse_on_dev(dataset, table):
    for seed in range(2):
        settings = dict(epochs=5, rate=0.02, finetune_rate=0.05, seed=seed)
        alone, tuned = (run(dataset, config(table + stage, **settings)) for stage in ("", "+finetune"))
        assert tuned.record["dev"]["accuracy"] >= alone.record["dev"]["accuracy"]
        student = [epoch for epoch in tuned.model.about["history"] if epoch["stage"] == "student"]
        assert [{**epoch, "seconds": 0} for epoch in student] == [
            {**epoch, "seconds": 0} for epoch in alone.model.about["history"]
        ]


class Killed(Exception):
    pass


@pytest.mark.parametrize("stage", ["teacher0", "teacher1", "student", "finetune"])
@pytest.mark.parametrize("number", [1, 2])
def test_resumed_in_every_stage_gives_the_same_bytes(dataset, tmp_path, monkeypatch, stage, number):
    settings = config("encode2+soft+pretrain+ensemble+finetune", epochs=3)
    whole = run(dataset, settings).model
    monkeypatch.setattr(checkpoint, "SECONDS", 0)
    save, out = checkpoint.Checkpoint.save_in_time, tmp_path / "run.h5"

    def kill(self, learner):
        save(self, learner)
        if self.stage == stage and len(self.histories[stage]) == number:
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(checkpoint.Checkpoint, "save_in_time", kill)
        run(dataset, settings, out)
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5.checkpoint"]
    _, about = load_checkpoint(tmp_path / "run.h5.checkpoint")
    assert about["stage"] == stage
    resumed = run(dataset, settings, out, resume=True).model
    assert resumed.digest() == whole.digest()
    without_time = [[{**epoch, "seconds": 0} for epoch in model.about["history"]] for model in (resumed, whole)]
    assert without_time[0] == without_time[1]
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]


@pytest.mark.parametrize("network", ["mean", "cnn", "lstm"])
def test_a_batch_without_any_token(dataset, network):
    learner = build_learner(dataset.vectors, 2, config(network=network, dropout=0))
    split = Split(Packed(np.empty(0, np.int32), np.zeros(3, np.int64)), np.array([0, 1], np.int32))
    learner.parameters.flat_gradient[:] = np.nan
    assert np.isfinite(learner.loss(split, np.arange(2))) and np.isfinite(learner.parameters.flat_gradient).all()


def test_resume_with_another_teacher_under_the_same_name_is_refused(dataset, teacher, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS", 0)
    monkeypatch.setattr(checkpoint.Checkpoint, "remove", lambda self: None)
    given = tmp_path / "teacher.h5"
    given.write_bytes(teacher.read_bytes())
    run(dataset, config("encode+soft"), tmp_path / "run.h5", teachers=[given])
    monkeypatch.undo()
    run(dataset, config("large", seed=3), given)
    with pytest.raises(UserError, match="made with other files or settings"):
        run(dataset, config("encode+soft"), tmp_path / "run.h5", resume=True, teachers=[given])


# ---- settings ----


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
        ("dim = true\n", "--dim True: must be a whole number"),
        ("dim 3\n", "not TOML .*line 1"),
        ("dim = 3\ndim = 4\n", "not TOML"),
        (b"\xff\xfe", "not TOML"),
    ],
    ids=repr,
)
def test_a_settings_file_that_is_wrong_is_named(tmp_path, content, said):
    file = tmp_path / "run.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=f"^{file}: {said}"):
        Config.from_options({"dim": "7"}, file)


# ---- bad input on the command line ----


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """Run a command line that must fail in one line, write nothing, and end with code 2; gives the line."""
    for library in ("OPENBLAS", "MKL"):
        monkeypatch.setenv(f"{library}_NUM_THREADS", "1")
    monkeypatch.chdir(tmp_path)

    def refused(*words):
        before = sorted(tmp_path.iterdir())
        assert main([str(word) for word in words]) == 2
        output, errors = capsys.readouterr()
        assert output == "" and sorted(tmp_path.iterdir()) == before and "Traceback" not in errors
        return errors.splitlines()[-1].removeprefix("embdistill: ")

    return refused


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--temperature", "0"], "--temperature 0.0: must be above 0"),
        (["--temperature", "-1"], "--temperature -1.0: must be above 0"),
        (["--temperature", "nan"], "--temperature nan: must be above 0"),
        (["--mixing", "1.1"], "--mixing 1.1: must be from 0 to 1"),
        (["--mixing", "-0.1"], "--mixing -0.1: must be from 0 to 1"),
        (["--combine", "agreemnt"], "--combine agreemnt: must be one of mean, agreement, disagreement; did you mean"),
        (["--pooling", "min"], "--pooling min: must be one of last, max"),
        (["--activation", "sigmoid"], "--activation sigmoid: must be one of tanh, relu, identity"),
        (["--teacher-networks", "cnn,rnn"], "--teacher_networks rnn: must be of mean, cnn, lstm"),
        (["--folds", "41"], "--folds 41: more than the 40 examples"),
        (["--folds", "1"], "--folds 1: must be at least 2"),
        (["--folds", "3", "--out", "x.h5"], "--out does not go with --folds"),
        (["--folds", "3", "--resume"], "--resume does not go with --folds"),
        (["--folds", "3", "--teacher", "x.h5"], "--teacher does not go with --folds"),
        (["--folds", "3", "--test", "x"], "--test does not go with --folds"),
        (["--method", "pca", "--dim", "9"], "--dim 9: these large vectors have only 8"),
        (["--method", "encode+soft", "--teacher", "none.h5"], "none.h5: cannot be read"),
        (["--config", "none.toml"], "none.toml: cannot be read"),
    ],
    ids=" ".join,
)
def test_bad_settings_on_the_command_line(refused, few_texts, few_vectors, options, said):
    words = ["train", "--data", few_texts, "--vectors", few_vectors, "--epochs", "1", "--network", "mean"]
    assert refused(*words, *options).startswith(said)


def test_a_teacher_that_does_not_fit_on_the_command_line(refused, few_texts, few_vectors, teacher):
    words = ["train", "--data", few_texts, "--vectors", few_vectors, "--vocab", few_vectors, "--network", "mean"]
    problem = refused(*words, "--method", "soft", "--teacher", teacher)
    assert problem.startswith(f"{teacher}: a teacher of another vocabulary")


def test_relations_need_a_network_with_positions(refused, marked, few_vectors):
    problem = refused("train", "--data", marked, "--vectors", few_vectors, "--network", "mean")
    assert problem.startswith("--network mean: cannot tell where the entities are; use cnn or lstm")


@pytest.fixture(scope="module")
def relation_run(marked, few_vectors, tmp_path_factory):
    path = tmp_path_factory.mktemp("relations") / "run.h5"
    settings = config("encode+soft+finetune", network="cnn", position_dim=2)
    run(prepare(marked, None, marked, few_vectors, settings), settings, path)
    return path


def test_texts_without_marks_are_refused_with_their_line(refused, relation_run, tmp_path, few_texts, marked, teacher):
    (tmp_path / "input.txt").write_text(SENTENCES[0] + "\n" + SENTENCES[1] + "\nno mark at all\n")
    assert refused("predict", relation_run, "--input", "input.txt").startswith("input.txt:3: no <e1>; mark two")
    (tmp_path / "input.txt").write_text(SENTENCES[0] + "\n\n")
    assert refused("predict", relation_run, "--input", "input.txt").startswith("input.txt:2: no <e1>")
    assert refused("evaluate", relation_run, "--data", few_texts).startswith(f"{few_texts}: of another kind")
    assert refused("evaluate", teacher, "--data", marked).startswith(f"{marked}: of another kind")
    (tmp_path / "bad.txt").write_text(marked.read_text().replace("<e1>lamp", "lamp", 1))
    assert refused("evaluate", relation_run, "--data", "bad.txt").startswith("bad.txt:1: no <e1>")


def test_predict_of_relations(relation_run, tmp_path, capsys):
    (tmp_path / "input.txt").write_text("\n".join(SENTENCES))
    assert main(["predict", str(relation_run), "--input", str(tmp_path / "input.txt")]) == 0
    labels = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert labels == load(relation_run).predict(SENTENCES) and set(labels) <= set(RELATIONS)


# ---- folds ----


def test_folds_share_out_the_examples(few_texts, few_vectors):
    dataset = prepare(few_texts, None, None, few_vectors, config())
    for folds in (2, 3, 7, 40):
        parts = [dataset.fold(k, folds, 5) for k in range(folds)]
        sentences = [_sentences(split.test) for split in parts]
        assert sorted(sum(sentences, [])) == sorted(_sentences(dataset.train))
        for split, test in zip(parts, sentences, strict=True):
            assert sorted(_sentences(split.train) + test) == sorted(_sentences(dataset.train))
        counts = np.array([np.bincount(split.test.labels, minlength=2) for split in parts])
        assert np.ptp(counts, axis=0).max() <= 1 and np.ptp(counts.sum(axis=1)) <= 1
        again = [_sentences(dataset.fold(k, folds, 5).test) for k in range(folds)]
        assert again == sentences
    assert _sentences(dataset.fold(0, 3, 6).test) != _sentences(dataset.fold(0, 3, 5).test)


def _sentences(split):
    ids, offsets, _ = split.packed
    bounds = pairwise(offsets)
    return [(int(label), *ids[a:b].tolist()) for (a, b), label in zip(bounds, split.labels, strict=True)]


def test_means_over_the_folds(few_texts, few_vectors, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["train", "--data", few_texts, "--vectors", few_vectors, "--folds", "3", "--json", "--network", "mean"]
    assert main([str(word) for word in [*words, "--epochs", "2", "--dim", "4"]]) == 0
    record = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert not list(tmp_path.iterdir()) and record["folds"] == len(record["runs"]) == 3
    assert [r["fold"] for r in record["runs"]] == [0, 1, 2]
    for split in ("dev", "test", "bytes", "seconds", "microseconds"):
        for name, mean in record[split].items():
            assert mean == pytest.approx(np.mean([r[split][name] for r in record["runs"]])), (split, name)
    dataset = prepare(few_texts, None, None, few_vectors, Config(network="mean", epochs=2, dim=4))
    again = cross_validate(dataset, Config(network="mean", epochs=2, dim=4), 3)
    assert again["test"] == record["test"]


# ---- relations on the real files ----


@pytest.mark.parametrize("network", ["cnn", "lstm"])
def test_semeval(data, tmp_path, capsys, network):
    folder, blocks = data / "semeval2010_task8", 60 if JIT_DISABLED else 400
    lines = (folder / "TRAIN_FILE.TXT").read_text("latin-1").splitlines(keepends=True)[: 4 * blocks]
    (tmp_path / "train.txt").write_text("".join(lines), "latin-1")
    test = folder / "TEST_FILE_FULL.TXT"
    known = {line.strip() for line in lines[1::4]}
    held = test.read_text("latin-1").splitlines(keepends=True)
    blocks = [held[i : i + 4] for i in range(0, len(held), 4)]
    blocks = [block for block in blocks if len(block) > 1 and block[1].strip() in known]
    blocks = blocks[:20] if JIT_DISABLED else blocks
    (tmp_path / "test.txt").write_text("".join(sum(blocks, [])), "latin-1")
    settings = Config(network=network, dim=5, filters=4, units=4, position_dim=3, epochs=2)
    vectors = data / "vectors" / "vectors.300d.txt.gz"
    dataset = prepare(tmp_path / "train.txt", None, tmp_path / "test.txt", vectors, settings).with_dev(0)
    assert dataset.relations and dataset.test.packed.sentences == len(blocks) >= (20 if JIT_DISABLED else 2600)
    finished = run(dataset, settings, tmp_path / "run.h5")
    learner = build_learner(dataset.vectors, len(dataset.labels), settings, relations=True)
    fit(learner, dataset.train, dataset.dev, [], lambda *_: None, lambda _: None)
    embeddings, _ = learner.table.forward(learner.parameters.values, np.arange(len(dataset.vocabulary), dtype=np.int32))
    unfolded, _ = learner.network.forward(learner.parameters.values, embeddings, dataset.test.packed)
    folded = load(tmp_path / "run.h5").logits(dataset.test.packed)
    np.testing.assert_allclose(folded, unfolded, rtol=0, atol=1e-5)
    score = metrics.relation_f1(dataset.labels, np.array(finished.record["test"]["confusion"]))
    assert finished.record["test"]["official_f1"] == score
    texts = [example[0].split("\t")[1].strip()[1:-1] for example in blocks[:5]]
    (tmp_path / "input.txt").write_text("\n".join(texts) + "\n")
    assert main(["predict", str(tmp_path / "run.h5"), "--input", str(tmp_path / "input.txt")]) == 0
    said = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert said == [dataset.labels[c] for c in folded[:5].argmax(axis=1)]
