// The pages Live and Map: they follow the activity of the stack. All text is set as text, never as HTML.

const KEPT = 400;
const id = (name) => document.getElementById(name);
const short = (arn) => String(arn ?? "").split(/[:/]/).pop();

function follow(query, take, say) {
  let source;
  const open = () => {
    source = new EventSource(`/console/live/events?${query}`);
    source.onopen = () => say("connected", "good");
    source.onerror = () => {
      say("reconnecting", "warn");
      // A browser gives up after some refusals.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 1000);
    };
    source.onmessage = (message) => {
      const batch = JSON.parse(message.data);
      // After another start of the server the forms of this page have an old token.
      if (batch.start !== document.body.dataset.start) return location.reload();
      take(batch);
    };
  };
  open();
  window.addEventListener("pagehide", () => source.close());
}

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function live() {
  const body = id("live").tBodies[0];
  const messages = new Map();
  let [count, dropped, recent, paused, selected] = [0, 0, [], false, null];
  let changed = new Set();
  let isDrawing = false;

  const say = (word, kind) => {
    id("state").textContent = word;
    id("state").className = `badge ${kind}`;
  };

  function noticed(item) {
    if (item.kind === "put" || item.kind === "received") {
      const detail = item.event?.detail ?? {};
      const stream = detail.aggregateType && detail.aggregateId ? `${detail.aggregateType}/${detail.aggregateId}` : "";
      messages.set(item.eventId, {
        item, stream, deliveries: [], attempts: 0, latency: 0, failures: [],
        correlation: detail.metadata?.correlationId ?? detail.eventId ?? item.eventId,
      });
      count += 1;
      recent.push(item.seen);
      if (messages.size > KEPT) remove(messages.keys().next().value);
    } else if (item.kind === "error") {
      say(item.message, "bad");
      return;
    }
    const message = messages.get(item.eventId);
    if (!message) return;
    if (item.kind === "delivery" || item.kind === "invoke") {
      message.deliveries.push(item);
      message.attempts = Math.max(message.attempts, item.attempt ?? item.tries ?? 1);
      message.latency = Math.max(message.latency, item.latencyMs ?? item.tookMs ?? 0);
      if (!["delivered", "done"].includes(item.outcome)) message.failures.push(item);
    }
    changed.add(item.eventId);
  }

  function remove(key) {
    messages.get(key)?.row?.remove();
    messages.delete(key);
    changed.delete(key);
  }

  function outcome(message) {
    const last = message.failures.at(-1);
    if (last) return [last.outcome, ["retried", "failed"].includes(last.outcome) ? "warn" : "bad"];
    if (!message.item.rules) return ["received", ""];
    if (!message.item.rules.length) return ["no rule", ""];
    const ran = message.deliveries.filter((it) => it.kind === "invoke").length;
    return ran ? ["done", "good"] : ["on its way", "calm"];
  }

  function draw() {
    isDrawing = false;
    if (paused) return;
    for (const key of changed) {
      const message = messages.get(key);
      const { item } = message;
      const [word, kind] = outcome(message);
      const delivered = message.deliveries.filter((it) => it.kind === "delivery");
      const good = delivered.filter((it) => it.outcome === "delivered").length;
      const cells = [
        new Date(item.seen).toISOString().slice(11, 23), item.event?.["detail-type"] ?? "", message.stream,
        item.rules ? item.rules.length : "", item.rules ? `${good}/${item.rules.length}` : "",
        message.attempts || "", message.latency ? `${message.latency.toFixed(1)} ms` : "",
      ];
      if (!message.row) {
        message.row = body.insertRow(0);
        message.row.tabIndex = 0;
        message.row.dataset.key = key;
        cells.forEach((_, place) => message.row.append(element("td", "", place === 5 || place === 6 ? "right" : "")));
        message.row.append(document.createElement("td"));
      }
      cells.forEach((text, place) => { message.row.cells[place].textContent = text; });
      message.row.cells[7].replaceChildren(element("span", word, `badge ${kind}`));
    }
    if (selected && changed.has(selected)) details(selected);
    changed = new Set();
    counts();
  }

  function counts() {
    const now = Date.now();
    recent = recent.filter((at) => now - at < 5000);
    id("count").textContent = `${count} messages`;
    id("rate").textContent = `${(recent.length / 5).toFixed(recent.length < 50 ? 1 : 0)}/s`;
    id("dropped").textContent = `${dropped} dropped`;
  }

  function details(key) {
    const message = messages.get(key);
    if (!message) return;
    selected = key;
    for (const row of body.rows) row.setAttribute("aria-selected", row.dataset.key === key);
    const { item } = message;
    const place = id("details");
    place.hidden = false;
    place.className = "panel";
    const links = element("p");
    for (const [words, path, name, value] of [
      ["Flow", "flow", "of", message.correlation], ["Stream", "streams", "stream", message.stream],
    ]) {
      if (!value) continue;
      const link = element("a", `${words}: ${value}`);
      link.href = `/console/${path}?${new URLSearchParams({ [name]: value })}`;
      links.append(link, " ");
    }
    const list = element("ul");
    for (const it of message.deliveries) {
      const took = (it.latencyMs ?? it.tookMs)?.toFixed(1);
      const who = short(it.target ?? it.function);
      list.append(element("li", [`${it.kind} ${who}: ${it.outcome}`, took && `${took} ms`, it.code, it.message].filter(Boolean).join(", ")));
    }
    for (const near of item.nearest ?? []) list.append(element("li", `${short(near.rule)} does not match: ${near.why}`));
    const text = element("pre", JSON.stringify(item.event, null, 2), "json");
    text.tabIndex = 0;
    const rules = element("p", `Rules: ${(item.rules ?? []).map(short).join(", ") || "none"}`);
    place.replaceChildren(element("h2", item.event?.["detail-type"] ?? ""), links, rules, list, text);
  }

  function pause() {
    paused = !paused;
    id("pause").setAttribute("aria-pressed", paused);
    id("pause").textContent = paused ? "Go on" : "Pause";
    if (!paused) draw();
  }

  body.addEventListener("click", (event) => details(event.target.closest("tr")?.dataset.key));
  body.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr");
    if (event.key === "Enter") details(row.dataset.key);
    if (event.key === "ArrowDown") row.nextElementSibling?.focus();
    if (event.key === "ArrowUp") row.previousElementSibling?.focus();
    if (event.key.startsWith("Arrow")) event.preventDefault();
  });
  id("pause").addEventListener("click", pause);
  document.addEventListener("keydown", (event) => {
    if (event.key === "p" && !event.target.closest("input, textarea, select")) pause();
  });
  id("clear").addEventListener("click", () => {
    [...messages.keys()].forEach(remove);
    [count, dropped, recent] = [0, 0, []];
    counts();
  });
  id("publish").elements.name.addEventListener("change", async (event) => {
    const answer = await fetch(`/console/live/sample?${new URLSearchParams({ name: event.target.value })}`);
    id("publish").elements.detail.value = JSON.stringify(await answer.json(), null, 2);
  });
  setInterval(counts, 1000);

  follow(location.search.slice(1), (batch) => {
    dropped += batch.dropped;
    batch.items.forEach(noticed);
    if (!isDrawing) {
      isDrawing = true;
      requestAnimationFrame(draw);
    }
  }, say);
}

