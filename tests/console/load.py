"""The console under load: `python tests/console/load.py target/release/causeway [seconds]`.

Orders go through a local cloud beside 1,000 other events a second, first without readers, then with the page Live open in a
browser and a reader that reads nothing. Memory must not grow with time, and the orders must not become much slower.
"""

import json
import pathlib
import socket
import sys
import threading
import time
import urllib.request

from site_of_tests import Site, browser, eventually

RATE = 1_000
ORDERS = 200
# What a page may cost, and what the server may grow by while it is open.
LEAST_RATIO = 0.9
MOST_GROWTH_MB = 120


def noise(site, until, sent):
    """Puts events that no rule matches, ten at a time."""
    number = 0
    begun = time.monotonic()
    while time.monotonic() < until:
        entries = [
            {"EventBusName": "causeway", "Source": "load", "DetailType": "Noise",
             "Detail": json.dumps({"data": {"number": number + place, "text": "x" * 200}})}
            for place in range(10)
        ]
        request = urllib.request.Request(
            site.url, json.dumps({"Entries": entries}).encode(),
            {"X-Amz-Target": "AWSEvents.PutEvents", "Content-Type": "application/x-amz-json-1.1"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
        number += 10
        sent[0] = number
        time.sleep(max(0, begun + number / RATE - time.monotonic()))


def memory(site):
    """The memory of the cloud in MB."""
    status = pathlib.Path(f"/proc/{site.process.pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def measured(site, seconds, name):
    """Orders a second beside the noise, until the time is over and all orders are shipped."""
    begun, sent, rounds, peak = time.monotonic(), [0], 0, memory(site)
    thread = threading.Thread(target=noise, args=(site, begun + seconds, sent))
    thread.start()
    took = 0
    while time.monotonic() < begun + seconds:
        first = time.monotonic()
        order = f"{name}-{rounds}-{{number}}"
        site.command("put", "PlaceOrder", "--set", f"orderId={order}", "--count", str(ORDERS))
        for number in range(1, ORDERS + 1):
            eventually("shipped", lambda: shipped(site, f"{name}-{rounds}-{number}"))
        took += time.monotonic() - first
        rounds += 1
        peak = max(peak, memory(site))
    thread.join()
    rate = ORDERS * rounds / took
    print(f"{name}: {rate:.1f} orders/s, {sent[0] / (time.monotonic() - begun):.0f} other events/s, "
          f"{memory(site):.0f} MB, at most {peak:.0f} MB", flush=True)
    return rate, peak


def shipped(site, order):
    key = json.dumps({"TableName": "causeway-views", "Key": {"row": {"S": f"order-summary/{order}"}}})
    request = urllib.request.Request(
        site.url, key.encode(),
        {"X-Amz-Target": "DynamoDB_20120810.GetItem", "Content-Type": "application/x-amz-json-1.0"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer).get("Item", {}).get("_status", {}).get("S") == "shipped"


def main(program, seconds="60"):
    site = Site(pathlib.Path(program).resolve())
    failed = 1
    try:
        site.command("put", "ReceiveStock", "--set", "quantity=1000000")
        eventually("mugs are there", lambda: site.command("state", "inventory/mug"))
        measured(site, 5, "warm")
        alone, _ = measured(site, float(seconds), "alone")
        slow = socket.create_connection(("127.0.0.1", site.port))
        slow.sendall(f"GET /console/live/events HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
        driver = browser()
        try:
            driver.get(f"{site.url}/console/live")
            before = memory(site)
            watched, peak = measured(site, float(seconds), "watched")
            counts = driver.execute_script("return document.querySelector('.counts').textContent")
        finally:
            driver.quit()
            slow.close()
        print(f"the page: {counts}")
        print(f"ratio {watched / alone:.2f}, grown by {peak - before:.0f} MB while it was open")
        failed = int(watched < LEAST_RATIO * alone) + int(peak - before > MOST_GROWTH_MB)
    finally:
        site.close()
    print(f"test result: {'FAILED' if failed else 'ok'}. {2 - failed} passed; {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
