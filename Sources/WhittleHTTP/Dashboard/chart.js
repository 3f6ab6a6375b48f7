// A chart of lines over time or steps, drawn as SVG, that names its lines beside their ends. A cursor tells its values,
// and a table says the same.

import { ChartTable } from "./table.js";
import { Cursor } from "./cursor.js";
import { element, fill, setText, svg } from "./elements.js";
import * as format from "./format.js";
import { horizontal, isDrawn, spread, vertical } from "./scale.js";

const MARGIN = { top: 10, bottom: 26, left: 52, right: 14 };
const LABEL_HEIGHT = 17;

export class LineChart {
  /**
   * @param {HTMLElement} host where it goes; its height is the style sheet's
   * @param {object} options
   *   `title`; `tells`: "line" (the one under the pointer) or "all"; `value`: how values are written; `scale`: see
   *   `vertical`; `labels`: the width that lines' names have at the right; `area`: whether it is filled below the first
   *   line;
   *   `onSelect(key)`: called with the line under the pointer, or null
   */
  constructor(host, options) {
    const usual = { tells: "all", value: format.number, scale: {}, labels: 0, area: false, onSelect: () => {} };
    this.options = { ...usual, ...options };
    this.data = { kind: "time", x: [], lines: [], time: [], step: [], marks: [] };
    this.paths = new Map();
    this.build(host);
    this.cursor = new Cursor(this);
    this.table = new ChartTable(this, host);
    new ResizeObserver(() => this.render()).observe(this.plot);
  }

  build(host) {
    this.plot = element("div", "plot");
    this.plot.tabIndex = 0;
    this.plot.setAttribute("role", "application");
    this.plot.setAttribute("aria-roledescription", "chart");
    this.plot.setAttribute("aria-label", `${this.options.title}. Arrow keys tell its values; a table follows.`);
    this.svg = svg("svg", { "aria-hidden": "true" });
    this.layers = {};
    for (const layer of ["grid", "marks", "area", "lines", "leaders", "cursor"]) {
      this.layers[layer] = this.svg.appendChild(svg("g", { class: layer }));
    }
    this.area = this.layers.area.appendChild(svg("path"));
    this.labels = element("div", "labels");
    this.labels.setAttribute("aria-hidden", "true");
    this.empty = element("p", "empty");
    this.plot.append(this.svg, this.labels, this.empty);
    host.append(this.plot);
  }

  /**
   * @param {object} data `kind` ("time" or "step"); `time`, `step`: of each point; `lines`: `{key, name, values,
   *   className}`, the most important first; `marks`: `{time, step, text}`; `rest`: `{text, value}`, a label for lines
   *   that have none of their own; `empty`: what to say where there is nothing
   */
  draw(data) {
    this.data = { marks: [], ...data, x: data.kind === "time" ? data.time : data.step };
    this.render();
  }

