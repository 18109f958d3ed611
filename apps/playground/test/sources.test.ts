// What `npm start` serves: the sources, module by module, with nothing built. The rest is tested on the built site, which is
// the same and quicker to load.

import { expect, it } from "vitest";
import { launch, openSite, output, patience, running, serveSources } from "./site.js";

it.skipIf(launch === undefined)("serves sources that run, plot, trace and explain errors", { timeout: 3 * patience }, async () => {
  const site = await openSite(await serveSources());
  try {
    const page = await site.open();
    expect((await output(page)).join()).toMatch(/value +0\.5000/);
    await expect.poll(() => page.locator(".charts canvas").count()).toBe(2);
    await page.getByRole("tab", { name: "Program" }).click();
    await expect.poll(() => page.locator("#view-program pre").first().innerText()).toMatch(/= sin a *4:39/);
    await running(page, () => page.getByRole("link", { name: "A missing rule" }).click());
    expect((await output(page)).join()).toMatch(/MissingRuleError[^]*line 13:37/);
    expect(site.complaints).toEqual([]);
  } finally {
    await site.close();
  }
});
