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

test("what happens appears at once, except while the page is paused", async ({ operator, context }) => {
  await operator.goto("/live");
  const status = operator.getByRole("status");
  await expect(status).toContainText("New lines appear at the top.");

  const first = operator.locator(`.live li:has(a[href="${await send(context)}"])`);
  for (const kind of ["event in", "request out", "callback in", "status event out"]) {
    await expect(first.filter({ hasText: kind }).first()).toBeVisible();
  }

  await operator.getByLabel("Pause").check();
  await expect(status).toContainText("Paused.");
  const path = await send(context);
  const second = operator.locator(`.live li:has(a[href="${path}"])`);
  expect(await second.count()).toBe(0);
  await operator.getByLabel("Pause").uncheck();
  await expect(second.filter({ hasText: "event in" }).first()).toBeVisible();
  const ids = await operator.locator(".live li").evaluateAll((lines) => lines.map((line) => line.id));
  expect(new Set(ids).size, "no line is shown twice").toBe(ids.length);
});

test("a request's text is read in another tab", async ({ operator, context }) => {
  await operator.goto("/live");
  const opened = context.waitForEvent("page");
  await operator.locator(".live li").filter({ hasText: "request out" }).first().getByText("Text").click();
  const text = await opened;
  await expect(text.locator("pre").first()).toContainText("POST /");
  await expect(text.locator("pre").last()).toContainText("HTTP/1.1 2");
});