function map() {
  const lit = new Map();
  const light = (found) => {
    for (const one of found) {
      one.classList.add("hot");
      clearTimeout(lit.get(one));
      lit.set(one, setTimeout(() => one.classList.remove("hot"), 900));
    }
  };
  const all = (name, value) => document.querySelectorAll(`[data-${name}="${CSS.escape(value)}"]`);
  const kebab = (name) => name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
  const contexts = [...document.querySelectorAll("#map [data-context]")].map((it) => it.dataset.context);
  const owner = (name) => contexts.find((context) => name.startsWith(`${context}-on-`));
  document.addEventListener("filled", () => {
    for (const card of document.querySelectorAll("[data-red]")) all("context", card.dataset.red).forEach((it) => it.classList.add("red"));
  });
  follow("", (batch) => {
    for (const item of batch.items) {
      if (item.kind === "put" || item.kind === "received") {
        const context = item.event?.detail?.aggregateType ?? "";
        light(all("context", context));
        light(all("from", context));
      }
      if (item.kind === "invoke") {
        // A deployed function has the name of the stack before its own, and a random end.
        const name = short(item.function).replace(/^[a-z]+-(?=[A-Z])/, "").replace(/-[A-Z0-9]{12,13}$/, "");
        const function_ = kebab(name);
        light(all("function", function_));
        light(all("context", owner(function_) ?? ""));
      }
    }
  }, () => {});
}

if (id("live")) live();
if (id("map")) map();
