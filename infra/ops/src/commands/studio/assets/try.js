// Shows what the event becomes while one types.
import { renew } from "./parts.js";

const trial = document.getElementById("try");
const said = document.getElementById("said");
let [pause, last] = [0, Promise.resolve()];

async function show() {
  await renew("result", "/try/result", { method: "POST", body: new URLSearchParams(new FormData(trial)) });
  said.textContent = document.querySelector("#result :is(.good, .pending, .bad)")?.textContent ?? "";
}
trial.addEventListener("input", () => {
  clearTimeout(pause);
  // One after the other, so that the last answer is the one to the last input.
  pause = setTimeout(() => {
    last = last.then(show);
  }, 300);
});
