// An order's page.
import { expect, test } from "./fixtures.js";

/** A zone with another minute than UTC's. */
const TIME_ZONE = "Asia/Kolkata";
/** What the simulator does so that a send has no outcome, and is held. */
const NO_ANSWER = "no answer, and not accepted";
/** More focusable elements than any page has before the one that a story needs. */
const MAX_TABS = 100;

/** What can be seen of the first message of the page, in the chosen language. */
const firstMessage = (page) => page.locator(".card > .columns .phone.whatsapp").filter({ visible: true });
/** The message that followed it. */
const followingMessage = (page) => page.locator(".follower .phone.sms").filter({ visible: true });

/** Presses Tab until one of these elements has the focus. */
async function tabTo(page, elements) {
  const focused = elements.and(page.locator(":focus"));
  for (let tabs = 0; tabs < MAX_TABS; tabs += 1) {
    await page.keyboard.press("Tab");
    if ((await focused.count()) > 0) return;
  }
  throw new Error(`the Tab key never leads to ${elements}`);
}

test("the whole story of an order is read with the keyboard alone", async ({ operator, studio }) => {
  const { fallenBack } = studio.orders;
  const [message, follower] = [firstMessage(operator), followingMessage(operator)];
  await expect(operator, "the token stays in no history").toHaveURL("/");

  await tabTo(operator, operator.getByLabel("Order number"));
  await operator.keyboard.type(fallenBack);
  await operator.keyboard.press("Enter");
  await expect(operator.locator("h1")).toContainText(`Order ${fallenBack}`);

  await expect(operator.locator(".card > .columns .timeline li")).toContainText([
    "The event happened",
    "1MSG accepted it",
    "1MSG reported: sent",
    "1MSG reported: failed",
  ]);
  await expect(message).toContainText("Maria");
  await expect(message).toContainText(fallenBack);
  await expect(message.locator(".ticks .failed")).toHaveAttribute("aria-label", "failed");

  await expect(operator.locator(".follower h3")).toHaveText("Then: a text message");
  await expect(follower).toContainText("Hi Maria, your order 10511 is ready for pickup");
  await expect(follower.locator(".ticks .two")).toHaveAttribute("aria-label", "delivered");

  const text = message.locator(".text");
  const [english, following] = [await text.textContent(), await follower.textContent()];
  await tabTo(operator, operator.locator(".tabs input"));
  await operator.keyboard.press("ArrowRight");
  await expect(text).toContainText("pedido");
  await expect(text).toContainText("Maria");
  await expect(text).not.toHaveText(english);
  await expect(follower, "each message has a language of its own").toHaveText(following);
  await operator.keyboard.press("ArrowLeft");
  await expect(text).toHaveText(english);
});

test("the list leads to an order and what to do about it", async ({ operator, studio }) => {
  const { held } = studio.orders;
  await operator.getByRole("rowheader").locator(`a[href="/orders/${held}"]`).click();
  await expect(operator.locator("h1")).toContainText(held);
  await expect(operator.locator(".next")).toContainText("Next:");
  await expect(operator.locator(".commands code").first()).toContainText("ops resolve");
});

test("the chosen language stays while an order is followed until it is held", async ({ operator }) => {
  const message = firstMessage(operator);
  await operator.goto("/try?sample=order-cancelled");
  await operator.getByLabel("What the provider does").selectOption(NO_ANSWER);
  await operator.getByRole("button", { name: "Send the event" }).click();
  const language = operator.locator(".card > .columns .tabs").getByLabel("es");
  await language.check();
  await expect(message.locator(".text")).toContainText("pedido");

  await expect(operator.locator(".commands code").first()).toContainText("ops resolve");
  await expect(language).toBeChecked();
  await expect(message.locator(".text")).toContainText("pedido");
});

test.describe("for an operator who has turned JavaScript off", () => {
  test.use({ javaScriptEnabled: false });

  test("an order can be read without JavaScript", async ({ operator, studio }) => {
    const { fallenBack } = studio.orders;
    await operator.getByLabel("Order number").fill(fallenBack);
    await operator.getByRole("search").getByRole("button").click();
    await expect(operator.locator("h1")).toContainText(fallenBack);
    await expect(operator.locator(".timeline time").first()).toContainText("UTC");
    await expect(followingMessage(operator)).toContainText("ready for pickup");

    const text = firstMessage(operator).locator(".text");
    const english = await text.textContent();
    await operator.locator(".tabs").first().locator("label").nth(1).click();
    await expect(text).toContainText("pedido");
    await expect(text).not.toHaveText(english);
  });
});

test.describe("in another time zone", () => {
  test.use({ timezoneId: TIME_ZONE });

  test("times are shown in the browser's zone", async ({ operator, studio }) => {
    await operator.goto(`/orders/${studio.orders.fallenBack}`);
    const time = operator.locator(".timeline time").first();
    const inZone = (zone) =>
      time.evaluate(
        (element, timeZone) =>
          new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", timeZone }).format(
            new Date(element.dateTime),
          ),
        zone,
      );
    await expect(time).toHaveText(await inZone(TIME_ZONE));
    await expect(time).not.toHaveText(await inZone("UTC"));
    await expect(time, "the time of the logs stays in the title").toHaveAttribute("title", /UTC$/);
  });
});
