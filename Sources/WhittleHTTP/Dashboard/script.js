// The page: what comes from the daemon goes into what is remembered, and from there, a few times a second, onto the
// screen.

import { Bars } from "./bars.js";
import { LineChart } from "./chart.js";
import * as colours from "./colours.js";
import { setText } from "./elements.js";
import * as format from "./format.js";
import { History, Newest, Path } from "./history.js";
import { drawCheckpoints, drawEvents, drawHealth, eventTitle } from "./lists.js";
import { Live } from "./live.js";
import { drawSummary } from "./summary.js";

const byId = (id) => document.getElementById(id);
const MILLISECONDS_A_FRAME = 250;

export const history = new History();
export const path = new Path();
export const events = new Newest(200);
export const checkpoints = new Newest(100);
// Kept by themselves: other events are many, and would push these out.
const marks = new Newest(12);
const now = {
  stats: null, coefficients: null, configuration: {}, isConnected: false, hasBeen: false, retryAt: null,
  lastHeard: null, anew: null,
};
let axis = "time";

const nothingYet = "No sample has been learned yet. To feed it one of the data sets that come with whittle:\n"
  + "whittle feed deploy/data/diabetes.csv --standardize --standardize-target";

// Charts

const charts = {
  path: new LineChart(byId("path-chart"), {
    title: "Shrinkage path: coefficients over time", tells: "line", labels: 132, scale: { zero: true },
    value: (value) => format.signed(value, 4), onSelect: (name) => select(name),
  }),
  loss: new LineChart(byId("loss-chart"), { title: "Loss over time", labels: 104, scale: { logarithmic: true } }),
  active: new LineChart(byId("active-chart"), {
    title: "Active set over time", area: true, labels: 68, value: format.count, scale: { zero: true, whole: true },
  }),
  sparsity: new LineChart(byId("sparsity-chart"), {
    title: "Sparsity over time", area: true, labels: 68, value: format.percent,
    scale: { zero: true, most: 1, text: format.percent },
  }),
  rate: new LineChart(byId("rate-chart"), { title: "Samples per second over time", area: true, scale: { zero: true } }),
};
const bars = new Bars(byId("bars"), byId("bars-all"), { onSelect: (name) => select(name) });

/** One feature is brought to the fore wherever it is. */
function select(name) {
  charts.path.select(name);
  bars.select(name);
}

const marked = new Set([
  "drift_detected", "divergence_began", "divergence_ended", "model_reset", "settings_changed",
  "configuration_refused", "degraded", "recovered",
]);

function mark(event) {
  return { time: event.time, step: event.step, text: eventTitle(event.event) };
}

function drawCurves() {
  const { values, time, step } = history;
  const empty = "No sample yet";
  const base = { kind: axis, time, step, empty };
  charts.loss.draw({
    ...base, marks: marks.items,
    lines: [
      { key: "recent", name: "recent", values: values.loss_recent, className: "main" },
      { key: "overall", name: "overall", values: values.loss_overall, className: "second" },
      { key: "best", name: "best constant", values: values.best_constant_loss, className: "third" },
    ],
  });
  charts.active.draw({
    ...base,
    lines: [
      { key: "active", name: "active", values: values.active_set, className: "main" },
      { key: "features", name: "known", values: values.features, className: "third" },
    ],
  });
  charts.sparsity.draw({
    ...base,
    lines: [{ key: "sparsity", name: "sparsity", values: values.sparsity, className: "main" }],
  });
  charts.rate.draw({
    ...base,
    lines: [
      { key: "rate", name: "samples per second", values: values.samples_per_second, className: "main", label: false },
    ],
  });
}

function drawPath() {
  const lines = Array.from(path.lines, ([key, values]) => ({ key, values, now: Math.abs(values.at(-1) ?? 0) }));
  lines.sort((a, b) => b.now - a.now);
  colours.assign(lines.filter((line) => line.now > 0).map((line) => line.key));
  const { features = 0, active_set: active = 0 } = now.coefficients ?? {};
  const zeros = features - active;
  charts.path.draw({
    kind: axis, time: path.time, step: path.step,
    lines: lines.map(({ key, values }) => ({
      key, values, name: format.name(key), className: colours.className(key), label: colours.isColoured(key),
    })),
    rest: zeros > 0 && path.length ? { text: `${format.shortCount(zeros)} at zero`, value: 0 } : undefined,
    marks: marks.items, empty: features ? "All coefficients are zero." : nothingYet,
  });
}

function drawCoefficients() {
  const { names = [], values = [], features = 0, active_set: active = 0 } = now.coefficients ?? {};
  bars.draw(names, values);
  setText(byId("bars-more"), names.length ? "Right of the line they raise the prediction, left of it they lower it"
    : features ? "All are zero: the penalty outweighs what each feature would gain" : "No feature has come yet");
}

