// Every page can be read without this script. It shows times in the reader's zone, and what is new.
const byId = (id) => document.getElementById(id);
const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
function showTimes(root) {
  for (const time of root.querySelectorAll("time:not([title])")) {
    time.title = time.textContent;
    time.textContent = format.format(new Date(time.dateTime));
  }
}
const parse = (html) => new DOMParser().parseFromString(html, "text/html");
// A part of a page as the server has it now; null if the server doesn't answer, or answers with another page.
const fetchPart = (id, path, options) =>
  fetch(path, options)
    .then(async (answer) => parse(await answer.text()).getElementById(id))
    .catch(() => null);
// Replaces a part that has changed. Keeps the chosen tabs, the opened details and the focus.
function renew(part) {
  const [own, html] = [byId(part?.id), part?.outerHTML];
  if (!own || own.shown === html) return;
  const kept = "a, button, details, input, pre, summary";
  const now = part.querySelectorAll(kept);
  let focused;
  own.querySelectorAll(kept).forEach((element, place) => {
    if (now[place]) Object.assign(now[place], { checked: element.checked, open: element.open });
    if (element === document.activeElement) focused = now[place];
  });
  showTimes(part);
  own.replaceWith(Object.assign(part, { shown: html }));
  focused?.focus();
}

const followed = byId("followed");
if (followed) followed.shown = followed.outerHTML;
showTimes(document);
const following = setInterval(async () => {
  if (!document.querySelector("[data-follow]")) clearInterval(following);
  else if (!document.hidden) renew(await fetchPart("followed", location.href));
}, 1000);

const trial = byId("try");
let asked;
trial?.addEventListener("input", () => {
  clearTimeout(asked);
  const own = setTimeout(async () => {
    const body = new URLSearchParams(new FormData(trial));
    const part = await fetchPart("result", "/try/result", { method: "POST", body });
    if (asked !== own) return; // One has typed on.
    renew(part);
    trial.parentElement.classList.toggle("stale", !part);
    const summary = part?.querySelector(".good, .pending, .bad")?.textContent ?? "";
    byId("said").textContent = part ? summary : "This is not the current result: load the page again.";
  }, 300);
  asked = own;
});

const live = byId("live");
const [pause, status] = [byId("live-pause"), byId("live-status")];
let [source, last] = [null, live?.dataset.after];
const say = (text) => status.replaceChildren(text);
function add({ data, lastEventId }) {
  last = lastEventId;
  const line = parse(data).body.firstElementChild;
  if (byId(line.id)) return; // Lines are sent again after a lost connection.
  showTimes(line);
  live.prepend(line);
  live.children[500]?.remove();
}
// A browser has six connections to a server: a page that nobody sees gives its own back.
function connect() {
  source?.close();
  if (pause.checked || document.hidden) return say("Paused.");
  source = new EventSource(`/live/stream?after=${last}`);
  source.onmessage = add;
  source.addEventListener("status", ({ data }) => say(data));
  source.onerror = () =>
    say("The connection is lost. If it stays lost, open the address that the Studio has printed.");
}
if (live) {
  pause.addEventListener("change", connect);
  document.addEventListener("visibilitychange", connect);
  connect();
}
