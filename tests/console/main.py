"""The console in a real browser: `python tests/console/main.py target/debug/causeway [axe.min.js]`.

With CAUSEWAY_PICTURES=yes it writes the pictures of `docs/console`. The last line is that of Rust's own tests, so that both
are counted alike.
"""

import base64
import os
import pathlib
import sys
import threading
import unittest

import site_tests
from selenium.common.exceptions import WebDriverException
from site_of_tests import ROOT, Site, browser

LIMIT = 10 * 60


def main(program, axe=None):
    os.environ.pop("AWS_ENDPOINT_URL", None)
    limit = threading.Timer(LIMIT, lambda: os._exit(1))
    limit.daemon = True
    limit.start()
    site = Site(pathlib.Path(program).resolve())
    try:
        driver = browser()
    except WebDriverException as error:
        site.close()
        print(f"the browser does not start: {error}", file=sys.stderr)
        return 1
    site_tests.State.site, site_tests.State.driver = site, driver
    site_tests.State.axe = pathlib.Path(axe).read_text(encoding="utf-8") if axe else None
    try:
        tests = unittest.defaultTestLoader.loadTestsFromModule(site_tests)
        result = unittest.TextTestRunner(verbosity=2).run(tests)
        if os.environ.get("CAUSEWAY_PICTURES"):
            pictures(site, driver)
    finally:
        driver.quit()
        site.close()
    failed = len(result.failures) + len(result.errors)
    sys.stderr.flush()
    print(f"test result: {'FAILED' if failed else 'ok'}. {result.testsRun - failed} passed; {failed} failed")
    return 1 if failed else 0


def pictures(site, driver):
    """A picture of each page, in the light theme."""
    folder = ROOT / "docs" / "console"
    folder.mkdir(exist_ok=True)
    for name, path in site_tests.PAGES.items():
        site_tests.load(path)
        if name == "live":
            site_tests.traffic()
        taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": False})
        (folder / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))
    print(f"pictures in {folder}")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
