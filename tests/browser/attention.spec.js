// The page of what waits for an operator.
import { violations } from "./accessible.js";
import { expect, test } from "./fixtures.js";

test("a held notification is resolved after its dry run", async ({ operator, studio }) => {
  const { held, toResolve } = studio.orders;
  const card = (order) =>
    operator.getByRole("article").filter({ has: operator.locator(`a[href="/orders/${order}"]`) });
  const resolve = card(toResolve).getByRole("button", { name: "Resolve as sent" });
  const heading = operator.locator("h1");
  const main = operator.getByRole("main");
  const back = main.locator('a[href="/attention"]');
  await operator.getByRole("link", { name: "Attention" }).click();

  await resolve.click();
  await expect(heading).toContainText("Resolve as sent?");
  await expect(main).toContainText("Nothing was written yet.");
  expect(await violations(operator)).toEqual([]);

  await back.click();
  await expect(card(toResolve)).toContainText(toResolve);
  await resolve.click();
  await operator.locator("button.apply").click();
  await expect(heading).toContainText("Resolve as sent: done");
  expect(await violations(operator)).toEqual([]);

  await back.click();
  await expect(card(held)).toContainText(held);
  await expect(card(toResolve)).toHaveCount(0);
  await operator.goto(`/orders/${toResolve}`);
  await expect(heading).toContainText(toResolve);
  await expect(main).not.toContainText("Held");
});

test("dead letters are looked at and lead to their orders", async ({ operator, studio }) => {
  await operator.getByRole("link", { name: "Attention" }).click();
  await operator.locator('form:has(input[value="undelivered"]) button').first().click();
  await expect(operator.locator("h1")).toContainText("Put the events back?");
  await expect(operator.locator(`th a[href="/orders/${studio.orders.deadLetter}"]`)).toBeVisible();
  expect(await violations(operator)).toEqual([]);
});
