// Adds lines to the page "Live" as they happen, and loads a line's text when it is opened.
const live = document.getElementById("live");
if (live) {
  const [status, pause] = [document.getElementById("live-status"), document.querySelector(".live-pause")];
  let waiting = [], added = 0;
  const say = (text) => { if (status.textContent !== text) status.textContent = text; };
  function add(html) {
    const holder = document.createElement("ol");
    holder.innerHTML = html;
    const line = holder.firstElementChild;
    if (!line || document.getElementById(line.id)) return;
    localTimes(line);
    live.prepend(line);
    document.getElementById("live-empty")?.remove();
    if (live.children.length > 500) live.lastElementChild.remove();
    added += 1;
  }
  const source = new EventSource("/live/stream?after=" + encodeURIComponent(live.dataset.after));
  source.onopen = () => say("New lines appear at the top.");
  source.onerror = () => say("The connection is lost; it is tried again.");
  source.addEventListener("problem", (event) => say(event.data));
  source.onmessage = (event) => { if (pause.getAttribute("aria-pressed") === "true") waiting.push(event.data); else add(event.data); };
  pause.hidden = false;
  pause.addEventListener("click", () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
    if (!paused) { waiting.forEach(add); waiting = []; }
  });
  // A screen reader hears a number from time to time, not each line.
  setInterval(() => {
    if (waiting.length) say(`${waiting.length} lines wait.`);
    else if (added) say(`${added} new lines.`);
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
