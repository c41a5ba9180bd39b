// What makes a page hard to use.
import { AxeBuilder } from "@axe-core/playwright";

/** The violations of the rules that axe-core has on by default, WCAG 2.2 AA and best practices, each with its elements. */
export async function violations(page) {
  const found = await new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).analyze();
  return found.violations.map(({ id, help, nodes }) => {
    const elements = nodes.map(({ target, any }) =>
      [...target, ...any.map((check) => check.message)].join(" "),
    );
    return `${id}: ${help}: ${elements.join("; ")}`;
  });
}

/** The elements that are wider than the window. */
export async function tooWide(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > width + 0.5)
      .map((element) => element.outerHTML.slice(0, 80));
  });
}
