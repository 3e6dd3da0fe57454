"""What a person does with the console, page by page."""

import re
import unittest

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from site_of_tests import eventually, size

ORDER = "o-1001"
PAGES = {
    "live": "live",
    "flow": f"flow?of=order/{ORDER}",
    "map": "map",
    "streams": f"streams?stream=order/{ORDER}&at=2",
    "sagas": f"sagas?saga=fulfilment/{ORDER}",
    "dead-letters": "dead-letters",
    "timers": "timers",
    "views": f"views?view=order-details&id={ORDER}&list=status/confirmed",
    "sales": "sales",
}
HOSTILE = "<script>window.canary=1</script><img src=x onerror='window.canary=2'>\u202e\u2066javascript:window.canary=3"


class State:
    """The site and the browser, which all tests share."""

    site = None
    driver = None
    axe = None


def load(path):
    """Opens a page and waits for the content that comes later."""
    State.driver.get(f"{State.site.url}/console/{path}")
    eventually(f"{path} is complete", lambda: not found("[aria-busy]"))


def found(selector):
    return State.driver.find_elements(By.CSS_SELECTOR, selector)


def text():
    """The text of the page, which is nothing while another one is loaded."""
    return State.driver.execute_script("return document.querySelector('main')?.textContent ?? ''")


def click(element):
    """Clicks, and says yes to a question."""
    State.driver.execute_script("window.confirm = () => true; arguments[0].scrollIntoView({block: 'center'})", element)
    element.click()


def traffic():
    """Sends messages until the page Live shows their outcome."""
    eventually("Live is connected", lambda: found("#state.good"))
    State.site.command("put", "ReceiveStock", "--set", "sku=tea")
    eventually("messages are shown", lambda: len(found("#live tbody tr")) >= 2 and found("#live .badge.good"))


