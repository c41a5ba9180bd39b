// How the stories are run: https://playwright.dev/docs/test-configuration. `.ci/browser-test` installs what this needs.
import { resolve } from "node:path";
import { defineConfig } from "@playwright/test";

const target = resolve(import.meta.dirname, "../..", process.env.CARGO_TARGET_DIR ?? "target");

export default defineConfig({
  outputDir: resolve(target, "browser-test-results"),
  reporter: "line",
  fullyParallel: true,
  // Each browser uses more than one core.
  workers: 2,
  // A page needs a few milliseconds; a busy machine may need many times that.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  use: {
    actionTimeout: 30_000,
    navigationTimeout: 30_000,
    // For a story to which they don't matter.
    timezoneId: "UTC",
    viewport: { width: 1200, height: 900 },
    // A click would come while the page still scrolls.
    reducedMotion: "reduce",
    screenshot: "only-on-failure",
    // Without a film of the page, which costs the machine more than the page does: a trace has each step's document.
    trace: { mode: "retain-on-failure", screenshots: false },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      // The user root has none, and only our own pages are opened.
      chromiumSandbox: false,
    },
  },
  // The program in `src`. Its output becomes the variable STUDIO; it ends with its standard input, so also with this process.
  webServer: {
    name: "Studio",
    command: 'exec "$PROGRAM"',
    env: { PROGRAM: resolve(target, "debug/browser-test") },
    wait: { stdout: /^(?<STUDIO>\{.*\})$/m },
    timeout: 180_000,
  },
});
