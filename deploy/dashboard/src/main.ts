/** Puts the parts together: configuration, language, login, connection, and the view that the address names. */
import "uplot/dist/uPlot.min.css";
import { addressed } from "./address";
import { brokerUrl, type Config, loadConfig } from "./config";
import { Connection, type Link, type Login } from "./connection";
import { h } from "./dom";
import { Head } from "./head";
import { language, speak, t } from "./i18n";
import { loginForm, remember, remembered } from "./login";
import { Overview } from "./overview";
import { Room } from "./room";
import { School } from "./school";
import type { View } from "./view";

const DRAW_EVERY = 500;
const CLOCK_EVERY = 1000;

const page = document.getElementById("page")!;

class App {
  private readonly content = h("main", { id: "content", tabindex: "-1" });
  private head!: Head;
  private school!: School;
  private connection: Connection | undefined;
  private view: View | undefined;
  private shown = "";
  private link: Link = "connecting";
  private due: number | undefined;

  constructor(private readonly config: Config) {
    addEventListener("hashchange", () => this.route());
    setInterval(() => this.draw(), CLOCK_EVERY);
  }

  start(): void {
    this.build();
    const login = this.config.anonymous ? { url: brokerUrl(this.config), username: "", password: "" } : remembered();
    if (login) this.connect(login);
    else this.ask("");
  }

  private build(): void {
    const actions = { language: (wanted: string) => void this.translate(wanted) };
    this.head = new Head(this.config, this.config.anonymous ? actions : { ...actions, logOut: () => this.logOut("") });
    page.replaceChildren(this.head.element, this.content);
    if (this.connection) this.head.show(this.link);
  }

  private async translate(wanted: string): Promise<void> {
    await speak(wanted);
    this.build();
    this.shown = "";
    if (this.connection) this.route();
    else this.ask("");
  }

  private connect(login: Login): void {
    this.school = new School(this.config.base, () => this.changed());
    this.shown = "";
    let accepted = false;
    try {
      this.connection = new Connection(
        login,
        this.config.base,
        (topic, payload) => this.school.take(topic, payload, performance.now()),
        (link) => {
          if (link === "refused") return this.logOut(t("link_refused"));
          if (link === "connected" && !accepted && !this.config.anonymous) remember(login);
          accepted ||= link === "connected";
          this.link = link;
          this.head.show(link);
        },
      );
    } catch (error) {
      this.ask(String(error)); // not a valid address
      return;
    }
    this.route();
  }

  private logOut(why: string): void {
    this.connection?.close();
    this.connection = undefined;
    remember(undefined);
    this.build();
    this.ask(why);
  }

  private ask(problem: string): void {
    this.view?.close();
    this.view = undefined;
    this.content.replaceChildren(loginForm(brokerUrl(this.config), problem, (login) => this.connect(login)));
  }

  /** Show the room that the address names, or all of them. */
  private route(): void {
    if (!this.connection) return;
    const found = this.school.devices.get(addressed(location.hash) ?? "");
    const key = found?.key ?? "all";
    if (this.view && key === this.shown) return;
    this.view?.close();
    this.view = found ? new Room(found, this.config.lesson_minutes) : new Overview(this.school);
    this.content.replaceChildren(this.view.element);
    if (this.shown) this.content.focus();
    this.shown = key;
    document.title = `${found?.room ?? t("school")} – ${t("title")}`;
    this.draw();
  }

  private changed(): void {
    this.due ??= window.setTimeout(() => {
      this.due = undefined;
      this.route();
      this.view?.changed();
      this.draw();
    }, DRAW_EVERY);
  }

  private draw(): void {
    if (!document.hidden) this.view?.draw(performance.now());
  }
}

async function begin(): Promise<void> {
  const config = await loadConfig();
  const wanted = navigator.languages.map((each) => each.slice(0, 2)).find((each) => each in config.languages);
  await speak(wanted ?? Object.keys(config.languages)[0] ?? language);
  new App(config).start();
}

begin().catch((error: unknown) => {
  page.replaceChildren(h("main", {}, h("p", { class: "problem", role: "alert" }, String(error))));
});
