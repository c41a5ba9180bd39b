import { test as base } from "@playwright/test";

export { expect } from "@playwright/test";

export const test = base.extend({
  /** What the program in `src` has printed: the Studio's address, the numbers of the orders and the id of an invalid event. */
  studio: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from this pattern
    async ({}, use) => use(JSON.parse(process.env.STUDIO)),
    { scope: "worker" },
  ],
  baseURL: async ({ studio }, use) => use(new URL(studio.address).origin),
  /** The page of an operator who has opened the address that the Studio has printed. */
  operator: async ({ page, studio }, use) => {
    await page.goto(studio.address);
    await use(page);
  },
});
