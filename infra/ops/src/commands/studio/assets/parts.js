// Parts of a page that change while it is open.
import { showTimes } from "./times.js";

/** Shows the part of this id as the server has it now, or says that it doesn't answer, or answers with another page. */
export async function renew(id, path, options) {
  const html = await fetch(path, options).then((answer) => answer.text(), String);
  const part = new DOMParser().parseFromString(html, "text/html").getElementById(id);
  document.getElementById("stale").toggleAttribute("hidden", part !== null);
  if (part) replace(document.getElementById(id), part);
}

/** Replaces a part that has changed. Keeps the chosen tabs, the opened details and the focus. */
function replace(own, part) {
  const [html, focused] = [part.outerHTML, document.activeElement];
  if (own.html === html) return;
  for (const { id } of own.querySelectorAll("input:checked")) {
    part.querySelector(`#${id}`)?.toggleAttribute("checked", true);
  }
  const details = part.querySelectorAll("details");
  for (const [place, { open }] of own.querySelectorAll("details").entries()) {
    details[place]?.toggleAttribute("open", open);
  }
  const isFocused = ({ outerHTML }) => own.contains(focused) && outerHTML === focused.outerHTML;
  const toFocus = [...part.querySelectorAll(focused.localName)].find(isFocused);
  showTimes(part);
  own.replaceWith(Object.assign(part, { html }));
  toFocus?.focus();
}
