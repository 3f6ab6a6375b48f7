// What the page remembers: curves of bounded length. Nothing here grows with time.

/** Values over time in parallel columns. When full, every other row goes and the interval doubles. */
class Curves {
  constructor(limit) {
    this.limit = limit;
    this.clear();
  }

  clear() {
    this.time = [];
    this.step = [];
    this.interval = 0;
  }

  get length() {
    return this.time.length;
  }

  /** Takes times and steps as the daemon remembers them. Returns the first row that is wanted. */
  begin({ time, step }) {
    // What was before the first sample is nothing to show.
    const start = Math.max(step.findIndex((step) => step > 0), time.length - this.limit, 0);
    this.time = step.at(-1) > 0 ? time.slice(start) : [];
    this.step = step.at(-1) > 0 ? step.slice(start) : [];
    // Later rows keep the spacing of these.
    const gaps = [];
    for (let i = 1; i < this.length; i++) gaps.push(this.time[i] - this.time[i - 1]);
    gaps.sort((a, b) => a - b);
    // A little below it: rows come a little early, too.
    this.interval = gaps.length ? gaps[gaps.length >> 1] * 0.9 : 0;
    return start;
  }

  /** Whether a new row takes the place of the last one, which came within an interval of the one before. */
  replacesLast() {
    const end = this.length;
    return end > 1 && this.time[end - 1] - this.time[end - 2] < this.interval;
  }

  everyOther(column) {
    // The newest stays.
    const odd = (column.length - 1) % 2;
    return column.filter((_, i) => i % 2 === odd);
  }
}

/** Loss, speed and sparsity: as of /api/history, and then of each `stats`. */
export class History extends Curves {
  static fields = [
    "samples_per_second", "loss_overall", "loss_recent", "best_constant_loss", "active_set", "features", "sparsity",
  ];

  constructor(limit = 1000) {
    super(limit);
  }

  clear() {
    super.clear();
    this.values = Object.fromEntries(History.fields.map((field) => [field, []]));
  }

  /** Begins with what the daemon remembers. */
  load(answer) {
    this.clear();
    const start = this.begin(answer);
    for (const field of History.fields) {
      this.values[field] = this.time.map((_, i) => answer[field]?.[start + i] ?? null);
    }
  }

  append(time, stats) {
    if (!stats.step || time <= (this.time.at(-1) ?? 0)) return;
    const recent = stats.validation?.recent;
    const row = {
      samples_per_second: stats.samples_per_second, loss_overall: stats.loss?.overall, loss_recent: stats.loss?.recent,
      best_constant_loss: recent?.best_constant_loss, active_set: stats.active_set, features: stats.features,
      sparsity: stats.sparsity,
    };
    const at = this.replacesLast() ? this.length - 1 : this.length;
    this.time[at] = time;
    this.step[at] = stats.step;
    for (const field of History.fields) this.values[field][at] = row[field] ?? null;
    if (this.length > this.limit) {
      this.time = this.everyOther(this.time);
      this.step = this.everyOther(this.step);
      for (const field of History.fields) this.values[field] = this.everyOther(this.values[field]);
      this.interval *= 2;
    }
  }
}

/** Coefficients over time, as of /api/path, and then of each `coefficients`. */
export class Path extends Curves {
  constructor(limit = 500, features = 50) {
    super(limit);
    this.features = features;
  }

  clear() {
    super.clear();
    // A map, since names are anything: "__proto__" too.
    this.lines = new Map();
  }

  load(answer) {
    this.clear();
    const start = this.begin(answer);
    answer.names.slice(0, this.features).forEach((name, i) => {
      this.lines.set(name, this.time.map((_, j) => answer.coefficients[i]?.[start + j] ?? null));
    });
  }

  append(time, coefficients) {
    if (!coefficients.step || time <= (this.time.at(-1) ?? 0)) return;
    const at = this.replacesLast() ? this.length - 1 : this.length;
    this.time[at] = time;
    this.step[at] = coefficients.step;
    const now = new Map(coefficients.names.map((name, i) => [name, coefficients.values[i]]));
    this.makeRoom(coefficients.names);
    for (const name of coefficients.names.slice(0, this.features)) {
      if (!this.lines.has(name)) this.lines.set(name, new Array(at).fill(null));
    }
    // Where all that is not zero has come, what is missing is zero; else it is lighter than what came, and not known.
    const missing = coefficients.active_set <= coefficients.names.length ? 0 : null;
    for (const [name, line] of this.lines) line[at] = now.get(name) ?? missing;
    if (this.length > this.limit) {
      this.time = this.everyOther(this.time);
      this.step = this.everyOther(this.step);
      for (const [name, line] of this.lines) this.lines.set(name, this.everyOther(line));
      this.interval *= 2;
    }
  }

  /** Lets go of lines that are not among the names: first those that were never far from zero. */
  makeRoom(names) {
    const wanted = new Set(names.slice(0, this.features));
    let coming = 0;
    for (const name of wanted) if (!this.lines.has(name)) coming++;
    const surplus = this.lines.size + coming - this.features;
    if (surplus <= 0) return;
    const heights = [];
    for (const [name, line] of this.lines) {
      const height = line.reduce((most, value) => Math.max(most, Math.abs(value ?? 0)), 0);
      if (!wanted.has(name)) heights.push([height, name]);
    }
    heights.sort(([a], [b]) => a - b);
    for (const [, name] of heights.slice(0, surplus)) this.lines.delete(name);
  }
}

/** The newest of something, newest first. */
export class Newest {
  constructor(limit) {
    this.limit = limit;
    this.items = [];
  }

  load(items) {
    this.items = Array.from(items ?? []).slice(0, this.limit);
  }

  add(item) {
    this.items.unshift(item);
    this.items.length = Math.min(this.items.length, this.limit);
  }
}
