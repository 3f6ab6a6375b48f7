// Numbers, times and names as people read them.

const MINUS = "\u2212";
const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A number with at most `digits` significant digits: 0.2613, 12,345, 1.2e−7. */
export function number(value, digits = 4) {
  return figure(value, digits).replace(/(\.\d*?)0+(?=e|$)/, "$1").replace(/\.(?=e|$)/, "");
}

/** A number with `digits` significant digits, zeros too, as figures in a column have them: 0.500. */
export function figure(value, digits = 4) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  if (value === 0) return "0";
  const size = Math.abs(value);
  let text;
  if (size >= 10 ** (digits + 2) || size < 1e-4) {
    text = size.toExponential(digits - 1).replace("+", "").replace("-", MINUS);
  } else if (size >= 1000 || Number.isInteger(size)) {
    text = grouped.format(size);
  } else {
    text = size.toPrecision(digits);
  }
  return (value < 0 ? MINUS : "") + text;
}

/** A number with so many decimals: 10,000 or 0.50. */
export function decimal(value, decimals) {
  const text = value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return text.replace("-", MINUS);
}

/** A coefficient, its sign always shown. */
export function signed(value, digits = 3) {
  return (value > 0 ? "+" : "") + figure(value, digits);
}

/** A whole number: 12,345. Those too long for a line in powers of ten. */
export function count(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return value < 1e12 ? grouped.format(value) : number(value);
}

/** A whole number in few characters: 12k, 3.4M. */
export function shortCount(value) {
  for (const [unit, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    const units = value / unit;
    if (Math.abs(units) >= 1 && Math.abs(units) < 1000) return `${Number(units.toPrecision(3))}${letter}`;
  }
  return number(value, 3);
}

/** 0.65 as 65 %. Neither 0 nor 100 unless it is so. */
export function percent(share) {
  if (share === null || share === undefined || !Number.isFinite(share)) return "–";
  const value = share * 100;
  if (Math.abs(value) >= 1e4) return `${number(value, 2)} %`;
  if (value > 99.9 && value < 100) return "> 99.9 %";
  if (value < 0.1 && value > 0) return "< 0.1 %";
  const decimals = Math.abs(value) < 10 || (value > 99 && value < 100) ? 1 : 0;
  return `${decimal(value, Number.isInteger(value) ? 0 : decimals)} %`;
}

export function bytes(value) {
  if (!Number.isFinite(value)) return "–";
  for (const [unit, name] of [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]]) {
    if (value >= unit) return `${Number((value / unit).toPrecision(3))} ${name}`;
  }
  return `${count(value)} B`;
}

/** 83 seconds as 1 min 23 s: the two largest units, or the largest. */
export function duration(seconds, units = 2) {
  if (!Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = parts.findIndex(([unit]) => whole >= unit);
  if (first < 0) return "0 s";
  const [unit, name] = parts[first];
  const [smaller, smallerName] = parts[first + 1] ?? [0, ""];
  const rest = smaller ? Math.floor((whole % unit) / smaller) : 0;
  return `${count(Math.floor(whole / unit))} ${name}${rest && units > 1 ? ` ${rest} ${smallerName}` : ""}`;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const clockMinutes = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** A moment (seconds since 1970) as a time of day, with the date unless it is today's. */
export function time(moment, resolution = 1) {
  const date = new Date(moment * 1000);
  if (Number.isNaN(date.getTime())) return "–";
  if (resolution >= 86400) return day.format(date);
  const text = (resolution >= 60 ? clockMinutes : clock).format(date);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday || resolution > 1 ? text : `${day.format(date)} ${text}`;
}

// What draws nothing, or changes how its neighbours are drawn, would let one name look like another.
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;
const joiner = "\u200d";

/** Text from outside with everything visible that is not, and of bounded length; for textContent only. */
export function visible(text, limit = 200) {
  const whole = String(text);
  // No more than is shown is looked at, and no surrogate pair is cut in two.
  const characters = Array.from(whole.slice(0, limit * 2));
  const start = characters.slice(0, limit).join("");
  const shown = start.replace(unseen, (character) =>
    character === joiner ? character : `⟨${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
  return start.length < whole.length ? shown + "…" : shown;
}

/** A feature's name. */
export function name(text, limit = 200) {
  if (text === "") return "(empty name)";
  return /^\s+$/.test(text) ? `(${text.length === 1 ? "a blank" : "blanks"})` : visible(text, limit);
}
