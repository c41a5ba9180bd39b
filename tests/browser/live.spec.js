// The page of what happens now.
import { expect, test } from "./fixtures.js";

/** Sends an event from another tab, and returns the path of its order's page. */
async function send(context) {
  const page = await context.newPage();
  await page.goto("/try?sample=pickup-ready");
  await page.getByRole("button", { name: "Send the event" }).click();
  await expect(page.locator("h1")).toContainText("Order");
  const { pathname } = new URL(page.url());
  await page.close();
  return pathname;
}

const isStream = (request) => new URL(request.url()).pathname === "/live/stream";
/** The lines of the order with this page. */
const linesOf = (page, path) => page.locator(`.live li:has(a[href="${path}"])`);

test("what happens appears at once, except while the page is paused", async ({ operator, context }) => {
  const streams = [];
  operator.on("request", (request) => {
    if (isStream(request)) streams.push(request);
  });
  await operator.goto("/live");
  const status = operator.locator("#live-status");
  await expect(status).toContainText("New lines");

  const first = linesOf(operator, await send(context));
  for (const kind of ["event in", "request out", "callback in", "status event out"]) {
    await expect(first.filter({ hasText: kind }).first()).toBeVisible();
  }

  const closed = operator.waitForEvent("requestfailed", isStream);
  await operator.getByLabel("Pause").check();
  await expect(status).toContainText("Paused.");
  expect(await closed, "the stream is closed").toBe(streams.at(-1));
  const before = streams.length;
  const last = await operator.locator(".live li").first().getAttribute("id");
  const second = linesOf(operator, await send(context));
  expect(streams.length, "no stream is opened").toBe(before);

  const opened = operator.waitForRequest(isStream);
  await operator.getByLabel("Pause").uncheck();
  const after = new URL((await opened).url()).searchParams.get("after");
  expect(`line-${after}`, "the stream goes on after the last line").toBe(last);
  await expect(second.filter({ hasText: "event in" }).first()).toBeVisible();
});

test("a page whose stream is refused says so and goes on by itself", async ({ operator, context }) => {
  await operator.route(/[/]live[/]stream/, (route) => route.fulfill({ status: 403 }));
  await operator.goto("/live");
  const status = operator.locator("#live-status");
  await expect(operator.locator("#stale")).toBeVisible();
  await operator.unrouteAll();
  await expect(operator.locator("#stale")).toBeHidden();
  await expect(status).toContainText("New lines");
  const lines = linesOf(operator, await send(context));
  await expect(lines.filter({ hasText: "event in" }).first()).toBeVisible();
});

test("a request's text is read in another tab", async ({ operator, context }) => {
  await operator.goto("/live");
  const opened = context.waitForEvent("page");
  await operator.locator(".live li").filter({ hasText: "request out" }).first().getByText("Text").click();
  const text = await opened;
  await expect(text.locator("pre").first()).toContainText("POST /");
  await expect(text.locator("pre").last()).toContainText("HTTP/1.1 2");
});
