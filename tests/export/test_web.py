"""The web page of a model, in a real browser."""

import json
import re
import shutil
import time

import numpy as np
import pytest

from browser_helpers import chromium
from c_helpers import RUNTIME, needed
from embdistill.data.corpora import read_corpus
from embdistill.errors import UserError
from embdistill.export import wasm, web, write
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.lstm import Lstm
from embdistill.model.networks.mean import Mean
from embdistill.model.run_file import save_run
from model_helpers import CLOSE, HARD, NETWORKS, random_model
from open_words_helpers import TEXTS, WORDS, open_model

ODD = [text for text in HARD + TEXTS if isinstance(text, str) and len(text) < 20_000]
MODELS = {"mean": Mean(50, 6, 200), "cnn": Cnn(20, 6, 30, (3, 4, 5)), "lstm": Lstm(20, 6, 30, "max")}
LOADED = "return !!globalThis.embdistill || !document.getElementById('problem').hidden"


@pytest.fixture(scope="module")
def browser():
    with chromium() as driver:
        yield driver


@pytest.fixture(scope="module")
def runtime(tmp_path_factory) -> bytes:
    """The WebAssembly module."""
    return wasm.runtime_wasm(tmp_path_factory.mktemp("wasm"))


@pytest.fixture
def opened(browser, runtime, tmp_path):
    """Opens the page of an image, after a change of its text; gives the driver."""

    def opened(image, change=lambda page: page, address=""):
        path = tmp_path / "page.html"
        path.write_text(change(web.page(image, runtime)), "utf-8")
        browser.get("about:blank")
        browser.get(path.as_uri() + address)
        _wait(browser, LOADED)
        return browser

    return opened


def _wait(browser, condition):
    """Wait until a script returns true, half a minute at most."""
    end = time.monotonic() + 30
    while not browser.execute_script(condition):
        assert time.monotonic() < end, f"{condition}: {browser.get_log('browser')}"
        time.sleep(0.02)


def _type(browser, text):
    """Put a text into the box, as a user pastes it. As JSON, since the driver refuses lone surrogates."""
    script = "const box = document.getElementById('text'); box.value = JSON.parse(arguments[0]);"
    browser.execute_script(script + "box.dispatchEvent(new Event('input'))", json.dumps(text))


def _words(browser):
    """The texts of the marked words, each with its class."""
    _wait(browser, "return document.getElementById('words').children.length > 0")
    script = (
        "return [...document.getElementById('words').children].map(li => [li.innerText.split('\\n'), li.className])"
    )
    return browser.execute_script(script)


def _first_label(browser):
    return browser.execute_script("return document.querySelector('#labels .name')?.textContent")


def _problem(browser):
    return browser.execute_script("const p = document.getElementById('problem'); return p.hidden ? '' : p.textContent")


def _logits(browser, texts):
    script = "return JSON.parse(arguments[0]).map(text => [...embdistill.logits(text)])"
    return np.array(browser.execute_script(script, json.dumps(texts)))


@pytest.fixture(scope="module")
def trec(data):
    return [example.text for example in read_corpus(data / "trec/test.label").examples]


@pytest.mark.parametrize("dtype", ["float32", "int8", "int4"])
@pytest.mark.parametrize("name", MODELS)
def test_all_of_trec_and_odd_texts_as_in_python(name, dtype, trec, opened):
    texts = trec + ODD
    words = sorted({word for text in trec for word in text.lower().split()})[::2]  # the others are unknown
    model = open_model(MODELS[name], list(dict.fromkeys(words + WORDS)))
    for weights in (model.table, model.subwords.buckets, *model.values.values()):
        weights *= 0.3  # so that logits are as large as those of trained models
    image = edm_bytes(model, dtype)
    edm, found = EdmModel(image), _logits(opened(image), texts)
    expected = edm.predict_logits(texts)
    np.testing.assert_allclose(found, expected, **CLOSE)
    assert dtype == "float32" or found.astype(np.float32).tobytes() == expected.tobytes()  # whole numbers
    assert [edm.labels[row.argmax()] for row in found] == edm.predict(texts)
    if dtype == "float32":
        np.testing.assert_allclose(found, model.logits(model.pack(texts)), **CLOSE)