  render() {
    const { width, height } = this.plot.getBoundingClientRect();
    if (width < 40 || height < 40) return;
    const { x, lines } = this.data;
    const isEmpty = !x.length || !lines.some((line) => line.values.some(isDrawn));
    this.plot.classList.toggle("is-empty", isEmpty);
    setText(this.empty, isEmpty ? this.data.empty ?? "" : "");
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height);
    const labels = this.labelWidth(width);
    this.frame = {
      left: width < 480 ? 44 : MARGIN.left, right: width - MARGIN.right - labels, top: MARGIN.top,
      bottom: height - MARGIN.bottom, width, labels,
    };
    const { left, right, top, bottom } = this.frame;
    this.x = horizontal(this.data.kind, x[0] ?? 0, x.at(-1) ?? 1, left, right);
    this.y = vertical(lines.map((line) => line.values), top, bottom, this.options.scale);
    this.renderGrid(isEmpty);
    this.renderMarks();
    this.renderLines();
    this.renderLabels(isEmpty);
    this.cursor.render();
    this.table.render();
  }

  /** Brings one line to the fore; null none. */
  select(key) {
    this.cursor.select(key);
  }

  /** As wide as the longest name, roughly: in large steps, so that the plot keeps its width while names come and go. */
  labelWidth(width) {
    const { lines, rest } = this.data;
    const names = lines.filter((line) => line.label !== false).map((line) => line.name);
    const longest = Math.max(rest?.text.length ?? 0, ...names.map((name) => name.length));
    return Math.min(width < 480 ? 92 : this.options.labels, Math.ceil((longest * 7.5 + 8) / 24) * 24);
  }

  renderGrid(isEmpty) {
    const { left, right, bottom, width } = this.frame;
    const rows = this.y.ticks.map((value) => ({ y: this.y.place(value), text: this.y.text(value) }));
    const columns = this.x.ticks.map((value) => ({ x: this.x.place(value), text: this.x.text(value) }));
    const note = this.y.isLogarithmic ? [{ note: "log scale" }] : [];
    fill(this.layers.grid, isEmpty ? [] : [...rows, ...columns, ...note], () => {
      const group = svg("g");
      group.append(svg("line"), svg("text"));
      return group;
    }, (group, item) => {
      const [line, text] = group.children;
      const y = item.y ?? bottom;
      const row = item.text === "0" ? "row zero" : "row";
      group.setAttribute("class", item.note ? "note" : item.x === undefined ? row : "column");
      line.setAttribute("x1", item.x ?? left);
      line.setAttribute("x2", item.x ?? right);
      line.setAttribute("y1", y);
      line.setAttribute("y2", item.x === undefined ? y : bottom + 4);
      // The note stands in the corner where nothing else ever is.
      text.setAttribute("x", item.note ? right + 30 : item.x ?? left - 8);
      text.setAttribute("y", item.x === undefined && !item.note ? y : bottom + 18);
      text.setAttribute("text-anchor", item.note ? "start" : item.x === undefined ? "end" : anchor(item.x, width));
      setText(text, item.note ?? item.text);
    });
  }

  renderMarks() {
    const { left, right, top, bottom } = this.frame;
    this.shownMarks = this.data.marks.map((mark) => ({ ...mark, x: this.x.place(mark[this.data.kind]) }))
      .filter(({ x }) => x >= left && x <= right).sort((a, b) => a.x - b.x);
    let free = left;
    fill(this.layers.marks, this.shownMarks, () => {
      const group = svg("g");
      group.append(svg("path"), svg("text"));
      return group;
    }, (group, { x, text }) => {
      const [path, words] = group.children;
      path.setAttribute("d", `M${x.toFixed(1)} ${bottom}V${top}`);
      // Words where there is room for them; the cursor tells them all.
      const width = text.length * 6.6 + 10;
      const isLeft = x + width > right;
      const start = isLeft ? x - width : x;
      setText(words, start >= free ? text : "");
      if (start >= free) free = start + width;
      words.setAttribute("x", x + (isLeft ? -6 : 6));
      words.setAttribute("y", top + 5);
      words.setAttribute("text-anchor", isLeft ? "end" : "start");
    });
  }

  renderLines() {
    const { lines, x } = this.data;
    const keys = new Set(lines.map((line) => line.key));
    for (const [key, path] of this.paths) {
      if (keys.has(key)) continue;
      path.remove();
      this.paths.delete(key);
    }
    const places = x.map((value) => this.x.place(value).toFixed(1));
    // The most important is drawn last, above all others.
    for (let i = lines.length - 1; i >= 0; i--) {
      const line = lines[i];
      let path = this.paths.get(line.key);
      if (!path) this.paths.set(line.key, (path = svg("path")));
      if (this.layers.lines.children[lines.length - 1 - i] !== path) {
        this.layers.lines.insertBefore(path, this.layers.lines.children[lines.length - 1 - i] ?? null);
      }
      path.setAttribute("class", `line ${line.className ?? ""}`);
      path.setAttribute("d", this.outline(line.values, places));
    }
    this.area.setAttribute("d", this.options.area && lines.length ? this.filled(lines[0].values, places) : "");
    this.area.setAttribute("class", lines[0]?.className ?? "");
  }

  outline(values, places) {
    let text = "";
    let isOpen = false;
    let last = -1;
    for (let i = 0; i < values.length; i++) {
      if (!isDrawn(values[i])) {
        isOpen = false;
        continue;
      }
      text += `${isOpen ? "L" : "M"}${places[i]} ${this.y.place(values[i]).toFixed(1)}`;
      // A point by itself is a dot, by the round ends of lines.
      if (!isOpen && !isDrawn(values[i + 1])) text += "h0";
      isOpen = true;
      last = i;
    }
    return last < 0 ? "" : text;
  }

  filled(values, places) {
    const outline = this.outline(values, places);
    const first = values.findIndex(isDrawn);
    if (!outline || outline.lastIndexOf("M") > 0) return "";
    const base = this.y.isLogarithmic ? this.frame.bottom : this.y.place(Math.max(0, this.y.from));
    return `${outline}V${base.toFixed(1)}H${places[first]}Z`;
  }

  renderLabels(isEmpty) {
    const { right, top, bottom, labels } = this.frame;
    const room = Math.floor((bottom - top) / LABEL_HEIGHT);
    const items = [];
    if (labels && !isEmpty) {
      const { rest } = this.data;
      for (const line of this.data.lines) {
        const value = line.values.at(-1);
        if (items.length < room - (rest ? 1 : 0) && isDrawn(value) && line.label !== false) {
          items.push({ key: line.key, text: line.name, className: line.className, place: this.y.place(value) });
        }
      }
      if (rest) items.push({ key: null, text: rest.text, className: "rest", place: this.y.place(rest.value) });
    }
    const spots = spread(items.map((item) => item.place), LABEL_HEIGHT, top, bottom);
    fill(this.labels, items, () => {
      const label = element("span", "label");
      label.append(element("bdi"));
      return label;
    }, (label, item, i) => {
      label.className = `label ${item.className ?? ""}`;
      label.style.transform = `translate(${right + 14}px, ${spots[i] - LABEL_HEIGHT / 2}px)`;
      label.style.maxWidth = `${labels}px`;
      label.dataset.index = item.key === null ? "" : String(this.data.lines.findIndex((line) => line.key === item.key));
      setText(label.firstChild, item.text);
    });
    fill(this.layers.leaders, items, () => svg("path"), (path, item, i) => {
      path.setAttribute("class", item.className ?? "");
      path.setAttribute("d", `M${right + 2} ${item.place.toFixed(1)}L${right + 10} ${spots[i].toFixed(1)}`);
    });
    this.shownLabels = items;
  }
}

/** A label of the axis below is in the middle of its place, unless it would stand out at the right. */
function anchor(x, width) {
  return width - x < 28 ? "end" : "middle";
}
