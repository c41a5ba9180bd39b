// Requests that don't come from the operator's browser and the Studio's own pages.
import { once } from "node:events";
import { createServer, request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, test } from "./fixtures.js";

/** Sends a request with these headers as they stand: a browser would correct its `Host`. */
async function send(studio, method, path, headers) {
  const { hostname, port } = new URL(studio.address);
  const sent = request({ hostname, port, method, path, headers, setHost: false, agent: false }).end();
  const [answer] = await once(sent, "response");
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

/** The cookie that the printed address sets. */
async function admission(studio) {
  const { host, pathname, search } = new URL(studio.address);
  const admitted = await send(studio, "GET", `${pathname}${search}`, { Host: host });
  expect(admitted.status).toBe(303);
  const [cookie] = admitted.headers["set-cookie"];
  expect(cookie.toLowerCase()).toContain("httponly");
  expect(cookie.toLowerCase()).toContain("samesite=lax");
  return cookie.split(";")[0];
}

test("a request without access is refused and learns nothing", async ({ studio }) => {
  const { host: Host, port, pathname, search } = new URL(studio.address);
  const Cookie = await admission(studio);
  const page = `/orders/${studio.orders.fallenBack}`;
  const admitted = await send(studio, "GET", page, { Host, Cookie });
  expect(admitted.status).toBe(200);
  expect(admitted.body).toContain("Maria");
  expect(admitted.headers["content-security-policy"]).toMatch(/^default-src 'none'/);
  expect(admitted.headers["cache-control"]).toMatch(/^no-store/);
  expect(admitted.headers["x-content-type-options"]).toBe("nosniff");

  const foreign = `studio.example:${port}`;
  const wrong = `${Cookie.split("=")[0]}=0123`;
  for (const [what, path, headers, status] of [
    ["a forged host", page, { Host: foreign, Cookie }, 421],
    ["a forged host with the token", `${pathname}${search}`, { Host: foreign }, 421],
    ["a host without the port", page, { Host: "127.0.0.1", Cookie }, 421],
    ["no cookie", page, { Host }, 403],
    ["a wrong cookie", page, { Host, Cookie: wrong }, 403],
    ["a wrong token", `${page}?token=0123`, { Host }, 403],
    ["no cookie on the styles", "/studio.css", { Host }, 403],
  ]) {
    await test.step(what, async () => {
      const answer = await send(studio, "GET", path, headers);
      expect(answer.status).toBe(status);
      expect(answer.body).toContain("Refused");
      expect(answer.body).not.toContain("Maria");
      expect(answer.body).not.toContain("local run");
      expect(answer.headers).not.toHaveProperty("set-cookie");
    });
  }
});

test("a form from another origin is refused", async ({ studio }) => {
  const { host: Host, origin: own } = new URL(studio.address);
  const Cookie = await admission(studio);
  const post = (headers) => send(studio, "POST", "/attention", { Host, Cookie, ...headers });
  for (const headers of [
    { Origin: "http://studio.example" },
    { Origin: "null" },
    { Origin: "http://127.0.0.1:1" },
    {},
  ]) {
    await test.step(JSON.stringify(headers), async () => {
      const answer = await post(headers);
      expect(answer.status).toBe(403);
      expect(answer.body).toContain("Another page sent this form");
    });
  }
  const answer = await post({ Origin: own });
  expect(answer.body).not.toContain("Another page sent this form");
  expect(Math.floor(answer.status / 100), "it lacks the form's token").toBe(4);
});

test("another page in the operator's browser can neither send a form nor show the Studio", async ({
  operator,
  baseURL,
}) => {
  // For a cookie, another port of the same host is the same site: the browser sends it along.
  const other = createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html");
    answer.end(
      `<!doctype html><title>Another page</title><iframe src="${baseURL}/attention"></iframe>
       <form method=post action="${baseURL}/attention"><button>Win a prize</button></form>`,
    );
  }).listen(0, "127.0.0.1");
  await once(other, "listening");

  await operator.goto(`http://127.0.0.1:${other.address().port}/`);
  const framed = operator.frameLocator("iframe");
  await expect(framed.locator("nav, main"), "the Studio can't be shown in a frame").toHaveCount(0);
  await operator.getByRole("button", { name: "Win a prize" }).click();
  await expect(operator.getByRole("main")).toContainText("Another page sent this form");
  other.close();
});
