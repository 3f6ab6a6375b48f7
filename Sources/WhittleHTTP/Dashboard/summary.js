// The first look: how the model is, and its five figures.

import { setFigure, setText } from "./elements.js";
import * as format from "./format.js";

const byId = (id) => document.getElementById(id);

/** Health in a word, and the class that goes with it. */
function status({ isConnected, hasBeen, stats }) {
  if (!isConnected) return hasBeen ? ["Disconnected", "is-lost"] : ["Connecting", "is-lost"];
  if (!stats) return ["Connecting", "is-lost"];
  if (stats.health === "degraded") return ["Degraded", "is-degraded"];
  if (stats.diverging) return ["Diverging", "is-degraded"];
  if (!stats.step) return ["Waiting for samples", "is-waiting"];
  return stats.samples_per_second > 0 ? ["Learning", "is-well"] : ["Idle", "is-waiting"];
}

const diverging =
  "The loss has exploded and not come down since: the steps are too large. Lower the learning rate, or use "
  + "learning_rate.update: invariant.";

/** What people have to be told before all else; null where all is well. */
function notice({ isConnected, hasBeen, retryAt, stats, lastHeard, anew }) {
  if (!isConnected && retryAt !== null) {
    const wait = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    const since = lastHeard ? ` What is shown is as of ${format.time(lastHeard)}.` : "";
    const what = hasBeen ? "The daemon does not answer." : "No daemon answers.";
    return { text: `${what}${since} Trying again${wait > 1 ? ` in ${wait} s` : ""} …`, isLost: true };
  }
  if (stats?.health === "degraded") {
    return { text: format.visible(stats.problem ?? "Something cannot be written.", 4000), isWorry: true };
  }
  if (stats?.diverging) return { text: diverging, isWorry: true };
  if (anew) return { text: anew };
  return null;
}

export function drawSummary(state) {
  const [word, mood] = status(state);
  setText(byId("status"), word);
  document.body.dataset.mood = mood;
  const told = notice(state);
  byId("notice").hidden = !told;
  byId("notice").className = `notice ${told?.isLost ? "lost" : ""} ${told?.isWorry ? "worry" : ""}`;
  setText(byId("notice-text"), told?.text ?? "");
  byId("retry").hidden = !told?.isLost;
  if (state.stats) drawFigures(state.stats, state.checkpoint, state.now);
  const { stats } = state;
  const parts = [word === "Learning" ? "" : word, stats ? format.shortCount(stats.step) : "", "whittle"];
  document.title = parts.filter(Boolean).join(" · ");
}

function drawFigures(stats, checkpoint, now) {
  const recent = stats.loss?.recent ?? null;
  const best = stats.validation?.recent?.best_constant_loss ?? null;
  setFigure(byId("loss"), recent, format.figure(recent));
  setText(byId("loss-more"), comparison(recent, best));
  setFigure(byId("step"), stats.step, format.count(stats.step));
  setText(byId("step-more"), `${format.count(stats.samples)} since the start`);
  setFigure(byId("rate"), stats.samples_per_second, rate(stats.samples_per_second));
  const rejected = Object.values(stats.rejected ?? {}).reduce((sum, count) => sum + count, 0);
  const refused = rejected ? ` · ${format.count(rejected)} rejected` : "";
  setText(byId("rate-more"), `${format.count(stats.messages)} message${stats.messages === 1 ? "" : "s"}${refused}`);
  setFigure(byId("active"), stats.active_set, `${format.count(stats.active_set)}`);
  const zeros = `of ${format.count(stats.features)} · ${format.percent(stats.sparsity)} at zero`;
  setText(byId("active-more"), stats.features ? zeros : "no features yet");
  const age = checkpoint ? `${format.duration(now - checkpoint.time, 1)} ago` : "none yet";
  setFigure(byId("checkpoint"), checkpoint?.step, age);
  setText(byId("checkpoint-more"), checkpoint ? `at step ${format.count(checkpoint.step)}` : "");
}

/** With decimals only where there are few. */
function rate(value) {
  return value < 100 ? format.number(value, 3) : format.count(value);
}

function comparison(recent, best) {
  if (recent === null) return "of predictions made before learning";
  if (!(best > 0)) return "";
  const share = 1 - recent / best;
  if (Math.abs(share) < 0.001) return "as the best constant";
  if (recent / best >= 10) return `${format.number(recent / best, 3)} times the best constant's`;
  return `${format.percent(Math.abs(share))} ${share > 0 ? "below" : "above"} the best constant`;
}
