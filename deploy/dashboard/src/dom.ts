/** Elements by name; texts are set as text, so nothing that a broker says becomes markup. */
type Child = Node | string;
type Attributes = Record<string, string | number | boolean | ((event: Event) => void)>;

export function h<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false) element.setAttribute(key, String(value));
  }
  element.append(...children);
  return element;
}

/** Set a text where it differs: what does not change costs no layout, and is not read out again. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function hide(element: HTMLElement, hidden: boolean): void {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/** A list of choices, each a value and its text; `change` gets the value that is chosen. */
export function select(title: string, choices: [string, string][], chosen: string, change: (value: string) => void): HTMLSelectElement {
  const list: HTMLSelectElement = h("select", { "aria-label": title, change: () => change(list.value) }, ...choices.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  return list;
}
