"""A local cloud with its data in a folder, and a browser that looks at its console."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Far longer than anything takes that works; a crowded machine is slow.
PATIENCE = 60


def eventually(what, value):
    """Waits until `value` is true, and returns it."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            found = value()
        except StaleElementReferenceException:
            # The page has been replaced meanwhile.
            found = None
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.05)


class Site:
    """`causeway up` on a port of its own, which can be restarted there."""

    def __init__(self, program):
        self.program = program
        self.folder = tempfile.TemporaryDirectory(prefix="console-", dir=ROOT / "target")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        command = [self.program, "up", "--port", str(self.port), "--data", f"{self.folder.name}/data"]
        self.log = open(f"{self.folder.name}/log", "a+", encoding="utf-8")
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT
        )
        eventually("up is ready", self.is_ready)

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(pathlib.Path(self.log.name).read_text(encoding="utf-8"))
        try:
            with urllib.request.urlopen(f"{self.url}/_causeway/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(PATIENCE)
        self.log.close()

    def close(self):
        self.stop()
        self.folder.cleanup()

    def command(self, *words):
        """What a command prints with --json, one value per line."""
        line = [self.program, "--endpoint", self.url, "--json", *words]
        printed = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
        return [json.loads(line) for line in printed.stdout.splitlines()]

    def put(self, name, detail, source="cli"):
        """Puts an event as any client does, and returns the answer."""
        entry = {"EventBusName": "causeway", "Source": source, "DetailType": name, "Detail": json.dumps(detail)}
        request = urllib.request.Request(
            self.url,
            json.dumps({"Entries": [entry]}).encode(),
            {"X-Amz-Target": "AWSEvents.PutEvents", "Content-Type": "application/x-amz-json-1.1"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)


def browser(width=1280, height=900, dark=False):
    """A headless Chromium of the machine."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("chromium-browser")
    for word in ["--headless=new", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--hide-scrollbars"]:
        options.add_argument(word)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    if dark:
        options.add_argument("--force-dark-mode")
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_page_load_timeout(PATIENCE)
    size(driver, width, height)
    return driver


def size(driver, width, height):
    """Sets the size of the page, narrower than a window may be, too."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
