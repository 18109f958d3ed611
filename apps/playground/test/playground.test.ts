// The playground end to end, in Chromium: what a newcomer sees and does. On the built site, where class names are minified
// and workers are one file each; sources.test.ts looks at the sources.

import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { coloursOf, launch, linkTo, openSite, output, patience, running, runProgram, serveBuild, type Site } from "./site.js";

describe.skipIf(launch === undefined)("the playground", { timeout: patience, retry: 0 }, () => {
  let site: Site;
  let page: Page;

  beforeAll(async () => {
    site = await openSite(await serveBuild());
    page = await site.open();
  }, 3 * patience);
  afterAll(() => site.close());

  const text = (selector: string): Promise<string> => page.locator(selector).innerText();
  const legend = async (): Promise<string[]> => (await page.locator(".legend tbody tr").allInnerTexts()).map((row) => row.replaceAll(/\s+/g, " ").trim());

  describe("the gallery", () => {
    it.each<[title: string, printed: RegExp[]]>([
      ["A stopped product", [/value +0\.5000 0\.5000/, /normal +0\.0000/, /stopped +0\.5000/]],
      ["Straight-through rounding", [/value.* 8\.1/, /plain.* 3 /, /through.* 5\.7/, /in one word.* 5\.7/]],
      ["The zero gradient of round", [/round\(2\.7\).* 3$/m, /its gradient.* 0$/m, /gradient at 0\.8.* 0$/m, /another rule.* -4$/m]],
      ["A smooth surrogate", [/step +1\.0000 +gradient 0\.0000/, /sigmoid\(4x\) +0\.5987 +gradient 0\.9610/]],
      ["A missing rule", [/value.* 1\.89/, /stopped.* 0\.7/, /through.* 3\.4/, /MissingRuleError[^]*@me\/fraction/]],
      ["A target network", [/true value +0\.9091/, /stopped +0\.9091/, /through the target +0\.9901/]],
      ["Truncated backpropagation", [/last 1 steps +0\.2061/, /last 20 steps +0\.2247/, /0\.2035801/]],
      ["Isolating NaN", [/at -0\.5/, /naive +NaN/, /isolated +-1$/m, /mended +-1$/m, /at 0\.25/, /naive +1\.5/, /isolated +0\.5/, /mended +1\.5/]],
    ])("%s", async (title, printed) => {
      await running(page, () => page.getByRole("link", { name: title }).click());
      expect(await text("#lesson-title")).toBe(title);
      expect((await text("#lesson-text")).length).toBeGreaterThan(100);
      const lines = await output(page);
      for (const pattern of printed) expect(lines).toContainEqual(expect.stringMatching(pattern));
      await expect.poll(() => page.locator(".legend tbody tr").count()).toBeGreaterThan(1);
    });

    it("goes back with the browser's button", async () => {
      await running(page, () => page.goBack());
      expect(await text("#lesson-title")).toBe("Truncated backpropagation");
    });
  });

  describe("the plot", () => {
    it("draws the curves and reads them at the marked point", async () => {
      await running(page, () => page.getByRole("link", { name: "A stopped product" }).click());
      await expect.poll(legend).toEqual(["no control 0.5 0", "stopGradient 0.5 0.5"]);
      for (const [i, what] of ["Value", "Gradient"].entries()) {
        const canvas = page.locator(".charts canvas").nth(i);
        expect(await canvas.getAttribute("aria-label")).toMatch(new RegExp(`^${what} of no control, stopGradient for x from -3.14`));
        expect(await coloursOf(page, i)).toEqual(expect.arrayContaining(["11,102,195", "209,83,11"]));
      }
    });

    it("reads the curves under the pointer", async () => {
      const box = await page.locator(".charts .u-over").first().boundingBox();
      if (box === null) throw new TypeError("no plot");
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await expect.poll(legend).toEqual(["no control 0 1", "stopGradient 0 1"]);
      await page.mouse.move(5, 5);
    });

    it("hides a curve that is clicked in the legend", async () => {
      const toggle = page.getByRole("button", { name: "stopGradient" });
      await toggle.click();
      expect(await toggle.getAttribute("aria-pressed")).toBe("false");
      expect(await coloursOf(page, 1)).not.toContain("209,83,11");
      await toggle.click();
      expect(await coloursOf(page, 1)).toContain("209,83,11");
    });

    it("follows the range, and remembers it in the address", async () => {
      await page.getByLabel("Range from").fill("0");
      await page.getByLabel("Range to").fill("2");
      await page.keyboard.press("Enter");
      await expect.poll(() => page.locator(".charts canvas").first().getAttribute("aria-label")).toContain("from 0 to 2");
      await expect.poll(() => page.url()).toContain("x=0..2");
    });

    it("shows the functions side by side", async () => {
      await page.getByRole("button", { name: "Side by side" }).click();
      expect(await page.locator(".charts figcaption").allInnerTexts()).toEqual([expect.stringContaining("no control"), expect.stringContaining("stopGradient")]);
      await page.getByRole("button", { name: "Overlay" }).click();
    });

    it("says where a gradient is NaN, and why there is none", async () => {
      await running(page, () => page.getByRole("link", { name: "Isolating NaN" }).click());
      await expect.poll(() => text(".plot-notes")).toBe("The gradient of “naive” is NaN or infinite at 201 of 401 points.");
      await running(page, () => page.getByRole("link", { name: "A missing rule" }).click());
      await expect.poll(() => text(".plot-notes")).toMatch(/^The gradient of “no rule”: MissingRuleError: @me\/fraction has no rule/);
    });

    it("falls back to a loop where vmap cannot go, and says so", async () => {
      // A host branch on a value: fine point by point, impossible for a batch.
      await runProgram(page, `import { mul, stopGradient } from "gradus"; export const f = (x) => (stopGradient(x).item() > 0 ? mul(x, 2) : x);`);
      await expect.poll(() => text(".plot-notes")).toContain("The gradient of “f” was computed point by point (ConcretizationError under vmap).");
      await expect.poll(legend).toEqual([expect.stringMatching(/^f 0 1/)]);
    });

    it("says how to plot when there is nothing to plot", async () => {
      await runProgram(page, "console.log(1);");
      expect(await text("#view-plot")).toContain("export const plots = { f, g };");
    });
  });

  it("shows the programs of the functions and of their gradients", async () => {
    await running(page, () => page.getByRole("link", { name: "A stopped product" }).click());
    await page.getByRole("tab", { name: "Plot" }).focus();
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => page.locator("#view-program pre").count()).toBe(4);
    const programs = await page.locator("#view-program pre").allInnerTexts();
    for (const program of programs) expect(program).toMatch(/lambda[^]*let[^]*in \(/);
    expect(programs[2]).toMatch(/= stop_gradient/);
    expect(programs[0]).not.toMatch(/stop_gradient/);
    // Equations are linked to the lines that they come from.
    expect(programs[2]).toMatch(/= stop_gradient \w *6:15/);
    await page.locator("#view-program pre").nth(2).locator(".place").last().click();
    await expect.poll(() => page.locator(".monaco-editor .line-numbers.active-line-number").innerText()).toBe("6");
    await page.getByRole("tab", { name: "Program" }).press("ArrowLeft");
    expect(await page.locator("#view-plot").isVisible()).toBe(true);
  });

  describe("errors", () => {
    it("name their class, code and place, with the line and those that led there", async () => {
      await running(page, () => page.getByRole("link", { name: "A missing rule" }).click());
      const error = page.locator("#output .error");
      expect(await error.locator("strong").innerText()).toBe("MissingRuleError");
      expect(await error.locator("code").innerText()).toBe("missing-rule");
      expect(await error.locator(".error-head .place").innerText()).toBe("line 13:37");
      expect(await error.locator("pre").innerText()).toMatch(/^13 │ const fraction = .*applyUnary/);
      expect(await error.locator(".callers").innerText()).toMatch(/16:\d+.*28:\d+/);
      expect(await page.locator(".squiggly-error").count()).toBeGreaterThan(0);
    });

    it("are uncaught ones too, placed in the TypeScript that was written", async () => {
      await runProgram(page, `import { array, mul } from "gradus";\n\ninterface Long {\n  x: number;\n}\nconst f = (x: Long): number => x * 2;\nf(array([1, 2]) as never);`);
      expect(await text("#status")).toBe("Failed");
      const [shown = ""] = await output(page);
      expect(shown).toMatch(/^TracerCoercionError[^]*tracer-coercion[^]*line 6:3\d/);
      expect(shown).toContain("write mul(x, 2)");
    });

    it("of syntax, of imports and of rejected promises have a place as well", async () => {
      await runProgram(page, "const a = 1;\nconst b = a +;\n");
      expect((await output(page)).join()).toMatch(/SyntaxError[^]*line 2:14[^]*Expression expected/);
      await runProgram(page, `import { grad, stopGradeint } from "gradus";\nconsole.log(grad, stopGradeint);`);
      expect((await output(page)).join()).toMatch(/SyntaxError[^]*line 1:16[^]*"gradus" has no export "stopGradeint"\. Did you mean "stopGradient"\?/);
      await runProgram(page, `import _ from "lodash";\nconsole.log(_);`);
      expect((await output(page)).join()).toMatch(/line 1:15[^]*no module "lodash"/);
      await runProgram(page, `const fail = async () => {\n  throw new RangeError("late");\n};\nvoid fail();`);
      await expect.poll(async () => (await output(page)).join()).toMatch(/RangeError[^]*line 2:9[^]*late/);
    });
  });

  describe("a program without end", () => {
    it.each([
      ["a loop", "while (true) {}"],
      ["a loop that awaits", "while (true) await null;"],
      ["a loop in a plotted function", "export const f = (x) => { while (true) {} };"],
    ])("%s is stopped within a second, and the next one runs", async (_, code) => {
      await runProgram(page, `console.log("before");\n${code}`, { limit: 0.8 });
      await expect.poll(() => text("#status"), { timeout: patience }).toMatch(/^Stopped after/);
      const lines = (await output(page)).join("\n");
      expect(lines).toMatch(/^before/);
      const seconds = Number(/Stopped after ([\d.]+) s: the program did not come to an end/.exec(lines)?.[1]);
      expect(seconds).toBeGreaterThanOrEqual(0.8);
      // A second, and some more for a machine that runs other tests beside this one.
      expect(seconds).toBeLessThan(2);
      await runProgram(page, `import { sin } from "gradus";\nconsole.log(sin(0).item());`);
      expect(await output(page)).toEqual([expect.stringMatching(/^0\s/)]);
    });

    it("may wait as long as it likes, and is stopped by the button", async () => {
      await runProgram(page, "await new Promise((r) => setTimeout(r, 1200));\nconsole.log('late');", { limit: 0.8 });
      expect((await output(page)).join()).toContain("late");
      const endless = await linkTo("console.log('waiting');\nawait new Promise(() => {});");
      await page.evaluate((hash) => {
        location.hash = hash;
      }, endless);
      await expect.poll(() => output(page)).toEqual([expect.stringContaining("waiting")]);
      await running(page, () => page.getByRole("button", { name: "Stop" }).click());
      expect((await output(page)).join()).toContain("Stopped.");
      expect(await page.getByRole("button", { name: "Run" }).isVisible()).toBe(true);
    });
  });

  describe("the editor", () => {
    it("runs what is typed, and by the keyboard", async () => {
      await running(page, () => page.getByRole("link", { name: "A stopped product" }).click());
      await page.locator(".monaco-editor .view-lines").click();
      await page.keyboard.press("ControlOrMeta+A");
      await running(page, () => page.keyboard.insertText('import { grad, sin } from "gradus";\nconsole.log("typed", grad(sin)(0).item());\n'));
      expect(await output(page)).toEqual([expect.stringMatching(/^typed 1\s/)]);
      await running(page, () => page.keyboard.press("ControlOrMeta+Enter"));
      expect(await output(page)).toEqual([expect.stringMatching(/^typed 1\s/)]);
    });

    it("offers what the library exports, with its types", async () => {
      await page.locator(".monaco-editor .view-lines").click();
      await page.keyboard.press("ControlOrMeta+A");
      await page.keyboard.insertText('import { stop } from "gradus";\n');
      await page.keyboard.press("ControlOrMeta+Home");
      for (let i = 0; i < "import { stop".length; i++) await page.keyboard.press("ArrowRight");
      const row = page.locator(".suggest-widget .monaco-list-row", { hasText: "stopGradient" }).first();
      await page.keyboard.press("Control+Space");
      // The compiler may still be reading the library: it is asked again until it knows.
      await expect
        .poll(
          async () => {
            if (await row.isVisible()) return true;
            await page.keyboard.press("Escape");
            await page.keyboard.press("Control+Space");
            await page.waitForTimeout(400);
            return row.isVisible();
          },
          { timeout: patience },
        )
        .toBe(true);
      await page.keyboard.press("Escape");
    });

    it("reports type errors of the library's own types", async () => {
      await runProgram(page, 'import { sin } from "gradus";\nconst x: string = sin(1);\nconsole.log(x);');
      await expect.poll(() => text("#problems"), { timeout: patience }).toBe("1 problem");
      await runProgram(page, 'import { sin } from "gradus";\nconst x = sin(1).mul(2);\nconsole.log(x.item());');
      await expect.poll(() => page.locator("#problems").isHidden(), { timeout: patience }).toBe(true);
    });
  });

  describe("the backend", () => {
    const code = `import { array, exp, jit, reduceSum } from "gradus";
const y = jit((x) => reduceSum(exp(x)))(array([0, 0, 0]));
console.log(array([1]).backend.name, y.item());
export const at = 0;
export const f = (x) => exp(x);`;

    it("is chosen, computes, and is remembered in the address", async () => {
      await runProgram(page, code, { limit: 30 }); // shaders compile while the worker waits
      expect((await output(page)).join()).toMatch(/cpu 3/);
      expect(page.url()).not.toContain("backend");
      await running(page, () => page.getByLabel("Backend").selectOption("webgl"));
      expect((await output(page)).join()).toMatch(/webgl 3/);
      await expect.poll(() => page.url()).toContain("backend=webgl");
      await expect.poll(legend).toEqual([expect.stringMatching(/^f 1 1/)]);
      const again = await site.open(new URL(page.url()).hash);
      expect(await again.getByLabel("Backend").inputValue()).toBe("webgl");
      expect((await output(again)).join()).toMatch(/webgl 3/);
      await again.close();
      await running(page, () => page.getByLabel("Backend").selectOption("cpu"));
      await expect.poll(() => page.url()).not.toContain("backend");
    });

    it("says why there is no WebGL", async () => {
      const without = await site.open("", () => {
        OffscreenCanvas.prototype.getContext = () => null;
      });
      await expect.poll(() => without.locator("#backend option[value=webgl]").isDisabled()).toBe(true);
      expect(await without.locator("#backend").getAttribute("title")).toContain("the browser gives no WebGL2 context");
      await without.close();
    });
  });

  it("comes back from its address: program, range, view and limit", async () => {
    const code = 'import { mul } from "gradus";\nconsole.log("restored");\nexport const cube = (x) => mul(x, mul(x, x));';
    const again = await site.open(await linkTo(code, { range: [1, 2], layout: "split" }));
    expect((await output(again)).join()).toContain("restored");
    expect(await again.locator("#limit").inputValue()).toBe("5");
    await expect.poll(() => again.locator(".charts figcaption").allInnerTexts()).toEqual([expect.stringContaining("cube")]);
    expect(await again.getByLabel("Range from").inputValue()).toBe("1");
    expect(again.url()).toBe(site.url + (await linkTo(code, { range: [1, 2], layout: "split" })));
    await again.close();
  });

  it.each([
    ["a telephone, dark", 420, 860, "dark", "rgb(23, 26, 33)"],
    ["a laptop, light", 1280, 800, "light", "rgb(255, 255, 255)"],
  ] as const)("fits %s", async (_, width, height, colorScheme, panel) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await running(page, () => page.getByRole("link", { name: "Straight-through rounding" }).click());
    await expect.poll(() => page.locator(".charts canvas").count()).toBe(2);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const background = (selector: string) => page.locator(selector).first().evaluate((e) => getComputedStyle(e).backgroundColor);
    expect(await background(".top")).toBe(panel);
    await expect.poll(() => background(".monaco-editor-background")).toBe(panel);
  });

  it("leaves no errors in the browser's console", () => {
    // What a rasteriser says of itself is no error of the page.
    expect(site.complaints.filter((text) => !text.includes("GL Driver Message"))).toEqual([]);
  });
});
