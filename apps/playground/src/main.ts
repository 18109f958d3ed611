// The playground: editor, runner and views, and the state of the page that connects them.

import "./style/base.css";
import "./style/layout.css";
import "./style/plot.css";
import "./style/program.css";
import "./style/output.css";
import "./style/narrow.css";
import { startWorkers } from "./editor/workers.js";
import { exampleOf, examples } from "./gallery/examples.js";
import { Runner } from "./run/runner.js";
import type { Exported, Position } from "./sandbox/protocol.js";
import { decodeState, encodeState, limits, type State } from "./state.js";
import { byId, make } from "./view/dom.js";
import { createGallery, showExample } from "./view/gallery.js";
import { createOutput } from "./view/output.js";
import { createPlotView } from "./view/plot.js";
import { renderPrograms } from "./view/programs.js";
import { createTabs } from "./view/tabs.js";

// The workers start first and the editor, which is large, is fetched beside them.
startWorkers();
const editorModule = import("./editor/editor.js");
const language = import("./editor/language.js");

const defaultRange = [-3, 3] as const;
const pause = 450; // milliseconds without a keystroke before the program runs

let state: State = await decodeState(location.hash);
if (state.example === undefined && state.code === undefined) state = { ...state, example: examples[0]?.id };
let exported: Exported | undefined;
/** The text that ran last. */
let source = "";
let failures: { position: Position; message: string }[] = [];
/** Whether the views show something of this program, which stays, dimmed, while it is broken: the page does not jump while typing. */
let shown = false;
let timer: ReturnType<typeof setTimeout> | undefined;
/** Looking whether WebGL is available, once the page has nothing better to do. */
let support: Promise<void> | undefined;

const textOf = (s: State): string => s.code ?? exampleOf(s.example)?.code ?? "";
const status = byId("status");
/** Counts the runs that came to an end, for those who wait for one: the tests. */
const countRun = (): void => {
  status.dataset["runs"] = String(Number(status.dataset["runs"] ?? 0) + 1);
};
const setStatus = (text: string, kind = ""): void => {
  status.textContent = text;
  status.className = `status ${kind}`;
};

// --- The state, in the page and in its address.

let writes = 0;
let writing: ReturnType<typeof setTimeout> | undefined;
async function writeAddress(how: "push" | "replace" = "replace"): Promise<void> {
  clearTimeout(writing);
  const write = ++writes;
  const hash = await encodeState(state);
  if (write !== writes || hash === location.hash) return;
  if (how === "push") history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
}

function update(change: Partial<State>): void {
  state = { ...state, ...change };
  clearTimeout(writing);
  // Not at every keystroke: browsers limit how often the address may change.
  writing = setTimeout(() => void writeAddress(), 200);
}

/** Shows another state, and keeps the one before for the back button. */
async function visit(next: State): Promise<void> {
  await writeAddress();
  show(next);
  await writeAddress("push");
}

/** Shows a state from outside: a link, the history, a choice in the gallery. */
function show(next: State): void {
  state = next;
  const text = textOf(next);
  shown = false;
  if (editor.text() !== text) editor.setText(text);
  showExample(exampleOf(next.example), next.code !== undefined);
  byId("reset").hidden = next.code === undefined || exampleOf(next.example) === undefined;
  byId<HTMLSelectElement>("limit").value = String(next.limit);
  backendSelect.value = next.backend;
  selectTab(next.view);
  plot.setLayout(next.layout);
  void run();
}

// --- Running.

async function run(): Promise<void> {
  clearTimeout(timer);
  runner.limit = state.limit * 1000;
  source = editor.text();
  await runner.run(source, state.backend);
}

const range = (): readonly [number, number] => state.range ?? exported?.range ?? defaultRange;

/** Asks for what the selected view shows. */
function refreshView(): void {
  if (exported === undefined || exported.names.length === 0) return;
  if (state.view === "program") runner.trace();
  else runner.plot(range());
}

function fail(position: Position | undefined, message: string): void {
  if (position === undefined) return;
  failures = [...failures, { position, message }];
  if (editor.text() === source) editor.mark(failures);
}

