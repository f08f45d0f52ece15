/** The sheet of paper, the picture, the table and the link of what is shown. */
import type { Course } from "./course";
import { h, say } from "./dom";
import { csv, picture, save } from "./download";
import { t } from "./i18n";

/** Pixels of a sheet A4 upright within its margins, at 96 to an inch. */
const SHEET = { width: 690, height: 330 };

export class Files {
  private readonly said = h("span", { class: "note", role: "status" });
  readonly element: HTMLElement;
  private readonly before = () => {
    this.lighten();
    this.course.fit(SHEET.width, SHEET.height);
    this.course.draw();
  };
  private readonly after = () => {
    this.restore();
    this.course.fit();
    this.course.draw();
  };
  /** The appearance on the screen while paper is made; undefined: none is. */
  private screen: string | undefined;

  /** `name` says what the chart is of. */
  constructor(
    private readonly course: Course,
    private readonly name: () => string,
  ) {
    const button = (text: string, action: () => void) => h("button", { type: "button", click: action }, text);
    this.element = h(
      "div",
      { class: "files" },
      button(t("print"), () => print()),
      button(t("save_picture"), () => this.paint()),
      button(t("save_table"), () => save(new Blob(["\ufeff", csv(course.drawn)], { type: "text/csv" }), `${this.name()}.csv`)),
      button(t("copy_link"), () => void this.copy()),
      this.said,
    );
    addEventListener("beforeprint", this.before);
    addEventListener("afterprint", this.after);
  }

  close(): void {
    removeEventListener("beforeprint", this.before);
    removeEventListener("afterprint", this.after);
  }

  /** Paper is white, whatever the screen is. */
  private lighten(): void {
    const { dataset } = document.documentElement;
    this.screen ??= dataset.theme ?? "auto";
    dataset.theme = "light";
  }

  private restore(): void {
    if (this.screen !== undefined) document.documentElement.dataset.theme = this.screen;
    this.screen = undefined;
  }

  private paint(): void {
    const { canvas } = this.course;
    if (!canvas) return;
    const letter = parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.85;
    this.lighten();
    this.course.fit();
    const sheet = picture(canvas, this.name(), this.course.key, letter);
    this.restore();
    this.course.fit();
    sheet.toBlob((blob) => blob && save(blob, `${this.name()}.png`));
  }

  private async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(location.href);
      say(this.said, t("copied"));
    } catch {
      say(this.said, location.href); // a browser lets only encrypted pages write there
    }
  }
}
