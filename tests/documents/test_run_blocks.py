"""That every block of the documents is labelled, and that a block that fails is found and named."""

import pytest

from documents.run_blocks import DEMO, blocks, documents, put_files_of_a_reader, run_document
from embdistill.api import read_corpus

GOOD = """# A page

```sh
echo one >out.txt
```

```python
number = 1
```

```text
no code
```

- an item

  ```python
  print(number + 1, open("out.txt").read())
  ```

```console
# not run: there is no such program
no-such-program
```
"""


def page(folder, text):
    path = folder / "page.md"
    path.write_text(text)
    return path


def run(folder, text):
    return run_document(page(folder, text), folder)


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_every_block_is_labelled(document):
    blocks(document)


def test_the_first_document_is_the_readme():
    names = [path.name for path in documents()]
    assert names[0] == "README.md"
    assert {"training.md", "walkthrough.md", "accuracy.md", "CONTRIBUTING.md"} <= set(names)


def test_blocks_run_in_order_and_share_names(tmp_path):
    assert run(tmp_path, GOOD) is None
    assert (tmp_path / "out.txt").read_text() == "one\n"


@pytest.mark.parametrize(
    ("language", "code", "message"),
    [
        ("sh", "true\nfalse\ntouch later", "+ page.md:5: false"),
        ("sh", "false | cat\ntouch later", "+ page.md:4: false"),
        ("sh", "echo $NO_SUCH_NAME\ntouch later", "line 4: NO_SUCH_NAME"),
        ("python", "x = 1\nx / 0\nopen('later', 'w')", 'File "page.md", line 5'),
        ("python", "x = 1\nx =", 'File "page.md", line 5'),
        ("python", "import sys\nsys.exit()", ""),
        ("c", "int x;\nint main(void) { return y; }", "page.md:5:"),
    ],
)
def test_a_block_that_fails_is_named(tmp_path, capfd, language, code, message):
    assert run(tmp_path, f"# A page\n\n```{language}\n{code}\n```\n\n```sh\ntouch later\n```\n") == "page.md:4"
    output = capfd.readouterr()
    assert message in output.err
    assert "page.md:4: FAILED" in output.out
    assert not (tmp_path / "later").exists()


@pytest.mark.parametrize("label", ["", "bash", "console"])
def test_a_label_that_says_nothing_is_refused(tmp_path, label):
    with pytest.raises(ValueError, match=r"^page\.md:2: "):
        blocks(page(tmp_path, f"```{label}\nls\n```\n"), tmp_path)


def test_a_block_that_is_not_closed_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"^page\.md:4: .* not closed"):
        blocks(page(tmp_path, "# A page\n\n```sh\nls\n"), tmp_path)


def test_files_of_a_reader(tmp_path):
    put_files_of_a_reader(tmp_path)
    texts = read_corpus(tmp_path / "texts.csv")
    reviews = read_corpus(tmp_path / "reviews.csv", text_column="review", label_column="sentiment")
    assert texts.classes == reviews.classes == read_corpus(DEMO / "train.txt").classes
    assert (tmp_path / "texts.txt").read_text().splitlines() == texts.texts[:10]
