// Adds lines to the page "Live" as they happen, and loads a line's text when it is opened.
const live = document.getElementById("live");
if (live) {
  const [status, pause] = [document.getElementById("live-status"), document.querySelector(".live-pause")];
  // A page may be open for days: it keeps the last lines only.
  const KEPT = 500;
  const waiting = new Map();
  let [last, added, source, retry, wait] = [live.dataset.after, 0, null, 0, 1000];
  let [state, isProblem] = [status.textContent, false];
  const say = (text) => { if (status.textContent !== text) status.textContent = text; };
  function become(text, problem) { [state, isProblem] = [text, problem]; say(text); }
  function show(item) {
    live.prepend(item);
    document.getElementById("live-empty")?.remove();
    if (live.children.length > KEPT) live.lastElementChild.remove();
  }
  function add(html) {
    const holder = document.createElement("ol");
    holder.innerHTML = html;
    const line = holder.firstElementChild;
    if (!line || document.getElementById(line.id)) return;
    localTimes(line);
    show(line);
    added += 1;
  }
  function note(text) {
    if (live.firstElementChild?.textContent === text) return;
    const item = document.createElement("li");
    item.className = "note";
    item.textContent = text;
    show(item);
  }
  function connect() {
    clearTimeout(retry);
    source?.close();
    source = new EventSource("/live/stream?after=" + encodeURIComponent(last));
    source.addEventListener("works", (event) => { wait = 1000; become(event.data, false); });
    source.addEventListener("problem", (event) => become(event.data, true));
    source.addEventListener("note", (event) => note(event.data));
    source.onmessage = (event) => {
      last = event.lastEventId;
      if (pause.getAttribute("aria-pressed") !== "true") { add(event.data); return; }
      waiting.set(last, event.data);
      if (waiting.size > KEPT) waiting.delete(waiting.keys().next().value);
    };
    source.onerror = () => {
      const isRefused = source.readyState === EventSource.CLOSED;
      source.close();
      // A problem that the server has named stays; the next error is another one.
      if (isRefused) become("The Studio doesn't know this browser any more. Open the new address that the program printed.", true);
      else if (isProblem) isProblem = false;
      else become("The connection is lost; it is tried again.", false);
      retry = setTimeout(connect, wait);
      wait = Math.min(2 * wait, 60000);
    };
  }
  // A browser has six connections to a server, and each open stream is one of them.
  function connectIfVisible() {
    if (document.hidden) { clearTimeout(retry); source?.close(); } else { wait = 1000; connect(); }
  }
  document.addEventListener("visibilitychange", connectIfVisible);
  connectIfVisible();
  pause.hidden = false;
  pause.addEventListener("click", () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
    if (!paused) { waiting.forEach((html) => add(html)); waiting.clear(); }
  });
  // A screen reader hears a number from time to time, not each line.
  setInterval(() => {
    const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
    if (isProblem) say(state);
    else if (waiting.size) say(`${count(waiting.size, "line")} ${waiting.size === 1 ? "waits" : "wait"}.`);
    else if (added) say(`${count(added, "new line")}.`);
    else say(state);
    added = 0;
  }, 10000);
  live.addEventListener("toggle", async (event) => {
    const details = event.target;
    if (!details.open || !details.dataset.texts) return;
    const path = details.dataset.texts;
    delete details.dataset.texts;
    try {
      const page = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
      const texts = page.getElementById("texts");
      if (texts) { texts.removeAttribute("id"); details.querySelector("a").replaceWith(...texts.childNodes); return; }
    } catch { /* Opening it again tries again. */ }
    details.dataset.texts = path;
  }, true);
}
