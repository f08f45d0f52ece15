/** What counts mean, and what they do not. */
import { h } from "./dom";
import { type Text, t } from "./i18n";

const PARAGRAPHS: Text[] = ["help_1", "help_2", "help_3", "help_4", "help_5"];

export function helpDialog(): HTMLDialogElement {
  const dialog: HTMLDialogElement = h(
    "dialog",
    { "aria-labelledby": "help" },
    h("h2", { id: "help" }, t("help")),
    ...PARAGRAPHS.map((each) => h("p", {}, t(each))),
    h("p", {}, h("button", { type: "button", class: "primary", click: () => dialog.close() }, t("close"))),
  );
  return dialog;
}
