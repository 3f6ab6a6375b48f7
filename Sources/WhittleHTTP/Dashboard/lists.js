// Events, checkpoints, and all that there is to know about the model's health.

import { element, fill, setText } from "./elements.js";
import * as format from "./format.js";

const SHOWN = 50;

const serious = new Set(["divergence_began", "degraded", "drift_detected"]);
const notable = new Set(["message_rejected", "sequence_gap", "features_refused", "features_forgotten"]);
const good = new Set(["divergence_ended", "recovered", "checkpoint_written"]);

function weight(kind) {
  if (serious.has(kind)) return "serious";
  if (notable.has(kind)) return "notable";
  return good.has(kind) ? "good" : "";
}

/** The word of an event for people: "drift detected". */
export function eventTitle(kind) {
  return format.visible(kind, 40).replaceAll("_", " ");
}

export function drawEvents(list, none, events) {
  fill(list, events.slice(0, SHOWN), () => {
    const item = element("li");
    item.append(element("i"), element("div"), element("time"));
    item.children[1].append(element("strong"), element("p"));
    return item;
  }, (item, event) => {
    const [, words, time] = item.children;
    item.className = weight(event.event);
    setText(words.children[0], eventTitle(event.event));
    words.children[1].dir = "auto";
    setText(words.children[1], format.visible(event.message ?? "", 600));
    setText(time, format.time(event.time));
    time.title = `step ${format.count(event.step)}`;
    const date = new Date(event.time * 1000);
    time.dateTime = Number.isNaN(date.getTime()) ? "" : date.toISOString();
  });
  none.hidden = events.length > 0;
  list.parentElement.hidden = !events.length;
}

export function drawCheckpoints(body, none, checkpoints, now) {
  fill(body, checkpoints.slice(0, SHOWN), () => {
    const row = element("tr");
    row.append(element("td"), element("td"), element("td"));
    return row;
  }, (row, checkpoint) => {
    row.title = format.visible(checkpoint.file ?? "");
    const [written, step, size] = row.children;
    setText(written, `${format.duration(now - checkpoint.time)} ago`);
    setText(step, format.count(checkpoint.step));
    setText(size, format.bytes(checkpoint.bytes));
  });
  none.hidden = checkpoints.length > 0;
  body.closest(".scroll").hidden = !checkpoints.length;
}

/** What there is to tell, as [name, text, whether it is a worry]; what is zero and does not matter is left out. */
function facts(stats, configuration) {
  const rejected = Object.entries(stats.rejected ?? {}).filter(([, count]) => count > 0);
  const recent = stats.validation?.recent ?? {};
  const rows = [];
  const add = (name, text, isWorry = false) => rows.push([name, text, isWorry]);
  const settings = ["model.loss", "model.optimizer", "features.space"].map((key) => configuration[key]).filter(Boolean);
  if (settings.length) add("Model", settings.map((text) => format.visible(text, 40)).join(" · "));
  const [l1, l2] = [configuration["penalty.l1"], configuration["penalty.l2"]];
  if (l1 !== undefined) add("Penalties", `λ₁ ${format.number(Number(l1))} · λ₂ ${format.number(Number(l2))}`);
  for (const [key, name] of [["r2", "R²"], ["rmse", "Root mean squared error"], ["mae", "Mean absolute error"]]) {
    if (Number.isFinite(recent[key])) add(name, format.figure(recent[key]));
  }
  for (const [key, name] of [["accuracy", "Accuracy"], ["base_rate", "Base rate"]]) {
    if (Number.isFinite(recent[key])) add(name, format.percent(recent[key]));
  }
  if (Number.isFinite(recent.auc)) add("Area under the ROC curve", format.number(recent.auc));
  add("Intercept", format.signed(stats.intercept, 4));
  add("Norms", `L1 ${format.number(stats.l1_norm)} · L2 ${format.number(stats.l2_norm)}`);
  add("Step size", `η ${format.number(stats.step_size)}`);
  add("Messages", format.count(stats.messages));
  const reasons = rejected.map(([reason, count]) => `${format.visible(reason, 40)} ${format.count(count)}`);
  add("Rejected", reasons.join(", ") || "none", reasons.length > 0);
  const { missing = 0, duplicates = 0, sources = 0 } = stats.sequences ?? {};
  if (sources) {
    const words = `${format.count(sources)}, ${format.count(missing)} missing, ${format.count(duplicates)} duplicates`;
    add("Numbered sources", words, missing > 0);
  }
  const { waiting = 0, matched = 0, forgotten = 0 } = stats.delayed ?? {};
  if (waiting || matched || forgotten) {
    add("Delayed targets", `${format.count(waiting)} waiting, ${format.count(matched)} matched`);
  }
  if (stats.room?.forgotten) add("Features forgotten", format.count(stats.room.forgotten));
  if (stats.room?.refused) add("Features refused", format.count(stats.room.refused), true);
  if (stats.clamped_updates) add("Clamped updates", format.count(stats.clamped_updates), true);
  if (stats.unlearned) add("Not to be learned", format.count(stats.unlearned));
  const journal = stats.journal;
  if (journal) add("Journal", lag(journal.position - journal.synchronized));
  return rows;
}

function lag(messages) {
  if (!(messages > 0)) return "all synced";
  return messages === 1 ? "1 message not synced yet" : `${format.count(messages)} messages not synced yet`;
}

export function drawHealth(list, stats, configuration) {
  fill(list, facts(stats, configuration), () => {
    const row = element("div");
    row.append(element("dt"), element("dd"));
    return row;
  }, (row, [name, text, isWorry]) => {
    row.className = isWorry ? "worry" : "";
    setText(row.children[0], name);
    setText(row.children[1], text);
  });
}
