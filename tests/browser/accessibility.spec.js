// Every page, checked by axe-core, in both colours and as narrow as WCAG's criterion "reflow" asks.
import { tooWide, violations } from "./accessible.js";
import { expect, test } from "./fixtures.js";

/** The pages of the navigation. */
const PAGES = ["/", "/live", "/try", "/attention", "/figures"];
const WIDE = 1200;
/** https://www.w3.org/WAI/WCAG22/Understanding/reflow.html */
const NARROW = 320;

for (const colorScheme of ["light", "dark"]) {
  for (const width of [WIDE, NARROW]) {
    test.describe(`in ${colorScheme} colours, ${width} pixels wide`, () => {
      test.use({ colorScheme, viewport: { width, height: 900 } });

      test("every page is accessible", async ({ page, studio }) => {
        const { orders, invalidEvent } = studio;
        const check = async (path) => {
          await page.goto(path);
          expect.soft(await violations(page), path).toEqual([]);
          expect.soft(await tooWide(page), `${path} is wider than the window`).toEqual([]);
        };

        await check("/");
        await expect(page.locator("h1"), "this browser has no access yet").toHaveText("Refused");

        await page.goto(studio.address);
        await page.goto("/attention");
        for (const part of ["#held article", "#invalid article", "#dead-letters td.bad"]) {
          await expect(page.locator(part).first()).toBeVisible();
        }
        await page.goto("/live");
        const texts = await page.locator(".live-text a").first().getAttribute("href");
        for (const path of [
          ...PAGES,
          ...[orders.fallenBack, orders.held, orders.unknown].map((order) => `/orders/${order}`),
          "/orders/not%20a%20number%01",
          "/nowhere",
          "/attention/done/0",
          "/figures?window=0",
          `/attention/invalid?event=${invalidEvent}`,
          `/attention/invalid/content?event=${invalidEvent}`,
          texts,
        ]) {
          await check(path);
        }
      });
    });
  }
}

test("every page of the navigation says where the operator is", async ({ operator }) => {
  for (const path of PAGES) {
    const link = operator.locator(`nav a[href="${path}"]`);
    await link.click();
    await expect(operator).toHaveURL(path);
    await expect(link).toHaveAttribute("aria-current", "page");
    const heading = await operator.locator("h1").textContent();
    await expect(operator).toHaveTitle(`${heading} – local run`);
  }
});
