// Shows while one types what the event becomes.
const trial = document.getElementById("try");
if (trial) {
  let timer, asked = 0;
  trial.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const own = ++asked;
      const answer = await fetch("/try/result", { method: "POST", body: new URLSearchParams(new FormData(trial)) });
      const text = await answer.text();
      // A later answer has overtaken this one.
      if (own === asked && answer.ok) replaceContent(document.getElementById("result"), text);
    }, 250);
  });
}
