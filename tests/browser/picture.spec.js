// The picture of an order's page in the README.
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expect, test } from "./fixtures.js";
import { difference, readPicture } from "./picture.js";

const NAME = "docs/images/studio-order.png";
const FILE = resolve(import.meta.dirname, "../..", NAME);
const RENEW = "UPDATE_SCREENSHOTS=1 .ci/browser-test picture renews it";

test.use({ viewport: { width: 1200, height: 600 } });

test("the picture in the README shows the page as it is", async ({ operator, context, studio }) => {
  /** The order's page after a change by this script. */
  const screenshot = async (change, argument) => {
    await operator.goto(`/orders/${studio.orders.fallenBack}`);
    await operator.evaluate(change, argument);
    return operator.screenshot({ fullPage: true });
  };
  const changed = async (...change) => readPicture(context, await screenshot(...change));

  const png = await screenshot(() => {});
  // With this variable, the picture is written and not compared.
  if (process.env.UPDATE_SCREENSHOTS !== undefined) await writeFile(FILE, png);
  const taken = await readPicture(context, png);
  const committed = await readPicture(context, await readFile(FILE));
  expect(difference(taken, committed), `${NAME} shows another page. ${RENEW}`).toBeUndefined();

  // The comparison itself.
  const setFont = (family) => {
    document.body.style.fontFamily = family;
  };
  for (const [what, ...change] of [
    ["other fonts", setFont, "serif"],
    ["wider letters", setFont, "monospace"],
    [
      "a line more",
      () => document.querySelector("h2").insertAdjacentHTML("afterend", "<p>One more line</p>"),
    ],
  ]) {
    expect(difference(await changed(...change), taken), what).toBeUndefined();
  }

  // The page keeps its size, so that only what it shows counts.
  const hide = (selector) => {
    for (const element of document.querySelectorAll(selector)) element.style.visibility = "hidden";
  };
  for (const [what, ...change] of [
    ["without phones", hide, ".phone"],
    ["without time lines", hide, ".timeline"],
    ["without the follower", hide, ".follower"],
    ["without content", hide, "body *"],
  ]) {
    const picture = await changed(...change);
    expect(difference(picture, taken), what).toContain("of the content differs");
    expect(difference(taken, picture), `${what} before`).toBeDefined();
  }
  const removeStyles = () => document.querySelector("link[rel=stylesheet]").remove();
  expect(difference(await changed(removeStyles), taken), "without styles").toBeDefined();
  const removeFollower = () => document.querySelector(".follower").remove();
  expect(difference(await changed(removeFollower), taken), "shorter").toContain("the size is");
});