def test_what_is_typed_gets_a_label_bars_and_marked_words(opened, browser):
    model = open_model(Mean(7, 3, 9), WORDS)
    edm = EdmModel(edm_bytes(model))
    opened(edm_bytes(model))
    assert _first_label(browser) is None  # no text, no label
    box = browser.switch_to.active_element  # it has the focus
    assert box.get_attribute("id") == "text"
    text = "Lmap the zzz"
    box.send_keys(text)
    explanation = edm.explain(text)
    assert _first_label(browser) == explanation.label
    numbers = browser.execute_script("return [...document.querySelectorAll('#labels .number')].map(n => n.textContent)")
    assert numbers == [f"{100 * p:.1f} %" for p in sorted(explanation.probabilities.values(), reverse=True)]
    assert [parts[0] for parts, _ in _words(browser)] == ["Lmap", "the", "zzz"]
    for (parts, names), word in zip(_words(browser), explanation.words, strict=True):
        assert float(parts[1].replace("−", "-")) == pytest.approx(100 * word.probability, abs=0.06)
        assert names == f"{word.reading} {'for' if word.probability > 0 else 'against'}"
    assert "read as lamp" in _words(browser)[0][0] and "read by its letters" in _words(browser)[2][0]
    said = f"{explanation.label}, {100 * explanation.probability:.1f} %"
    _wait(browser, f"return document.getElementById('said').textContent === '{said}'")
    _type(browser, " ")
    assert _first_label(browser) is None
    assert browser.get_log("browser") == []


def test_the_page_can_be_used_by_keys_and_by_screen_readers(opened, browser):
    """Every control has a name, bars are hidden from screen readers, and the rest of the labels opens by a key."""
    model = random_model(Mean(7, 25, 9))
    opened(edm_bytes(model), address="#turn%20the%20lamp")
    assert browser.execute_script("return document.getElementById('text').labels[0].textContent") == "Your text"
    assert browser.execute_script("return document.documentElement.lang") == "en"
    assert browser.execute_script("return document.getElementById('said').ariaLive") == "polite"
    script = "return [...document.querySelectorAll('.track')].every(bar => bar.ariaHidden === 'true')"
    assert browser.execute_script(script)
    rows = "return document.getElementById('labels').children.length"
    assert browser.execute_script(rows) == 10
    browser.execute_script("document.getElementById('more').focus()")
    browser.switch_to.active_element.send_keys(" ")
    assert browser.execute_script(rows) == 25
    assert browser.execute_script("return document.getElementById('more').ariaExpanded") == "true"


