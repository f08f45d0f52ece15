/** The appearance, as somebody chose it for this browser, or as the system has it. */
export const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const KEPT = "theme";

export function chosenTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEPT);
    return THEMES.find((each) => each === kept) ?? "auto";
  } catch {
    return "auto"; // the browser keeps nothing
  }
}

/** Show an appearance, and keep it after the tab is closed. */
export function chooseTheme(wanted: string): void {
  document.documentElement.dataset.theme = wanted;
  try {
    localStorage.setItem(KEPT, wanted);
  } catch {
    // it holds until the page is closed
  }
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = chosenTheme();
}
