// Tabs that work with the arrow keys, as the ARIA authoring practices describe them.

import { byId } from "./dom.js";

/** Connects the tabs `tab-NAME` to the panels `view-NAME`. Returns the function that selects one. */
export function createTabs<Name extends string>(names: readonly Name[], onSelect: (name: Name) => void): (name: Name) => void {
  const select = (selected: Name): void => {
    for (const name of names) {
      const tab = byId(`tab-${name}`);
      tab.setAttribute("aria-selected", String(name === selected));
      tab.tabIndex = name === selected ? 0 : -1;
      byId(`view-${name}`).hidden = name !== selected;
    }
  };
  names.forEach((name, i) => {
    const tab = byId(`tab-${name}`);
    const choose = (chosen: Name): void => {
      select(chosen);
      onSelect(chosen);
    };
    tab.addEventListener("click", () => choose(name));
    tab.addEventListener("keydown", ({ key }) => {
      const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
      if (step === 0) return;
      const next = names[(i + step + names.length) % names.length] as Name;
      choose(next);
      byId(`tab-${next}`).focus();
    });
  });
  return select;
}
