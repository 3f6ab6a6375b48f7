// Which feature has which colour. A feature keeps its own for as long as it is among the heaviest.

const COLOURS = 8;
// It loses its colour only when so many are heavier, so that two that change places do not flicker.
const PATIENCE = 12;

const owners = new Array(COLOURS).fill(null);

/** Gives colours to the first of these names, the heaviest first. */
export function assign(names) {
  const ranks = new Map(names.map((name, i) => [name, i]));
  for (let i = 0; i < COLOURS; i++) {
    if (owners[i] !== null && (ranks.get(owners[i]) ?? Infinity) >= PATIENCE) owners[i] = null;
  }
  for (const name of names.slice(0, COLOURS)) {
    if (owners.includes(name)) continue;
    const free = owners.indexOf(null);
    if (free >= 0) owners[free] = name;
  }
}

export function isColoured(name) {
  return owners.includes(name);
}

/** The class of a feature's lines and bars. */
export function className(name) {
  const index = owners.indexOf(name);
  return index < 0 ? "colour-none" : `colour-${index + 1}`;
}
