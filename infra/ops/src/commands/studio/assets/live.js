// Adds what happens, as the server's stream brings it.
import { showTimes } from "./times.js";

const byId = (id) => document.getElementById(id);
const [lines, pause, status, stale] = ["live", "live-pause", "live-status", "stale"].map(byId);
let [source, retry, last] = [null, 0, lines.dataset.after];

function add({ data, lastEventId }) {
  last = lastEventId;
  const line = document.createRange().createContextualFragment(data).firstElementChild;
  if (byId(line.id)) return; // Lines are sent again after a lost connection.
  showTimes(line);
  lines.prepend(line);
  lines.children[500]?.remove();
}
// A browser has six connections to a server: a page that nobody sees gives its own back.
function connect() {
  source?.close();
  clearTimeout(retry);
  status.textContent = pause.checked ? "Paused." : "";
  if (pause.checked || document.hidden) return;
  source = new EventSource(`/live/stream?after=${last}`);
  source.onmessage = add;
  source.addEventListener("status", ({ data }) => status.replaceChildren(data));
  source.onopen = () => stale.toggleAttribute("hidden", true);
  source.onerror = () => {
    stale.toggleAttribute("hidden", false);
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(connect, 5000);
  };
}
pause.addEventListener("change", connect);
document.addEventListener("visibilitychange", connect);
connect();
