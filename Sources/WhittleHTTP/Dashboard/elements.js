// Making and reusing elements. Text is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

export function element(tag, className = "", text = null) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== null) made.textContent = text;
  return made;
}

export function svg(tag, attributes = {}) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Sets the text of an element if it is another one: what does not change is not touched, and not announced. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** A figure: its exact value for programs, and its text for people. */
export function setFigure(target, value, text) {
  target.value = value ?? "";
  setText(target, text);
}

/** As many children as there are items: those that are there are used again. */
export function fill(parent, items, make, update) {
  while (parent.childElementCount > items.length) parent.lastElementChild.remove();
  items.forEach((item, i) => {
    const child = parent.children[i] ?? parent.appendChild(make());
    update(child, item, i);
  });
}

/** Tells people who hear the page rather than see it. */
export function announce(text) {
  setText(document.getElementById("announcer"), text);
}