def test_it_fits_a_phone(opened, browser):
    labels = ["x" * 300, "a label of many words " * 9, "b"]
    model = random_model(Mean(7, 3, 9))
    model.labels[:] = labels
    size = {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    opened(edm_bytes(model), address="#" + "lamp" * 100)
    _words(browser)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 320
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_page_around_it_stays_where_it_is(opened, browser, tmp_path):
    opened(edm_bytes(random_model(Mean(7, 3, 9))))
    around = tmp_path / "around.html"
    around.write_text('<div style="height: 5000px"></div><iframe src="page.html"></iframe>')
    browser.get(around.as_uri())
    browser.switch_to.frame(0)
    _wait(browser, LOADED)
    browser.switch_to.default_content()
    assert browser.execute_script("return scrollY") == 0


def test_labels_and_texts_are_no_markup(opened, browser):
    model = random_model(Mean(7, 3, 9))
    model.labels[:] = [
        "</script><script>document.title='caught'</script>",
        "<img src=x onerror=document.title='caught'>",
        "{{model}} & \u202e",
    ]
    opened(edm_bytes(model))
    for text in [*ODD[:14], *model.labels]:
        _type(browser, text)
        assert _first_label(browser) == (EdmModel(edm_bytes(model)).predict([text])[0] if text.strip() else None)
    _words(browser)
    assert browser.title == "Text classifier" and browser.get_log("browser") == []


def test_a_long_text_is_explained_as_far_as_it_is_said(opened, browser):
    model = random_model(NETWORKS["lstm"])
    opened(edm_bytes(model))
    _type(browser, "turn the lamp on " * 200)
    assert len(_words(browser)) == 500
    left = browser.execute_script("return document.getElementById('words-left').textContent")
    assert left == "The first 500 of 800 words."


def test_relations(opened, browser):
    model = random_model(NETWORKS["relations cnn"])
    opened(edm_bytes(model))
    _type(browser, "the lamp")
    assert "entities are not marked" in _problem(browser) and _first_label(browser) is None
    text = "play <e1>the lamp</e1> off <e2>song</e2> on"
    _type(browser, text)
    explanation = EdmModel(edm_bytes(model)).explain(text)
    assert _problem(browser) == "" and _first_label(browser) == explanation.label
    assert [parts[0] for parts, _ in _words(browser)] == [word.text for word in explanation.words]


def _cut(page):
    return re.sub(r'(id="model">.{200}).+?<', r"\1<", page)


def _altered(page):
    return re.sub(r'(id="runtime">.{200})....', r"\1AAAA", page)


@pytest.mark.parametrize("change", [_cut, _altered], ids=["cut off", "altered"])
def test_a_damaged_page_says_so(opened, browser, change):
    opened(edm_bytes(random_model(NETWORKS["mean"])), change)
    assert _problem(browser).startswith("This page is damaged (")
    assert not browser.execute_script("return document.getElementById('app').checkVisibility()")


def test_a_damaged_model_says_so(opened, browser):
    image = bytearray(edm_bytes(random_model(NETWORKS["mean"])))
    image[-1] ^= 1
    opened(bytes(image))
    assert _problem(browser) == ("This page is damaged (damaged: a checksum does not match). Fetch or make it again.")


def test_without_webassembly_or_scripts(runtime, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(web.page(edm_bytes(random_model(NETWORKS["mean"])), runtime), "utf-8")
    with chromium() as without:
        gone = {"source": "delete globalThis.WebAssembly"}
        without.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", gone)
        without.get(path.as_uri())
        _wait(without, LOADED)
        assert "needs WebAssembly" in _problem(without)
    assert re.search(r"<noscript>.*needs JavaScript", path.read_text("utf-8"))


def test_the_page_asks_nobody(runtime):
    page = web.page(edm_bytes(random_model(NETWORKS["mean"])), runtime)
    assert "default-src 'none'" in page
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"\b(src|href|action)=|url\(|@import|https?:", markup)
    script = page[page.rindex("<script>") :]
    assert not re.search(r"\bfetch\(|XMLHttpRequest|import\(|WebSocket|sendBeacon|innerHTML|eval\(|https?:", script)


def test_the_page_ends_with_its_licence(runtime):
    licence = (RUNTIME / "LICENSE").read_text("utf-8")
    assert "MIT License" in licence and "UNICODE LICENSE" in licence
    assert "--" not in licence, "would end the comment"
    assert web.page(edm_bytes(random_model(NETWORKS["mean"])), runtime).endswith(f"</html>\n<!--\n{licence}-->\n")


def test_both_compilers_give_a_module_that_imports_nothing(tmp_path, monkeypatch, opened, browser):
    needed("clang", "clang")
    needed("wasm-ld", "lld")
    assert wasm.compiler() == wasm.ZIG
    monkeypatch.setattr(wasm, "find_spec", lambda name: None)
    assert wasm.compiler()[1:] == ["--target=wasm32"]
    model = open_model(NETWORKS["cnn"], WORDS)
    image = edm_bytes(model)
    page = web.page(image, wasm.runtime_wasm(tmp_path))
    opened(image, lambda _: page)
    np.testing.assert_allclose(_logits(browser, ODD), EdmModel(image).predict_logits(ODD), **CLOSE)


def test_without_a_compiler(tmp_path, monkeypatch):
    save_run(tmp_path / "run.h5", random_model(NETWORKS["mean"]))
    monkeypatch.setattr(wasm, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="ziglang or clang; pip install ziglang, or install clang and lld"):
        write(tmp_path / "run.h5", "web", tmp_path / "page.html")
    assert {path.name for path in tmp_path.iterdir()} == {"run.h5"}


def test_a_compiler_that_fails(tmp_path, monkeypatch):
    """As clang does without its linker."""
    monkeypatch.setattr(wasm, "compiler", lambda: [shutil.which("false")])
    with pytest.raises(UserError, match=r"cannot compile for WebAssembly \(exit code 1\); pip install ziglang"):
        wasm.runtime_wasm(tmp_path)


def test_a_model_that_is_too_large_for_a_page(tmp_path, monkeypatch):
    monkeypatch.setattr(web, "MOST_BYTES", 1000)
    with pytest.raises(UserError, match="too large for a page; the most is 1,000; give --dtype int8"):
        web.write_web(tmp_path / "page.html", bytes(1001))


def test_the_page_of_the_demo_is_small(tmp_path):
    """`mean` with d = 10 on the words of README's example, int8."""
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(3950)]
    model = open_model(Mean(10, 10, 200), words)
    model.subwords.buckets.resize((4096, 10), refcheck=False)
    model.subwords.buckets[:] = rng.normal(size=(4096, 10))
    save_run(tmp_path / "run.h5", model)
    record = write(tmp_path / "run.h5", "web", tmp_path / "page.html", "int8")
    assert record["bytes"] == (tmp_path / "page.html").stat().st_size <= 200_000
