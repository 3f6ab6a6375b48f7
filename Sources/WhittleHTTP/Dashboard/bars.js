// The heaviest coefficients as bars from a line at zero: to the right what raises the prediction, to the left what
// lowers it.

import { className } from "./colours.js";
import { element, fill, setFigure, setText } from "./elements.js";
import * as format from "./format.js";

const FEW = 16;

export class Bars {
  /** @param {object} handlers `onSelect(name)`: with the feature under the pointer or the focus, or null */
  constructor(host, button, handlers) {
    this.host = host;
    this.button = button;
    this.handlers = handlers;
    this.names = [];
    this.values = [];
    this.selected = null;
    this.isWhole = false;
    button.addEventListener("click", () => {
      this.isWhole = !this.isWhole;
      this.render();
    });
    const nameOf = (target) => this.names[Array.from(host.children).indexOf(target.closest("[role=option]"))] ?? null;
    host.addEventListener("pointerover", (event) => this.handlers.onSelect(nameOf(event.target)));
    host.addEventListener("pointerleave", () => this.handlers.onSelect(null));
    host.addEventListener("focusin", (event) => this.handlers.onSelect(nameOf(event.target)));
    host.addEventListener("focusout", () => this.handlers.onSelect(null));
    host.addEventListener("keydown", (event) => this.press(event));
  }

  /** Coefficients, the heaviest first. */
  draw(names, values) {
    this.names = names;
    this.values = values;
    this.render();
  }

  select(name) {
    this.selected = name;
    for (const [i, row] of Array.from(this.host.children).entries()) {
      row.setAttribute("aria-selected", String(name !== null && this.names[i] === name));
    }
  }

  press(event) {
    const rows = Array.from(this.host.children);
    const at = rows.indexOf(event.target);
    const next = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    this.focusOn(Math.min(rows.length - 1, Math.max(0, next)));
  }

  /** One row takes part in the order of Tab, and the arrow keys go on from there. */
  focusOn(index) {
    this.tabStop = index;
    this.markTabStop();
    this.host.children[index].focus();
  }

  markTabStop() {
    const stop = Math.min(this.tabStop ?? 0, this.host.childElementCount - 1);
    for (const [i, row] of Array.from(this.host.children).entries()) row.tabIndex = i === stop ? 0 : -1;
  }

  render() {
    const count = this.isWhole ? this.names.length : Math.min(FEW, this.names.length);
    const values = this.values.slice(0, count);
    const most = Math.max(0, ...values);
    const least = Math.min(0, ...values);
    const span = most - least || 1;
    const zero = -least / span;
    fill(this.host, values, makeRow, (row, value, i) => {
      const name = this.names[i];
      const [label, track, figure] = row.children;
      const shown = format.name(name);
      row.className = `bar ${className(name)}`;
      setText(label.firstChild, shown);
      row.title = format.name(name, 1000);
      setFigure(figure, value, format.signed(value));
      const bar = track.firstChild;
      bar.className = value < 0 ? "below" : "above";
      bar.style.left = `${100 * (value < 0 ? zero + value / span : zero)}%`;
      bar.style.width = `${(100 * Math.abs(value)) / span}%`;
      track.lastChild.style.left = `${100 * zero}%`;
      row.setAttribute("aria-label", `${format.name(name, 80)} ${format.signed(value)}`);
    });
    this.host.classList.toggle("is-empty", !count);
    this.select(this.selected);
    this.markTabStop();
    this.button.hidden = this.names.length <= FEW;
    this.button.setAttribute("aria-expanded", String(this.isWhole));
    setText(this.button, this.isWhole ? `Show the ${FEW} heaviest` : `Show all ${this.names.length}`);
  }
}

function makeRow() {
  const row = element("div", "bar");
  row.setAttribute("role", "option");
  const label = element("span", "name");
  label.append(element("bdi"));
  const track = element("span", "track");
  track.append(element("i"), element("s"));
  row.append(label, track, element("data"));
  return row;
}
