// Shows while one types what the event becomes.
const trial = document.getElementById("try");
if (trial) {
  const [result, said] = ["result", "said"].map((id) => document.getElementById(id));
  let timer, asked = 0;
  async function ask() {
    const own = ++asked;
    let text = "";
    try {
      const answer = await fetch("/try/result", { method: "POST", body: new URLSearchParams(new FormData(trial)) });
      if (answer.ok) text = await answer.text();
    } catch { /* The server is gone: said below. */ }
    if (own !== asked) return; // A later answer has overtaken this one.
    result.classList.toggle("stale", !text);
    if (text) replaceContent(result, text);
    const line = text ? result.querySelector(".summary, .bad, .pending")?.textContent ?? "" : "This is not the current result: load the page again.";
    if (said.textContent !== line) said.textContent = line;
    said.classList.toggle("visually-hidden", Boolean(text));
  }
  trial.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 300); });
}
