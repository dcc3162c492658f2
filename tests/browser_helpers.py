"""A headless Chromium that has no network, driven by Selenium."""

import shutil
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from c_helpers import needed

OFFLINE = "--disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *OFFLINE.split()]


@contextmanager
def chromium():
    """A driver of a new Chromium; console messages are in get_log("browser")."""
    browser = shutil.which(needed("chromium", "chromium"))
    service = shutil.which(needed("chromedriver", "chromium-driver"))
    from selenium import webdriver

    with TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options, webdriver.ChromeService(service))
        try:
            yield driver
        finally:
            driver.quit()
