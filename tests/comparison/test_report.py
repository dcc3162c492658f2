"""The report is sound HTML, shows what it should, and needs no other file."""

from dataclasses import replace
from html.parser import HTMLParser

from comparison_helpers import quick


class Sound(HTMLParser):
    """Fails on a tag that is not closed in turn, a duplicate id, and whatever a browser would load."""

    VOID = ("meta", "br", "img", "link", "hr", "input")

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.text = [], set(), ""

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        assert tag not in ("script", "link", "img", "iframe")
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
        if "id" in attributes:
            assert attributes["id"] not in self.ids
            self.ids.add(attributes["id"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def text_of(page):
    """The text of a sound page."""
    sound = Sound()
    sound.feed(page)
    sound.close()
    assert not sound.open
    assert "http" not in page and "@import" not in page
    return sound.text


def test_report(finished_comparison, few_dataset):
    folder, records = finished_comparison
    page = (folder / "report.html").read_text()
    text = text_of(page)
    assert "<here>" in text and "&lt;here&gt;" in page and "@media print" in page
    for expected in (*few_dataset.labels, few_dataset.inputs[0]["sha256"], "encode", "numpy"):
        assert expected in text
    assert records[0]["weights_sha256"][:12] in text


def test_report_escapes(few_dataset, tmp_path):
    inputs = [{**few_dataset.inputs[0], "path": "a<b.csv"}]
    odd = replace(few_dataset, labels=["<b>&", '"two"'], notes=["<script>"], inputs=inputs)
    quick(odd, tmp_path, methods=["direct"], seeds=(0,))
    text = text_of((tmp_path / "report.html").read_text())
    assert "<b>&" in text and "a<b.csv" in text and "<script>" in text
