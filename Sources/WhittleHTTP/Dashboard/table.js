// A chart's figures as a table, for those who cannot see the chart. It is filled only while it is open.

import { element, fill, setText } from "./elements.js";
import * as format from "./format.js";
import { extent } from "./scale.js";

const ROWS = 12;

function heading() {
  const made = element("th");
  made.scope = "col";
  return made;
}

export class ChartTable {
  constructor(chart, host) {
    this.chart = chart;
    const title = `${chart.options.title} as a table`;
    this.details = element("details", "as-table");
    const summary = element("summary", "", "Table");
    summary.setAttribute("aria-label", title);
    const frame = element("div", "scroll");
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", title);
    this.table = frame.appendChild(element("table"));
    this.details.append(summary, frame);
    this.details.addEventListener("toggle", () => this.render());
    host.append(this.details);
  }

  render() {
    const { options } = this.chart;
    const rows = !this.details.open ? [] : options.tells === "all" ? this.rowsByTime() : this.rowsByLine();
    fill(this.table, rows, () => element("tr"), (row, cells, i) => {
      fill(row, cells, () => (i ? element("td") : heading()), (cell, text) => setText(cell, text));
    });
  }

  /** The newest first. */
  rowsByTime() {
    const { data: { time, step, lines }, options: { value } } = this.chart;
    const rows = [["Time", "Step", ...lines.map((line) => line.name)]];
    const count = Math.min(ROWS, time.length);
    for (let i = 0; i < count; i++) {
      const at = Math.round((time.length - 1) * (1 - i / Math.max(1, count - 1)));
      rows.push([format.time(time[at]), format.count(step[at]), ...lines.map((line) => value(line.values[at]))]);
    }
    return rows;
  }

  rowsByLine() {
    const { data: { lines }, options: { value } } = this.chart;
    const rows = lines.map((line) => {
      const range = extent([line.values]);
      return [line.name, value(line.values.at(-1)), value(range?.least), value(range?.most)];
    });
    return [["Feature", "Now", "Lowest", "Highest"], ...rows];
  }
}
