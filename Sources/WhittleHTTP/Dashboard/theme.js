// The theme that was chosen. This script runs before anything is drawn, so that no page flashes in the other theme.
"use strict";
try {
  const chosen = localStorage.getItem("whittle.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Without storage the system's theme holds.
}