const runner = new Runner(
  async (text, modules) => (await language).transpile(text, modules),
  {
    onStart() {
      failures = [];
      exported = undefined;
      output.start(source);
      byId("run-label").textContent = "Stop";
      setStatus("Running…", "busy");
    },
    onLog(entry) {
      output.log(entry);
      for (const part of entry.parts) if (typeof part !== "string") fail(part.position, part.message);
    },
    onError(error) {
      output.error(error);
      fail(error.position, error.message);
    },
    onRan(result, milliseconds) {
      exported = result;
      countRun();
      byId("run-label").textContent = "Run";
      output.end();
      // After the first run, which does not need it.
      void language.then((l) => l.loadLibrary());
      support ??= lookForWebGL();
      if (result === undefined) {
        setStatus("Failed", "bad");
        showNothing("The program did not come to its end, so there is nothing to show.");
        return;
      }
      setStatus(`Ran in ${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`, "good");
      if (result.names.length === 0) {
        shown = false;
        showNothing("Export functions of one scalar to see their values and gradients:", make("code", {}, "export const plots = { f, g };"));
      } else refreshView();
    },
    onPlot(data) {
      plot.show(data);
      showing();
    },
    onPrograms(programs) {
      renderPrograms(byId("view-program"), programs, source, editor.reveal);
      showing();
    },
    onStop(reason, milliseconds) {
      exported = undefined;
      countRun();
      byId("run-label").textContent = "Run";
      const seconds = (milliseconds / 1000).toFixed(1);
      const text =
        reason === "user"
          ? "Stopped."
          : `Stopped after ${seconds} s: the program did not come to an end. Is there an endless loop? If it needs the time, raise the time limit above.`;
      output.note(text, reason === "user" ? "info" : "bad");
      output.end();
      setStatus(reason === "user" ? "Stopped" : `Stopped after ${seconds} s`, "bad");
      showNothing("The program was stopped, so there is nothing to show.");
    },
  },
  state.limit * 1000,
);

function showing(): void {
  shown = true;
  byId("views").classList.remove("stale");
}

function showNothing(...message: (Node | string)[]): void {
  byId("views").classList.toggle("stale", shown);
  if (shown) return;
  plot.showEmpty(...message.map((m) => (typeof m === "string" ? m : m.cloneNode(true))));
  byId("view-program").replaceChildren(make("div", { class: "empty" }, ...message));
}

// --- The parts of the page.

const backendSelect = byId<HTMLSelectElement>("backend");
const offeredWebGL = make("option", { value: "webgl" }, "WebGL");
backendSelect.append(make("option", { value: "cpu" }, "CPU"), offeredWebGL);
backendSelect.addEventListener("change", () => {
  update({ backend: backendSelect.value === "webgl" ? "webgl" : "cpu" });
  void run();
});
createGallery(examples);
showExample(exampleOf(state.example), state.code !== undefined);
setStatus("Loading…", "busy");
const editor = (await editorModule).createEditor(byId("editor"), textOf(state), {
  onRun: () => void run(),
  onChange() {
    const code = editor.text();
    const unchanged = code === exampleOf(state.example)?.code;
    update({ code: unchanged ? undefined : code });
    showExample(exampleOf(state.example), !unchanged);
    byId("reset").hidden = unchanged || exampleOf(state.example) === undefined;
    clearTimeout(timer);
    timer = setTimeout(() => void run(), pause);
  },
  onProblems(count) {
    const button = byId("problems");
    button.hidden = count === 0;
    button.textContent = count === 1 ? "1 problem" : `${count} problems`;
  },
});
const output = createOutput(byId("output"), editor.reveal);
const plot = createPlotView({
  onRange(next) {
    update({ range: next });
    refreshView();
  },
  onLayout: (layout) => update({ layout }),
});
const selectTab = createTabs(["plot", "program"], (view) => {
  update({ view });
  refreshView();
});

byId("gallery").addEventListener("click", (event) => {
  const id = (event.target as HTMLElement).closest<HTMLElement>("[data-example]")?.dataset["example"];
  if (id === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void visit({ ...state, example: id, code: undefined, range: undefined });
});
byId("reset").addEventListener("click", () => {
  void visit({ ...state, code: undefined, range: undefined });
});
byId("run").addEventListener("click", () => {
  if (byId("run-label").textContent === "Stop") runner.stop();
  else void run();
});
byId("problems").addEventListener("click", () => editor.nextProblem());
addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
  event.preventDefault();
  void run();
});
addEventListener("popstate", () => void decodeState(location.hash).then(show));

/** Offers WebGL unless it is not to be had; then the choice says why. */
async function lookForWebGL(): Promise<void> {
  const { webgl } = await import("@gradus/ops-webgl");
  const found = await webgl.isSupported();
  if (found.supported) return;
  offeredWebGL.disabled = true;
  offeredWebGL.textContent = "WebGL (not here)";
  backendSelect.title = `WebGL is not available: ${found.reason}.`;
}

const limitSelect = byId<HTMLSelectElement>("limit");
limitSelect.append(...limits.map((limit) => make("option", { value: String(limit) }, limit < 1 ? "1 s" : `${limit} s`)));
limitSelect.addEventListener("change", () => {
  update({ limit: Number(limitSelect.value) });
  void run();
});

const share = byId("share");
share.addEventListener("click", () => {
  void encodeState(state)
    .then((hash) => navigator.clipboard.writeText(new URL(hash, location.href).href))
    .then(
      () => (share.textContent = "Copied"),
      () => (share.textContent = "Copy the address"),
    )
    .then(() => setTimeout(() => (share.textContent = "Copy link"), 1500));
});
if (/Mac|iPhone|iPad/.test(navigator.userAgent)) byId("run-key").textContent = "⌘ ⏎";

show(state);
void writeAddress();
