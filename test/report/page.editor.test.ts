import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { page } from "../../server/src/report/page.ts";
import { chromiumPath } from "../editor/harness/window.ts";
import { sampleReport } from "./sample.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Where to keep pictures for a look, when somebody wants them. */
const pictures = process.env["MICROVM_LENS_PICTURES"];

let browser: Browser;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lens-page-"));
  browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox", "--disable-gpu"] });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Look {
  readonly guests: number;
  readonly locale?: "en" | "zh-cn";
  readonly dark?: boolean;
  readonly paper?: boolean;
  readonly width?: number;
}

/** Opens the page from a file, as people do, shows it to `use`, and makes sure that nothing was fetched. */
async function shown(look: Look, use: (view: Page) => Promise<void>): Promise<void> {
  const { guests, locale = "en", dark = false, paper = false, width = 1280 } = look;
  const file = join(folder, `${guests}-${locale}.html`);
  writeFileSync(file, page(sampleReport(guests), { locale, place: (at) => `${at.file}:3:5` }));
  const view = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: dark ? "dark" : "light" });
  const asked: string[] = [];
  const said: string[] = [];
  view.on("request", (request) => asked.push(request.url()));
  view.on("console", (message) => said.push(message.text()));
  try {
    if (paper) await view.emulateMedia({ media: "print" });
    await view.goto(pathToFileURL(file).href);
    await use(view);
    if (pictures) {
      mkdirSync(pictures, { recursive: true });
      const name = `${guests}-${locale}-${width}${dark ? "-dark" : ""}${paper ? "-print" : ""}`;
      await view.screenshot({ path: join(pictures, `${name}.png`) });
      if (paper) await view.pdf({ path: join(pictures, `${name}.pdf`), format: "A4" });
    }
    expect(asked).toEqual([pathToFileURL(file).href]);
    expect(said).toEqual([]);
  } finally {
    await view.close();
  }
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe-core finds, of any weight. */
async function barriers(view: Page): Promise<string[]> {
  await view.evaluate(axe);
  const violations = (await view.evaluate("axe.run(document).then(({ violations }) => violations)")) as Violation[];
  return violations.map(({ id, impact, nodes: [node] }) => `${impact} ${id}: ${node?.html} ${node?.failureSummary}`);
}

describe("the storage overview in a browser", () => {
  for (const guests of [5, 400]) {
    for (const dark of [false, true]) {
      test(`has no barriers with ${guests} guests, ${dark ? "dark" : "light"}`, () =>
        shown({ guests, dark }, async (view) => expect(await barriers(view)).toEqual([])));
    }
  }

  test("has no barriers in Chinese, on a narrow screen, and on paper", async () => {
    for (const look of [{ locale: "zh-cn" }, { width: 480 }, { paper: true }, { paper: true, dark: true }] as const) {
      await shown({ guests: 5, ...look }, async (view) =>
        expect(await barriers(view), JSON.stringify(look)).toEqual([]),
      );
    }
  });

  test("tells its marks apart in forced colours, without barriers", () =>
    shown({ guests: 5 }, async (view) => {
      await view.emulateMedia({ forcedColors: "active" });
      const colours = await view.evaluate(
        "['.used', '.disk', '.declared'].map((mark) => getComputedStyle(document.querySelector('.legend ' + mark)).backgroundColor)",
      );
      expect(new Set(colours as string[]).size).toBe(3);
      expect(await barriers(view)).toEqual([]);
    }));

  test("never scrolls sideways as a whole, however narrow", async () => {
    for (const width of [360, 800, 1280]) {
      await shown({ guests: 400, width }, async (view) => {
        const wide = await view.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        expect(wide, `at ${width}`).toBe(0);
      });
    }
  });

  test("shows what needs attention, what runs, and everything again, by the keyboard and without a script", () =>
    shown({ guests: 400 }, async (view) => {
      const visible = () =>
        view.evaluate(
          "[...document.querySelectorAll('.volume')].filter((each) => each.offsetParent).length",
        ) as Promise<number>;
      const all = await visible();
      await view.focus("#show-all");
      await view.keyboard.press("ArrowRight");
      const urgent = await visible();
      await view.keyboard.press("ArrowRight");
      const running = await visible();
      await view.keyboard.press("ArrowRight");
      expect(await visible()).toBe(all);
      expect([urgent > 0, urgent < all, running > 0, running < all]).toEqual([true, true, true, true]);
    }));

  test("sorts by guest and by how full", () =>
    shown({ guests: 400 }, async (view) => {
      const first = (what: string) =>
        view.evaluate(`[...document.querySelectorAll("#host-0 .volume")]
          .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
          .slice(0, 3).map((each) => each.querySelector("${what}").textContent)`);
      await view.check("#sort-name");
      expect(await first(".what strong")).toEqual([
        "a-guest-with-quite-a-long-name-10",
        "a-guest-with-quite-a-long-name-10",
        "a-guest-with-quite-a-long-name-21",
      ]);
      await view.check("#sort-fullness");
      const fullest = (await first(".how")) as string[];
      expect(fullest.every((words) => /9[789] %/.test(words))).toBe(true);
    }));

  test("fits on paper: a sheet of A4 is 718 pixels wide between its margins", () =>
    shown({ guests: 5, paper: true, width: 718 }, async (view) => {
      const cut = await view.evaluate(
        "[...document.querySelectorAll('table, .volume, .bar')].filter((each) => each.scrollWidth > document.documentElement.clientWidth).length",
      );
      expect(cut).toBe(0);
    }));

  test("its contents lead to the findings and to each host", () =>
    shown({ guests: 400 }, async (view) => {
      const broken = await view.evaluate(
        "[...document.querySelectorAll('nav a')].filter((each) => !document.querySelector(each.getAttribute('href'))).length",
      );
      expect(broken).toBe(0);
      const words = await view.evaluate("[...document.querySelectorAll('nav a')].map((each) => each.textContent)");
      expect(words).toEqual([
        "34 errors, 34 warnings, 33 notes, 33 hints",
        "Host atlas: 100 guests",
        "Host boreas: 100 guests",
        "Host ceres: 100 guests",
        "Host dione: 100 guests",
        "Guests on no host that was looked at: 1 guest",
      ]);
    }));

  test("can be read with the keyboard alone", () =>
    shown({ guests: 5 }, async (view) => {
      const reached: unknown[] = [];
      for (let presses = 0; presses < 12; presses++) {
        await view.keyboard.press("Tab");
        reached.push(
          await view.evaluate(
            "document.activeElement.id || document.activeElement.hash || document.activeElement.tagName",
          ),
        );
      }
      expect(reached).toEqual(expect.arrayContaining(["#findings", "#host-0", "SUMMARY", "show-all", "sort-urgency"]));
    }));
});