// Frames

const stale = new Set();
let isDue = false;
let lastFrame = -Infinity;
let afterFrame = [];

/** What has changed is drawn soon, all at once, and not while nobody sees it. */
function draw(...parts) {
  for (const part of parts) stale.add(part);
  if (isDue) return;
  isDue = true;
  setTimeout(() => requestAnimationFrame(frame), Math.max(0, lastFrame + MILLISECONDS_A_FRAME - performance.now()));
}

/** Comes true once all that is known now is on the screen. */
export function drawn() {
  draw("ages");
  return new Promise((resolve) => afterFrame.push(resolve));
}

function frame() {
  isDue = false;
  lastFrame = performance.now();
  const parts = new Set(stale);
  stale.clear();
  const checkpoint = checkpoints.items[0] ?? stored(now.stats);
  if (parts.has("coefficients")) {
    drawPath();
    drawCoefficients();
  }
  if (parts.has("stats")) drawCurves();
  if (parts.has("events")) drawEvents(byId("events"), byId("no-events"), events.items);
  if (parts.has("stats") && now.stats) {
    drawHealth(byId("health"), now.stats, now.configuration);
    setText(byId("health-more"), `up ${format.duration(now.stats.uptime_seconds)}`);
  }
  drawCheckpoints(byId("checkpoints"), byId("no-checkpoints"), checkpoints.items, live.now);
  drawSummary({ ...now, checkpoint, now: live.now });
  for (const resolve of afterFrame) resolve();
  afterFrame = [];
}

/** The newest checkpoint that is on disk, which may be of an earlier process. */
function stored(stats) {
  return stats?.checkpoint ? { step: stats.checkpoint.step, time: now.lastHeard - stats.checkpoint.age_seconds } : null;
}

// What comes

export const live = new Live({
  state({ isConnected, retryAt }) {
    now.hasBeen ||= isConnected;
    now.isConnected = isConnected;
    now.retryAt = retryAt;
    document.body.classList.toggle("is-disconnected", !isConnected);
    draw("stats");
  },
  curves(past) {
    history.load(past.history);
    path.load(past.path);
    draw("stats", "coefficients");
  },
  begin(past) {
    // What it remembers began after it was heard of last: it is another process.
    const [start = Infinity] = past.history.time;
    if (now.lastHeard !== null && start > now.lastHeard) this.anew({ isAnother: true });
    this.curves(past);
    events.load(past.events.events);
    marks.load((past.events.events ?? []).filter((event) => marked.has(event.event)).map(mark));
    checkpoints.load(past.checkpoints.checkpoints);
    now.configuration = past.configuration.configuration ?? {};
    const { version } = past.configuration;
    setText(byId("about"), `whittle ${version ? format.visible(version, 40) : ""} · ${location.host}`);
    setText(byId("model"), location.host);
    draw("stats", "coefficients", "events");
  },
  anew({ isAnother }) {
    now.anew = isAnother
      ? `The daemon was started again at ${format.time(live.now)}; curves begin there.`
      : "The model began anew, or went back to an earlier step.";
    setTimeout(() => {
      now.anew = null;
      draw("stats");
    }, 20000);
  },
  stats(stats, time) {
    now.stats = stats;
    now.lastHeard = time;
    history.append(time, stats);
    draw("stats");
  },
  coefficients(coefficients, time) {
    now.coefficients = coefficients;
    path.append(time, coefficients);
    draw("coefficients");
  },
  event(event) {
    events.add(event);
    if (marked.has(event.event)) marks.add(mark(event));
    if (event.event === "checkpoint_written") {
      checkpoints.add({ time: event.time, step: event.step, file: event.file, bytes: event.bytes });
    }
    draw("events", "stats");
  },
});

// Tools

const themes = ["", "light", "dark"];

function drawTheme() {
  const theme = document.documentElement.dataset.theme ?? "";
  const text = theme || "system";
  byId("theme").setAttribute("aria-label", `Theme: ${text}`);
  byId("theme").title = `Theme: ${text}`;
  byId("theme").dataset.theme = text;
}

byId("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const next = themes[(themes.indexOf(root.dataset.theme ?? "") + 1) % themes.length];
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  try {
    localStorage.setItem("whittle.theme", next);
  } catch {
    // Without storage it is not remembered.
  }
  drawTheme();
});

for (const choice of document.querySelectorAll("input[name=axis]")) {
  choice.addEventListener("change", () => {
    axis = choice.value;
    draw("stats", "coefficients");
  });
  // Browsers restore what was chosen before a reload.
  if (choice.checked) axis = choice.value;
}

byId("retry").addEventListener("click", () => live.retryNow());
// Ages and countdowns go on between messages.
setInterval(() => document.hidden || draw("ages"), 1000);
drawTheme();
live.connect();
