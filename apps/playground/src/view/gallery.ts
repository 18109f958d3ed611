// The list of programs, as links: each is an address of its own, so the browser's back button works.

import type { Example } from "../gallery/examples.js";
import { byId, make } from "./dom.js";

/** Fills the list. */
export function createGallery(examples: readonly Example[]): void {
  const items = examples.map(({ id, title }) => make("li", {}, make("a", { href: `#example=${id}`, "data-example": id }, title)));
  byId("gallery").replaceChildren(...items);
}

/** Marks the program that is shown, and shows what it is about. */
export function showExample(example: Example | undefined, changed: boolean): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>("[data-example]")) {
    const current = link.dataset["example"] === example?.id;
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    if (current && link.parentElement?.parentElement) keepInView(link);
  }
  const title = example?.title ?? "Your program";
  byId("lesson-title").replaceChildren(title, ...(changed && example ? [make("span", { class: "changed" }, "changed")] : []));
  byId("lesson-text").textContent =
    example?.text ?? "A program of your own. Export functions of one scalar under the name plots to see their values and gradients.";
}

/** In the narrow layout the list scrolls sideways. */
function keepInView(link: HTMLElement): void {
  const list = byId("gallery");
  if (list.scrollWidth > list.clientWidth) list.scrollLeft = link.offsetLeft - list.offsetLeft - 16;
}
