/** What somebody chose for this browser: language and appearance. They stay after the tab is closed. */
const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export function preferred(name: "language" | "theme"): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined;
  } catch {
    return undefined; // the browser keeps nothing
  }
}

export function prefer(name: "language" | "theme", value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // it holds until the page is closed
  }
}

export { THEMES };

/** Show the appearance that was chosen, or the system's. */
export function applyTheme(): void {
  const wanted = preferred("theme");
  if (wanted && (THEMES as readonly string[]).includes(wanted)) document.documentElement.dataset.theme = wanted;
}
