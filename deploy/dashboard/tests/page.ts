/** As much of a document as it takes to build a part of the page in a test. */
export class Part extends EventTarget {
  readonly children: (Part | string)[] = [];
  readonly attributes = new Map<string, string>();
  hidden = false;
  value = "";

  get textContent(): string {
    return this.children.map((each) => (typeof each === "string" ? each : each.textContent)).join("");
  }

  set textContent(text: string) {
    this.replaceChildren(text);
  }

  append(...more: (Part | string)[]): void {
    this.children.push(...more);
  }

  replaceChildren(...more: (Part | string)[]): void {
    this.children.splice(0, this.children.length, ...more);
  }

  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }

  querySelectorAll(): Part[] {
    return [];
  }
}

/** For `vi.stubGlobal("document", …)`. */
export const DOCUMENT = { createElement: () => new Part() };
