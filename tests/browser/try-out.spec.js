// The page on which an operator tries an event.
import { expect, test } from "./fixtures.js";

const SAMPLE = "/try?sample=pickup-ready";
/** The expression that the story changes; only this sample's notification has it. */
const EXPRESSION = "detail.pickup.place";
/** The simulator's number that no provider delivers to, so that a text message follows at once. */
const REFUSED = "+12025550112";

test("the message changes while the catalogue is edited", async ({ operator }) => {
  const result = operator.locator("#result");
  const message = result.locator(".phone.whatsapp .text").filter({ visible: true });
  await operator.goto(SAMPLE);
  await expect(message).toContainText("Main Street 5");
  await result.locator(".tabs label").nth(1).click();
  await operator.locator("form.try details summary").click();

  await operator.locator("#catalogue").evaluate((catalogue, expression) => {
    const start = catalogue.value.indexOf(expression);
    catalogue.focus();
    catalogue.setSelectionRange(start, start + expression.length);
  }, EXPRESSION);
  await operator.keyboard.type("detail.customer.email");
  await expect(message).toContainText("alexey@shop.example");
  await expect(message, "the chosen tab stays").toContainText("pedido");

  await operator.keyboard.type('"');
  await expect(result).toContainText("The catalogue has faults");
  await expect(operator, "nothing was loaded anew").toHaveURL(SAMPLE);
});

test("a sent event is followed on its order's page", async ({ operator }) => {
  await operator.goto(SAMPLE);
  await operator.getByLabel("What the provider does").selectOption(REFUSED);
  await operator.getByRole("button", { name: "Send the event" }).click();
  // Its page follows the order without being loaded again.
  await expect(operator.locator("h1")).toContainText("Order");
  await expect(operator.locator(".follower .timeline")).toContainText("reported: delivered");
  await expect(operator.locator(".card > .columns .timeline")).toContainText(
    "Rejected: every provider refused it",
  );
  await expect(operator).toHaveURL(/^http:\/\/[^/]+\/orders\//);
});
