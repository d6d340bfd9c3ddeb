// Opens every page in every form, says what is wrong with any, and sees two of them turn green.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { scenes } from "./scenes.mjs";
import { create, happens } from "./till.mjs";

const SIZES = {
  phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  till: { viewport: { width: 1024, height: 768 } },
};
const TONGUES = ["id-ID", "en-GB"];
/** With the stream, and without it a reload every five seconds. */
const GREEN_WITHIN_MS = { stream: 3_000, reload: 12_000 };
const { SHOTS, CHROMIUM } = process.env;

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const wrong = [];
const count = { pages: 0, rules: 0 };

function expect(holds, complaint) {
  if (!holds) {
    wrong.push(complaint);
  }
}

/** One screen on which all pages are looked at, one after the other. */
async function open(browser, size, tongue) {
  const form = `${size}-${tongue.slice(0, 2)}`;
  await mkdir(`${SHOTS}/${form}`, { recursive: true });
  const context = await browser.newContext({ ...SIZES[size], locale: tongue });
  const page = await context.newPage();
  const screen = { form, page, headline: TONGUES.indexOf(tongue), scene: "" };
  // Browsers ask for an icon; there is none.
  const expected = (said) => said.location().url.endsWith("/favicon.ico") || screen.scene === "link-over";
  page.on("console", (said) => expect(said.type() !== "error" || expected(said), `${form} ${screen.scene}: ${said.text()}`));
  page.on("pageerror", (error) => expect(false, `${form} ${screen.scene}: ${error}`));
  return screen;
}

async function look(screen, scene) {
  const { form, page } = screen;
  screen.scene = scene.name;
  await page.goto(scene.url, { waitUntil: "load" });
  const headline = await page.locator("h1").innerText();
  expect(headline === scene.headline[screen.headline], `${form} ${scene.name}: says "${headline}"`);
  const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  expect(overflow <= 0, `${form} ${scene.name}: ${overflow} px wider than the screen`);
  await page.evaluate(axe);
  const found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
  for (const violation of found.violations) {
    const where = violation.nodes.map((node) => node.target.join(" ")).join(", ");
    expect(false, `${form} ${scene.name}: ${violation.id} at ${where}`);
  }
  count.pages += 1;
  count.rules += found.passes.length;
  await page.screenshot({ path: `${SHOTS}/${form}/${scene.name}.png`, fullPage: true });
}

async function lookAtAll(browser, made) {
  const screens = Object.keys(SIZES).flatMap((size) => TONGUES.map((tongue) => open(browser, size, tongue)));
  const opened = await Promise.all(screens);
  for (const scene of made) {
    await Promise.all(opened.map((screen) => look(screen, scene)));
  }
}

/** A customer scans, pays, and touches nothing. */
async function turnsGreen(browser, how, javaScriptEnabled) {
  const payment = await create("qris");
  const context = await browser.newContext({ ...SIZES.phone, locale: "id-ID", javaScriptEnabled });
  const page = await context.newPage();
  let loads = 0;
  page.on("load", () => (loads += 1));
  await page.goto(payment.pay_page_url);
  await page.locator(".qr svg").waitFor();
  if (javaScriptEnabled) {
    // The stream is open once the page has heard something: a phone is slower than that.
    await page.waitForTimeout(500);
  }
  const paidAt = Date.now();
  await happens("pay", payment);
  await page.locator(".good h1", { hasText: "Lunas" }).waitFor({ timeout: GREEN_WITHIN_MS[how] });
  const tookMs = Date.now() - paidAt;
  expect((await page.locator(".qr").count()) === 0, `${how}: the code is still there once it is paid`);
  expect(javaScriptEnabled ? loads === 1 : loads > 1, `${how}: loaded ${loads} times`);
  await page.screenshot({ path: `${SHOTS}/turned-green-by-${how}.png` });
  await context.close();
  return tookMs;
}

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  // A superuser's browser has no sandbox of its own; it only ever sees the gateway beside it.
  chromiumSandbox: process.getuid() !== 0,
});
try {
  const made = await scenes();
  await lookAtAll(browser, made);
  const stream = await turnsGreen(browser, "stream", true);
  const reload = await turnsGreen(browser, "reload", false);
  console.log(`pay page: ${made.length} scenes, ${count.pages} pages looked at, ${count.rules} rules of axe-core passed`);
  console.log(`turned green ${stream} ms after the payment by the stream, ${reload} ms without JavaScript`);
} finally {
  await browser.close();
}
for (const complaint of wrong) {
  console.error(complaint);
}
process.exitCode = wrong.length > 0 ? 1 : 0;
