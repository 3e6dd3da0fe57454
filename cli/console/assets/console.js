// What all pages do: content that comes later, times, questions before what cannot be undone, keys, and the slider.

async function fetched(url) {
  const response = await fetch(url, { headers: { accept: "text/html" } });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

async function fill(place) {
  try {
    const page = await fetched(place.dataset.part);
    place.replaceChildren(...page.body.childNodes);
    prepare(place);
    place.dispatchEvent(new CustomEvent("filled", { bubbles: true }));
  } catch (error) {
    place.textContent = `The console does not answer (${error.message}). Load the page again.`;
  }
  place.removeAttribute("aria-busy");
}

const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });

function prepare(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.title = `${LOCAL.format(at)} here; shown in UTC`;
  }
}

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.sure;
  if (question && !window.confirm(question)) event.preventDefault();
});

// g and a digit leads to a page; / leads to the first field.
let lastKey = "";
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (lastKey === "g") document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`)?.click();
  if (event.key === "/") {
    document.querySelector("main input:not([type=hidden])")?.focus();
    event.preventDefault();
  }
  lastKey = event.key;
});

function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
  target?.scrollIntoView({ block: "nearest" });
}
window.addEventListener("hashchange", openTarget);
document.addEventListener("click", (event) => {
  const link = event.target.closest("svg a");
  if (link && link.getAttribute("href") === location.hash) openTarget();
});

// The slider of a stream replaces only the state and the differences.
const slider = document.getElementById("slider");
if (slider) {
  let waiting = 0;
  slider.elements.at.addEventListener("input", () => {
    const at = Number(slider.elements.at.value);
    slider.querySelector("output").textContent = `${at} of ${slider.elements.at.max}`;
    slider.elements.before.value = Math.max(0, at - 1);
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const query = new URLSearchParams(new FormData(slider));
      const page = await fetched(`/console/streams?${query}`).catch(() => null);
      const replaced = page?.getElementById("replaced");
      if (replaced && Number(slider.elements.at.value) === at) {
        document.getElementById("replaced").replaceWith(replaced);
        history.replaceState(null, "", `?${query}`);
      }
    }, 80);
  });
}

prepare(document);
document.querySelectorAll("[data-part]").forEach(fill);
if (document.getElementById("live") || document.getElementById("map")) import("/console/live.js");
