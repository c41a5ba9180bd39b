// Renews what goes on: an order of a local run, an action that takes long.
import { renew } from "./parts.js";

async function follow() {
  if (!document.querySelector("[data-follow]")) return;
  if (!document.hidden) await renew("followed", location.href);
  setTimeout(follow, 1000);
}
setTimeout(follow, 1000);
