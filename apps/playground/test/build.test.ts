// The built site does what the dev server's does: minified, in one chunk for each worker, without a server behind it.

import { expect, it } from "vitest";
import { launch, openSite, output, patience, running, serveBuild } from "./site.js";

it.skipIf(launch === undefined)("builds into a site that runs, plots, traces and explains errors", { timeout: 3 * patience }, async () => {
  const site = await openSite(await serveBuild());
  try {
    const page = await site.open();
    expect((await output(page)).join()).toMatch(/value +0\.5000/);
    await expect.poll(() => page.locator(".charts canvas").count()).toBe(2);
    await page.getByRole("tab", { name: "Program" }).click();
    await expect.poll(() => page.locator("#view-program pre").first().innerText()).toMatch(/= sin/);
    await running(page, () => page.getByRole("link", { name: "A missing rule" }).click());
    // Class names survive minification.
    expect((await output(page)).join()).toMatch(/MissingRuleError[^]*line 13:37/);
    expect(site.complaints).toEqual([]);
  } finally {
    await site.close();
  }
});
