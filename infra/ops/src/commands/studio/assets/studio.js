// Everything can be read without this script. It shows times in the reader's zone, and follows an order that is in progress.
"use strict";
const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.title = time.textContent;
    time.textContent = format.format(new Date(time.dateTime));
  }
}
// Keeps the chosen tabs, the opened details and the focus.
function replaceContent(element, html) {
  const chosen = [...element.querySelectorAll("input[type=radio]:checked")].map((input) => input.id);
  const opened = [...element.querySelectorAll("details")].map((details) => details.open);
  const focused = element.contains(document.activeElement) ? document.activeElement.id : "";
  element.innerHTML = html;
  for (const id of chosen) { const input = document.getElementById(id); if (input) input.checked = true; }
  element.querySelectorAll("details").forEach((details, place) => { if (opened[place]) details.open = true; });
  if (focused) document.getElementById(focused)?.focus();
  localTimes(element);
}
const until = Date.now() + 120000;
let shown = document.getElementById("followed")?.innerHTML;
async function follow() {
  if (!document.querySelector("[data-follow]")) return;
  if (Date.now() > until) { document.getElementById("not-followed").hidden = false; return; }
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [own, next] = [document.getElementById("followed"), page.getElementById("followed")];
    if (own && next && shown !== next.innerHTML) {
      shown = next.innerHTML;
      replaceContent(own, shown);
    }
  } catch { /* The server is gone for a moment: the next try may find it. */ }
  setTimeout(follow, 1000);
}
setTimeout(follow, 1000);
document.documentElement.classList.add("scripted");
localTimes(document);
