// What makes a page hard to use.
import { AxeBuilder } from "@axe-core/playwright";

const OPTIONS = {
  resultTypes: ["violations"],
  // The only rule that WCAG 2.2 AA adds; axe-core has it off by default.
  rules: { "target-size": { enabled: true } },
};

/** The violations of axe-core's rules for WCAG 2.2 AA and for best practices, each with its elements. */
export async function violations(page) {
  const found = await new AxeBuilder({ page }).options(OPTIONS).analyze();
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
