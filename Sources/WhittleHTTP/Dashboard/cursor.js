// A chart's cursor: the pointer or the arrow keys put it on a point in time and a line, and it tells the values there.

import { announce, element, fill, setText, svg } from "./elements.js";
import * as format from "./format.js";
import { isDrawn } from "./scale.js";

export class Cursor {
  constructor(chart) {
    this.chart = chart;
    // A value on the horizontal axis, so that the cursor stays where it is while points come and go.
    this.at = null;
    this.selected = null;
    this.layer = chart.layers.cursor;
    this.rule = this.layer.appendChild(svg("line", { class: "rule" }));
    this.tip = element("div", "tip");
    this.tip.setAttribute("aria-hidden", "true");
    this.tip.hidden = true;
    chart.plot.append(this.tip);
    const { plot } = chart;
    plot.addEventListener("pointermove", (event) => this.pointAt(event));
    plot.addEventListener("pointerdown", (event) => this.pointAt(event));
    plot.addEventListener("pointerleave", () => this.leave());
    plot.addEventListener("keydown", (event) => this.press(event));
    plot.addEventListener("blur", () => this.leave());
    plot.addEventListener("focus", () => {
      if (plot.matches(":focus-visible")) this.moveTo(this.points.length - 1, this.selected ?? this.lines[0]?.key);
    });
  }

  get points() {
    return this.chart.data.x;
  }

  get lines() {
    return this.chart.data.lines;
  }

  /** Whether one line is told at a time, or all. */
  get tellsAll() {
    return this.chart.options.tells === "all";
  }

  select(key) {
    if (this.selected === key) return;
    this.selected = key;
    this.render();
  }

  // From the pointer and the keys

  pointAt(event) {
    const { frame, plot, x, y } = this.chart;
    if (!frame || !this.points.length) return;
    const label = event.target.closest?.(".label");
    if (label?.dataset.index) {
      this.moveTo(this.points.length - 1, this.lines[Number(label.dataset.index)]?.key, false);
      return;
    }
    const box = plot.getBoundingClientRect();
    const across = Math.min(frame.right, Math.max(frame.left, event.clientX - box.left));
    const down = event.clientY - box.top;
    const index = this.nearest(across);
    let nearest = null;
    let distance = Infinity;
    for (const line of this.lines) {
      if (!isDrawn(line.values[index])) continue;
      const away = Math.abs(y.place(line.values[index]) - down);
      if (away < distance) [nearest, distance] = [line.key, away];
    }
    this.moveTo(index, nearest, false);
  }

  leave() {
    this.at = null;
    this.selected = null;
    this.chart.options.onSelect(null);
    this.render();
  }

  press(event) {
    const last = this.points.length - 1;
    if (last < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = this.at === null ? last : this.index;
    const stride = event.shiftKey ? 10 : 1;
    const across = { ArrowLeft: at - stride, ArrowRight: at + stride, Home: 0, End: last };
    const along = { ArrowUp: -1, ArrowDown: 1 };
    if (Object.hasOwn(across, event.key)) {
      this.moveTo(Math.min(last, Math.max(0, across[event.key])), this.selected ?? this.lines[0]?.key);
    } else if (Object.hasOwn(along, event.key)) {
      this.moveTo(at, this.neighbour(at, along[event.key]));
    } else if (event.key === "Escape") {
      this.leave();
    } else {
      return;
    }
    event.preventDefault();
  }

  /** The line above or below the selected one at a point. */
  neighbour(index, direction) {
    const order = this.lines
      .filter((line) => isDrawn(line.values[index]))
      .sort((a, b) => b.values[index] - a.values[index])
      .map((line) => line.key);
    const at = order.indexOf(this.selected);
    return at < 0 ? order[0] : order[Math.min(order.length - 1, Math.max(0, at + direction))];
  }

  moveTo(index, key, isTold = true) {
    this.at = this.points[index] ?? null;
    this.selected = key ?? null;
    this.chart.options.onSelect(this.selected);
    this.render();
    if (isTold && this.at !== null) announce(this.words());
  }

  /** The point that is nearest to a place. */
  nearest(place) {
    const away = (i) => Math.abs(this.chart.x.place(this.points[i]) - place);
    let low = 0;
    let high = this.points.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.chart.x.place(this.points[middle]) < place) low = middle;
      else high = middle;
    }
    return away(low) < away(high) ? low : high;
  }

  get index() {
    return this.nearest(this.chart.x.place(this.at));
  }

  // What it tells

  get told() {
    return this.lines.filter((line) => this.tellsAll || line.key === this.selected);
  }

  words() {
    const { index } = this;
    const { value } = this.chart.options;
    return [...this.told.map((line) => `${line.name} ${value(line.values[index])}`), this.place(index)].join(", ");
  }

  place(index) {
    const { time, step } = this.chart.data;
    return `${format.time(time[index])}, step ${format.count(step[index])}`;
  }

  render() {
    const { chart } = this;
    const isOn = this.selected !== null && chart.paths.has(this.selected);
    chart.plot.classList.toggle("has-selection", isOn && !this.tellsAll);
    for (const [key, path] of chart.paths) path.classList.toggle("is-selected", isOn && key === this.selected);
    (chart.shownLabels ?? []).forEach((item, i) => {
      chart.labels.children[i].classList.toggle("is-selected", isOn && item.key === this.selected);
    });
    this.renderTip();
  }

  renderTip() {
    const { frame, options, data, x, y } = this.chart;
    const isShown = this.at !== null && frame && this.points.length > 0;
    const index = isShown ? this.index : 0;
    const told = !isShown ? [] : this.told.filter((line) => isDrawn(line.values[index]));
    this.tip.hidden = !told.length;
    this.layer.style.display = told.length ? "" : "none";
    if (!told.length) return;
    const across = x.place(data.x[index]);
    const ends = { x1: across, x2: across, y1: frame.top, y2: frame.bottom };
    for (const [key, value] of Object.entries(ends)) this.rule.setAttribute(key, value);
    fill(this.layer, [null, ...told], () => svg("circle", { r: 4 }), (dot, line) => {
      if (!line) return;
      dot.setAttribute("class", `point ${line.className ?? ""}`);
      dot.setAttribute("cx", across);
      dot.setAttribute("cy", y.place(line.values[index]));
    });
    const marks = this.chart.shownMarks.filter((mark) => Math.abs(mark.x - across) < 5).slice(0, 2);
    const rows = [
      ...told.map((line) => ({ ...line, text: line.name, figure: options.value(line.values[index]) })),
      { className: "place", text: this.place(index) },
      ...marks.map((mark) => ({ className: "mark", text: mark.text })),
    ];
    fill(this.tip, rows, () => {
      const row = element("p");
      row.append(element("i"), element("bdi"), element("b"));
      return row;
    }, (row, { className = "", text, figure = "" }) => {
      row.className = className;
      setText(row.children[1], text);
      setText(row.children[2], figure);
    });
    const { offsetWidth, offsetHeight } = this.tip;
    const left = across + 14 + offsetWidth < frame.width ? across + 14 : Math.max(0, across - 14 - offsetWidth);
    const top = this.tellsAll ? frame.top : Math.max(0, y.place(told[0].values[index]) - offsetHeight - 10);
    this.tip.style.transform = `translate(${left}px, ${top}px)`;
  }
}
