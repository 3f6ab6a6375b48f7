// The line to the daemon: what it remembers, and then what comes, for as long as the page is open.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
// The daemon tells something each second, or, with nothing to tell, at its own cadence.
const SILENCE = 8000;
const PATIENCE = 10000;
// For an answer after a silence.
const SHORT_PATIENCE = 4000;
// So often the curves are fetched anew: the daemon knows them better than who hears only of the heaviest.
const REFRESH = 60000;

/**
 * Connects, and connects again whenever the line breaks.
 *
 * Calls `handlers.state({isConnected, retryAt})`; `handlers.begin(past)` with what the daemon remembers, after each
 * connection and each restart; `handlers.curves({history, path})` now and then; `handlers.anew({isAnother})` when
 * another daemon or another model is there; and `handlers.stats`, `.coefficients` and `.event`, each with the message
 * and the daemon's time.
 */
export class Live {
  constructor(handlers) {
    this.handlers = handlers;
    this.wait = FIRST_WAIT;
    // Of the daemon's clock to this one's, in seconds.
    this.skew = 0;
    this.attempt = 0;
    this.epoch = null;
    this.step = 0;
    this.uptime = 0;
    window.addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.retryNow());
    setInterval(() => this.listenForSilence(), 2000);
    setInterval(() => this.refresh(), REFRESH);
  }

  get now() {
    return Date.now() / 1000 + this.skew;
  }

  connect() {
    const attempt = ++this.attempt;
    clearTimeout(this.timer);
    this.retryAt = null;
    this.source?.close();
    this.isConnected = false;
    this.waiting = [];
    this.heard = performance.now();
    const source = new EventSource("/api/live");
    this.source = source;
    source.onerror = () => attempt === this.attempt && this.lost();
    source.onopen = () => attempt === this.attempt && this.begin(attempt);
    for (const kind of ["stats", "coefficients", "event"]) {
      source.addEventListener(kind, (event) => attempt === this.attempt && this.take(kind, event.data));
    }
  }

  /** Fetches the past. What comes live meanwhile waits, and is told after it. */
  async begin(attempt) {
    const isNew = () => attempt === this.attempt;
    this.loading = attempt;
    this.waiting = [];
    try {
      const paths = ["history", "path", "events", "checkpoints", "configuration"];
      const answers = await Promise.all(paths.map((path) => this.fetch(`/api/${path}`)));
      if (!isNew()) return;
      this.loading = null;
      this.wait = FIRST_WAIT;
      this.isConnected = true;
      this.handlers.begin(Object.fromEntries(paths.map((path, i) => [path, answers[i]])));
      this.handlers.state({ isConnected: true, retryAt: null });
      const waiting = this.waiting;
      this.waiting = [];
      for (const [kind, message, time] of waiting) this.tell(kind, message, time);
    } catch {
      if (isNew()) this.lost();
    }
  }

  async fetch(path, patience = PATIENCE) {
    const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(patience) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    const date = Date.parse(answer.headers.get("Date") ?? "");
    const skew = (date - Date.now()) / 1000;
    // That header has whole seconds, and clocks of one machine are one.
    this.skew = Math.abs(skew) > 3 ? skew : 0;
    return answer.json();
  }

  take(kind, data) {
    this.heard = performance.now();
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (this.loading === this.attempt) {
      this.waiting.push([kind, message, this.now]);
      if (this.waiting.length > 100) this.waiting.shift();
    } else {
      this.tell(kind, message, this.now);
    }
  }

  tell(kind, message, time) {
    if (kind === "stats") {
      // A daemon that is up for less long than before is another one, too.
      const isAnother = (this.epoch !== null && message.epoch !== undefined && message.epoch !== this.epoch)
        || message.uptime_seconds < this.uptime - 1;
      const wentBack = message.step < this.step;
      this.epoch = message.epoch ?? this.epoch;
      this.step = message.step;
      this.uptime = message.uptime_seconds ?? 0;
      if (isAnother || wentBack) {
        this.handlers.anew({ isAnother });
        // A daemon began anew, or the model did, behind a line that held.
        if (this.isConnected && performance.now() - (this.renewed ?? -Infinity) > 2000) {
          this.renewed = performance.now();
          this.begin(this.attempt);
        }
      }
    }
    this.handlers[kind](message, time);
  }

  lost() {
    this.source.close();
    this.attempt++;
    this.isConnected = false;
    this.loading = null;
    this.waiting = [];
    // Not all pages at once.
    const wait = this.wait * (0.75 + Math.random() / 2);
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
    this.retryAt = Date.now() + wait;
    this.timer = setTimeout(() => this.connect(), wait);
    this.handlers.state({ isConnected: false, retryAt: this.retryAt });
  }

  retryNow() {
    if (this.retryAt === null) return;
    this.wait = FIRST_WAIT;
    this.connect();
  }

  async refresh() {
    if (!this.isConnected || document.hidden) return;
    const attempt = this.attempt;
    try {
      const [history, path] = await Promise.all([this.fetch("/api/history"), this.fetch("/api/path")]);
      if (attempt === this.attempt && this.isConnected) this.handlers.curves({ history, path });
    } catch {
      // The curves stay as they are; if the daemon is gone, the line says so.
    }
  }

  /** A line may die without a word; then the daemon is asked. */
  async listenForSilence() {
    if (!this.isConnected || performance.now() - this.heard < SILENCE) return;
    const attempt = this.attempt;
    this.heard = performance.now();
    try {
      const stats = await this.fetch("/api/stats", SHORT_PATIENCE);
      if (attempt === this.attempt) this.tell("stats", stats, this.now);
    } catch {
      if (attempt === this.attempt) this.lost();
    }
  }
}