class Console(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        site = State.site
        site.command("put", "ReceiveStock", "--set", "quantity=100")
        eventually("mugs are there", lambda: site.command("state", "inventory/mug"))
        site.command("put", "PlaceOrder")
        eventually("the order is shipped", lambda: any(
            row["columns"].get("status") == "shipped" for row in site.command("view", "order-summary", ORDER)))
        site.put("PlaceOrder", {"eventId": "broken-1", "data": {"orderId": "o-1002", "note": HOSTILE}})
        eventually("a dead letter lies there", lambda: site.command("dlq", "ls"))

    def test_1_every_page_loads_shows_the_state_and_asks_no_other_site(self):
        shows = {
            "live": ["PlaceOrder"],
            "flow": [node.get("type") or node["command"] for node in State.site.command("trace", f"order/{ORDER}")],
            "map": ["order-on-place-order", "dead letters"],
            "streams": [event["eventId"] for event in State.site.command("history", f"order/{ORDER}")],
            "sagas": list(State.site.command("saga", "show", ORDER)[0]["state"]["steps"]),
            "dead-letters": [letter["id"] for letter in State.site.command("dlq", "ls")],
            "timers": [timer["name"] for timer in State.site.command("timers", "ls")],
            "views": [row["id"] for row in State.site.command("list", "order-details", "status/confirmed")],
            "sales": ["Orders per minute", "EUR"],
        }
        for name, path in PAGES.items():
            with self.subTest(name):
                load(path)
                for word in shows[name]:
                    self.assertIn(word, text())
                urls = State.driver.execute_script(
                    "return performance.getEntries().map(it => it.name).filter(it => it.includes('://'))")
                self.assertTrue(all(url.startswith(State.site.url) for url in urls), urls)
                self.assertIsNone(State.driver.execute_script("return window.canary ?? null"))

    def test_2_no_page_is_wider_than_a_telephone(self):
        size(State.driver, 400, 800)
        try:
            for name, path in PAGES.items():
                with self.subTest(name):
                    load(path)
                    wide = State.driver.execute_script("return document.documentElement.scrollWidth")
                    self.assertLessEqual(wide, 400)
        finally:
            size(State.driver, 1280, 900)

    def test_3_axe_finds_nothing_serious_in_either_theme(self):
        if not State.axe:
            self.skipTest("axe-core is not there: npm is missing")
        for scheme in ["light", "dark"]:
            media = [{"name": "prefers-color-scheme", "value": scheme}]
            State.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
            for name, path in PAGES.items():
                with self.subTest(f"{name}, {scheme}"):
                    load(path)
                    State.driver.execute_script(State.axe)
                    found_by_axe = State.driver.execute_async_script(
                        "const done = arguments[0]; axe.run().then(it => done(it.violations), it => done([String(it)]))")
                    serious = [f"{it['id']}: {it['nodes'][0]['html'][:200]} {it['nodes'][0]['failureSummary']}"
                               for it in found_by_axe if it["impact"] in ("serious", "critical")]
                    self.assertEqual(serious, [])
        State.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    def test_4_a_sample_is_published_and_seen_and_can_be_filtered_and_paused(self):
        load("live?type=ReceiveStock")
        eventually("Live is connected", lambda: found("#state.good"))
        State.site.command("put", "ReceiveStock", "--set", "sku=cup")
        eventually("it is seen", lambda: "ReceiveStock" in State.driver.find_element(By.ID, "live").text)
        self.assertNotIn("StockReceived", State.driver.find_element(By.ID, "live").text)
        load("live")
        click(found("details.panel > summary")[0])
        Select(found("#publish select")[0]).select_by_value("ReceiveStock")
        eventually("the sample is there", lambda: "mug" in found("#publish textarea")[0].get_attribute("value"))
        click(found("#publish .primary")[0])
        eventually("the bus has it", lambda: "ReceiveStock" in text() and found(".note.good"))

    def test_5_rows_are_reached_by_keys(self):
        load("live")
        traffic()
        body = State.driver.find_element(By.TAG_NAME, "body")
        body.send_keys("p")
        self.assertEqual(found("#pause")[0].get_attribute("aria-pressed"), "true")
        State.driver.execute_script("document.querySelector('#live tbody tr').focus()")
        State.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
        State.driver.switch_to.active_element.send_keys(Keys.ENTER)
        eventually("its details are shown", lambda: found("#details:not([hidden]) pre"))
        body.send_keys("g", "4")
        eventually("g 4 leads to Streams", lambda: "/console/streams" in State.driver.current_url)

    def test_6_the_slider_shows_the_state_of_another_version(self):
        load(f"streams?stream=order/{ORDER}&at=2")
        self.assertIn("State at version 2", text())
        found("#slider [type=range]")[0].send_keys(Keys.ARROW_LEFT)
        eventually("version 1", lambda: "State at version 1" in text())

    def test_7_a_timer_is_cancelled_and_a_dead_letter_redriven_and_discarded(self):
        load("timers")
        timer = found("main tbody [name=timer]")[0].get_attribute("value")
        click(found("main tbody .danger")[0])
        eventually("it is cancelled", lambda: found(".note.good"))
        self.assertNotIn(timer, [timer["name"] for timer in State.site.command("timers", "ls")])
        load("dead-letters")
        click(found(".panel details summary")[0])
        self.assertIn("<script>window.canary=1</script>", found("textarea")[0].get_attribute("value"))
        click(found("button[value=redrive].primary")[0])
        eventually("it is redriven", lambda: found(".note.good"))
        eventually("it is dead again", lambda: State.site.command("dlq", "ls"))
        load("dead-letters")
        click(found(".panel > form .danger")[0])
        eventually("none is left", lambda: "No dead letters." in text())

    def test_8_hostile_events_change_nothing(self):
        load("live")
        eventually("Live is connected", lambda: found("#state.good"))
        site = State.site
        hostile = {"eventId": HOSTILE[:60], "aggregateType": "order", "aggregateId": "javascript:window.canary=4",
                   "metadata": {"correlationId": "javascript:window.canary=5"}, "data": {HOSTILE: HOSTILE}}
        site.put(HOSTILE[:100], hostile, source="evil")
        site.put("Large", {"data": {"text": HOSTILE + "x" * 900_000}}, source="evil")
        site.put("Large", {"data": {"text": HOSTILE + "x" * 200_000}}, source="evil")
        eventually("they are seen", lambda: len(found("#live tbody tr")) >= 2)
        State.driver.execute_script("[...document.querySelectorAll('#live tbody tr')].forEach(row => row.click())")
        page = State.driver.execute_script(
            "return [window.canary ?? null, document.scripts.length, document.images.length, document.body.textContent]")
        self.assertEqual(page[:3], [None, 1, 0])
        self.assertNotRegex(page[3], "[\u202e\u2066]")
        links = State.driver.execute_script("return [...document.links].map(it => it.href)")
        self.assertFalse([link for link in links if not re.match(re.escape(site.url), link)])

    def test_9_live_goes_on_after_a_restart(self):
        load("live")
        eventually("Live is connected", lambda: found("#state.good"))
        before = found("body")[0].get_attribute("data-start")
        State.site.stop()
        eventually("it is seen", lambda: found("#state.warn"))
        State.site.start()
        eventually("the page is that of the new start", lambda: any(
            it.get_attribute("data-start") != before for it in found("body")))
        traffic()
        load(f"streams?stream=order/{ORDER}")
        self.assertIn("State at version", text())
