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
  const [own, html, focused] = [byId(part.id), part.outerHTML, document.activeElement];
  if (own.shown === html) return;
  for (const input of own.querySelectorAll("input:checked")) {
    const same = part.querySelector(`#${input.id}`);
    if (same) same.checked = true;
  }
  const details = part.querySelectorAll("details");
  for (const [place, { open }] of own.querySelectorAll("details").entries()) {
    details[place]?.toggleAttribute("open", open);
  }
  const isSame = ({ outerHTML }) => own.contains(focused) && outerHTML === focused.outerHTML;
  const toFocus = [...part.querySelectorAll(focused.localName)].find(isSame);
  showTimes(part);
  own.replaceWith(Object.assign(part, { shown: html }));
  toFocus?.focus();
}
// Shows a fetched part, or that what is to be seen is not the current state.
function show(part) {
  byId("stale").hidden = Boolean(part);
  if (part) renew(part);
}

const followed = byId("followed");
if (followed) followed.shown = followed.outerHTML;
showTimes(document);
async function follow() {
  if (!document.querySelector("[data-follow]")) return;
  if (!document.hidden) show(await fetchPart("followed", location.href));
  setTimeout(follow, 1000);
}
setTimeout(follow, 1000);

const trial = byId("try");
let asked;
trial?.addEventListener("input", () => {
  clearTimeout(asked);
  const own = setTimeout(async () => {
    const body = new URLSearchParams(new FormData(trial));
    const part = await fetchPart("result", "/try/result", { method: "POST", body });
    if (asked !== own) return; // A later input has its own answer.
    show(part);
    byId("said").textContent = part?.querySelector(".good, .pending, .bad")?.textContent ?? "";
  }, 300);
  asked = own;
});

const live = byId("live");
const [pause, status] = [byId("live-pause"), byId("live-status")];
let [source, last, added, retry] = [null, live?.dataset.after, 0, 0];
const say = (text) => status.replaceChildren(text);
function add({ data, lastEventId }) {
  last = lastEventId;
  const line = parse(data).body.firstElementChild;
  if (byId(line.id)) return; // Lines are sent again after a lost connection.
  showTimes(line);
  live.prepend(line);
  live.children[500]?.remove();
  added += 1;
}
// A browser has six connections to a server: a page that nobody sees gives its own back.
function connect() {
  source?.close();
  clearTimeout(retry);
  if (pause.checked) say("Paused.");
  if (pause.checked || document.hidden) return;
  source = new EventSource(`/live/stream?after=${last}`);
  source.onmessage = add;
  source.addEventListener("status", ({ data }) => say(data));
  source.onerror = ({ target }) => {
    say(
      "The connection is lost; it is tried again. If it stays lost, open the address that the Studio has printed.",
    );
    if (target.readyState === EventSource.CLOSED) retry = setTimeout(connect, 5000);
  };
}
if (live) {
  pause.addEventListener("change", connect);
  document.addEventListener("visibilitychange", connect);
  connect();
  // A screen reader hears a number from time to time, not each line.
  setInterval(() => {
    if (added && source.readyState === EventSource.OPEN) say(`New lines: ${added}.`);
    added = 0;
  }, 10_000);
}
