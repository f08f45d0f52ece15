/** The page's head: where one is, how the connection stands, appearance, language, help. */
import type { Config } from "./config";
import { h, hide, say, select } from "./dom";
import { helpDialog } from "./help";
import { language, t } from "./i18n";
import type { Link } from "./link";
import { applyTheme, prefer, preferred, THEMES } from "./preferences";


export interface HeadActions {
  language: (wanted: string) => void;
  logOut: () => void;
}

/** Who is there. */
export interface Visitor {
  user: string;
  leavable: boolean;
  unencrypted: boolean;
}

export class Head {
  readonly element: HTMLElement;
  private readonly link = h("p", { class: "link", role: "status" });

  constructor(config: Config, visitor: Visitor, actions: HeadActions) {
    const help = helpDialog();
    const theme = select(t("theme"), THEMES.map((name) => [name, t(`theme_${name}`)]), preferred("theme") ?? "auto", (value) => {
      prefer("theme", value);
      applyTheme();
      dispatchEvent(new Event("resize"));
    });
    const languages = select(t("language"), Object.entries(config.languages), language, actions.language);
    const out = h("button", { type: "button", click: () => actions.logOut() }, visitor.user ? t("log_out_user", { user: visitor.user }) : t("log_out"));
    hide(out, !visitor.leavable);
    this.element = h(
      "header",
      {},
      h("a", { href: "#content", class: "skip", click: skip }, t("skip")),
      h("a", { href: "#/", class: "brand" }, t("title")),
      this.link,
      h("div", { class: "tools" }, languages, theme, h("button", { type: "button", click: () => help.showModal() }, t("help")), out),
      ...(visitor.unencrypted ? [h("p", { class: "unencrypted" }, t("unencrypted"))] : []),
      help,
    );
  }

  show(link: Link, words: string): void {
    this.link.dataset.link = link;
    say(this.link, words);
  }
}

/** The fragment names the room that is shown, so the link moves the focus itself. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
