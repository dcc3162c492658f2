"""The web page of the demo: its bytes, the first label after loading, a label after a key, in a headless Chromium.

Fills results/web_page.json and docs/web.md. Run: PYTHONPATH=tests python benchmarks/programs/web_page.py
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import fire

from browser_helpers import chromium
from embdistill.data.corpora import read_corpus
from readme_table import ROOT, fill

RESULTS = ROOT / "benchmarks" / "results" / "web_page.json"
DEMO = "embdistill/demo"
TRAIN = f"train --data {DEMO}/train.txt --dev {DEMO}/dev.txt --test {DEMO}/test.txt --vectors {DEMO}/vectors.h5"
TRAIN += " --network mean --method encode --dim 10 --words 4000 --threads 1 --out"
COLD, WARM, TYPED = 5, 30, 20  # loadings in new browsers and in one that runs; texts that are typed
LOADED = "return performance.getEntriesByName('first label')[0]?.startTime"  # milliseconds since the page was asked for
# From the key, by the clock of the browser, to the end of the page's own listener, by which the label is set.
TIMER = "window.waits = []; document.addEventListener('input', e => waits.push(performance.now() - e.timeStamp))"


def page_of_the_demo(folder: Path) -> Path:
    """Trains README's example with `mean`, and exports it as int8."""
    run, page = folder / "demo.h5", folder / "demo.html"
    for words in ([*TRAIN.split(), run], ["export", run, "--to", "web", "--dtype", "int8", "--out", page]):
        subprocess.run([sys.executable, "-m", "embdistill", *words], cwd=ROOT, check=True, capture_output=True)
    return page


def load(driver, page: Path) -> float:
    """Milliseconds from asking for the page, with a text in its address, to the label of the text."""
    driver.get("about:blank")
    driver.get(page.as_uri() + "#is%20the%20chandelier%20too%20dim")
    while (found := driver.execute_script(LOADED)) is None:
        time.sleep(0.01)
    assert driver.execute_script("return document.querySelector('#labels .name').textContent") == "lights"
    return found


def keys(driver, texts: list[str]) -> list[float]:
    """Milliseconds from each key to the label, for texts that are typed letter by letter."""
    driver.execute_script(TIMER)
    for text in texts:
        driver.execute_script("document.getElementById('text').value = ''")
        for letter in text:
            driver.switch_to.active_element.send_keys(letter)
    return driver.execute_script("return waits")


def measure():
    """Measure and write."""
    with tempfile.TemporaryDirectory() as folder:
        page, cold = page_of_the_demo(Path(folder)), []
        for _ in range(COLD):
            with chromium() as driver:
                cold.append(load(driver, page))
        with chromium() as driver:
            version = driver.capabilities["browserVersion"]
            warm = [load(driver, page) for _ in range(WARM)]
            texts = [example.text for example in read_corpus(ROOT / DEMO / "test.txt").examples[:TYPED]]
            waits = keys(driver, texts)
        record = {
            "command": "PYTHONPATH=tests python benchmarks/programs/web_page.py",
            "chromium": version,
            "bytes": os.path.getsize(page),
            "milliseconds": {
                "first label, new browser": _spread(cold),
                "first label": _spread(warm),
                "label after a key": _spread(waits),
            },
        }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    fill("web_page", table(record), "docs/web.md")


def _spread(found):
    ordered = sorted(found)
    at_most = {"of 95 %": ordered[-1 - len(ordered) // 20], "most": ordered[-1]}
    return {"count": len(found), "median": statistics.median(found)} | at_most


def table(record: dict) -> str:
    lines = ["| | measured | median | 95 % within | most |", "|---|---|---|---|---|"]
    for what, of in record["milliseconds"].items():
        times = " | ".join(f"{of[name]:.1f} ms" for name in ("median", "of 95 %", "most"))
        lines.append(f"| {what} | {of['count']} times | {times} |")
    return "\n".join([f"The page has {record['bytes']:,} bytes.", "", *lines])


if __name__ == "__main__":
    fire.Fire(measure)
