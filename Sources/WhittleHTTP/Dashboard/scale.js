// From numbers to places on paper: scales, and the round numbers beside them.

import * as format from "./format.js";

// Beyond this nothing is drawn, so that no difference of two numbers overflows.
const LARGEST = 1e150;

export function isDrawn(value) {
  return typeof value === "number" && Number.isFinite(value) && Math.abs(value) < LARGEST;
}

/** The least and the greatest of many columns that can be drawn; null where there is none. */
export function extent(columns) {
  let least = Infinity;
  let most = -Infinity;
  let leastPositive = Infinity;
  for (const column of columns) {
    for (const value of column) {
      if (!isDrawn(value)) continue;
      if (value < least) least = value;
      if (value > most) most = value;
      if (value > 0 && value < leastPositive) leastPositive = value;
    }
  }
  return least <= most ? { least, most, leastPositive } : null;
}

/** 1, 2 or 5 times a power of ten, the smallest that is at least `size`. */
function roundStep(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  const factor = size / power;
  return (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10) * power;
}

function multiples(step, from, to, offset = 0) {
  const ticks = [];
  const first = Math.ceil((from + offset) / step - 1e-9);
  for (let i = first; i < first + 100 && i * step - offset <= to + step * 1e-9; i++) {
    // No zero has a sign.
    ticks.push(i * step - offset + 0);
  }
  return ticks;
}

function linear(from, to, start, end) {
  const place = (value) => start + ((value - from) / (to - from)) * (end - start);
  return { from, to, place };
}

/**
 * A vertical scale.
 * @param {object} options `zero`: whether zero belongs to it; `logarithmic`: whether it may be so where numbers of
 *   very different size have to be seen; `most`: it ends there, if need be; `whole`: only whole
 *   numbers are named; `text`: how.
 */
export function vertical(columns, top, bottom, options = {}) {
  const { zero = false, logarithmic = false, most = null, whole = false, text = words } = options;
  const range = extent(columns) ?? { least: 0, most: 1, leastPositive: 1 };
  const wanted = Math.max(2, Math.floor((bottom - top) / 44));
  if (logarithmic && range.least >= 0 && range.most / range.leastPositive > 8) {
    return logScale(range, top, bottom, wanted);
  }
  let from = zero ? Math.min(0, range.least) : range.least;
  let to = zero ? Math.max(0, range.most) : range.most;
  if (most !== null) to = most;
  if (!(to > from)) {
    const room = Math.abs(from) / 2 || 1;
    if (zero) to = from + room;
    else [from, to] = [from - room, to + room];
  } else if (most === null) {
    const room = (to - from) * 0.06;
    to += range.most > 0 || !zero ? room : 0;
    if (!zero || from < 0) from -= room;
  }
  let step = roundStep((to - from) / wanted);
  if (whole) step = Math.max(1, step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const size = Math.max(Math.abs(from), Math.abs(to));
  const isPlain = size < 1e5 && decimals <= 5;
  function words(value) {
    // What is left of zero after adding steps is zero.
    if (Math.abs(value) < step / 1e6) return "0";
    return isPlain ? format.decimal(value, decimals) : format.number(value, 3);
  }
  return { ...linear(from, to, bottom, top), ticks: multiples(step, from, to), text, isLogarithmic: false };
}

function logScale(range, top, bottom, wanted) {
  const from = Math.log10(range.leastPositive);
  const to = Math.log10(range.most);
  const room = (to - from) * 0.05;
  const scale = linear(from - room, to + room, bottom, top);
  const step = Math.max(1, Math.ceil((to - from) / wanted));
  let ticks = multiples(step, scale.from, scale.to).map((power) => 10 ** power);
  if (ticks.length < 3) {
    ticks = multiples(1, scale.from - 1, scale.to).flatMap((power) => [1, 2, 5].map((factor) => factor * 10 ** power))
      .filter((value) => Math.log10(value) >= scale.from && Math.log10(value) <= scale.to);
  }
  const place = (value) => (value > 0 ? Math.min(bottom, scale.place(Math.log10(value))) : bottom);
  return { ...scale, place, ticks, text: (value) => format.number(value, 2), isLogarithmic: true };
}

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

/** A horizontal scale, of moments or of steps. */
export function horizontal(kind, from, to, start, end) {
  if (!(to > from)) to = from + 1;
  const scale = linear(from, to, start, end);
  const wanted = Math.max(2, Math.floor((end - start) / 72));
  if (kind === "step") {
    const step = Math.max(1, roundStep((to - from) / wanted));
    return { ...scale, ticks: multiples(step, from, to), text: format.shortCount };
  }
  const size = (to - from) / wanted;
  const step = timeSteps.find((step) => step >= size) ?? 86400 * roundStep(size / 86400);
  // Hours and days begin where people are.
  const offset = -new Date(to * 1000).getTimezoneOffset() * 60;
  return { ...scale, ticks: multiples(step, from, to, offset), text: (value) => format.time(value, step) };
}

/** Where labels of a given height go so that none covers another: near their places, in their order, within bounds. */
export function spread(places, height, top, bottom) {
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
  const spots = [];
  let next = top;
  for (const i of order) {
    spots.push(Math.max(places[i], next));
    next = spots.at(-1) + height;
  }
  let last = bottom;
  for (let i = spots.length - 1; i >= 0; i--) {
    spots[i] = Math.min(spots[i], last);
    last = spots[i] - height;
  }
  const result = [];
  order.forEach((index, i) => (result[index] = spots[i]));
  return result;
}
