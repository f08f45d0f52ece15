/** Puts the parts together: configuration, language, the way that data come, and the view that the address names. */
import "uplot/dist/uPlot.min.css";
import { ALERTS, addressed } from "./address";
import { AlertView } from "./alertview";
import { BrokerWay } from "./broker";
import { type Config, loadConfig } from "./config";
import { h } from "./dom";
import { Head } from "./head";
import { Hub } from "./hub";
import { HubWay } from "./hubway";
import { choose, preferred, speak, t } from "./i18n";
import type { Link } from "./link";
import { Overview } from "./overview";
import { Room } from "./room";
import { School } from "./school";
import type { View } from "./view";
import type { Listener, Way } from "./way";

const DRAW_EVERY = 500;
const CLOCK_EVERY = 1000;

const page = document.getElementById("page")!;

class App {
  private readonly content = h("main", { id: "content", tabindex: "-1" });
  private head!: Head;
  private school!: School;
  private source: { close(): void } | undefined;
  private view: View | undefined;
  private shown = "";
  private link: [Link, string | undefined] | undefined;
  /** Whether it is known by now which rooms there are. */
  private complete = false;
  private due: number | undefined;

  constructor(
    private readonly config: Config,
    private readonly way: Way,
  ) {
    addEventListener("hashchange", () => this.route());
    // Also where the appearance has changed.
    addEventListener("resize", () => {
      this.view?.changed();
      this.draw();
    });
    setInterval(() => this.draw(), CLOCK_EVERY);
  }

  start(): void {
    this.build();
    if (this.way.admitted) this.connect();
    else this.ask("");
  }

  private build(): void {
    this.head = new Head(this.config, this.way, {
      language: (wanted) => void this.translate(wanted),
      logOut: () => void this.logOut(),
    });
    page.replaceChildren(this.head.element, this.content);
    if (this.source && this.link) this.head.show(...this.link);
  }

  private async translate(wanted: string): Promise<void> {
    try {
      await speak(wanted);
      choose(wanted);
    } catch (error) {
      this.build(); // what is chosen is what is spoken
      this.head.complain(error instanceof Error ? error.message : String(error));
      return;
    }
    this.build();
    this.shown = "";
    if (this.source) this.route();
    else this.ask("");
  }

  private connect(): void {
    this.school = new School(this.config.base, () => this.changed());
    this.shown = "";
    this.complete = false;
    this.build(); // who is there may have changed
    this.content.replaceChildren();
    const listener: Listener = {
      link: (link, broker) => {
        this.link = [link, broker];
        this.head.show(link, broker);
      },
      complete: () => {
        this.complete = true;
        this.route();
        this.view?.complete?.();
      },
      refused: (why) => void this.logOut(why),
    };
    try {
      this.source = this.way.open(this.school, listener);
    } catch (error) {
      this.ask(String(error)); // not a valid address
      return;
    }
    this.route();
  }

  /** `why`: what ended the session, where that was not the user. */
  private async logOut(why?: string): Promise<void> {
    this.source?.close();
    this.source = undefined;
    let problem = why ?? "";
    try {
      await this.way.leave();
    } catch {
      if (why === undefined) problem = t("log_out_failed");
    }
    this.build();
    this.ask(problem);
  }

  private ask(problem: string): void {
    this.view?.close();
    this.view = undefined;
    this.content.replaceChildren(this.way.ask(problem, () => this.connect()));
  }

  /** Show the room that the address names, or all of them. */
  private route(): void {
    if (!this.source || !this.complete) return;
    const found = this.school.devices.get(addressed(location.hash) ?? "");
    const alerts = location.hash === ALERTS ? this.way.alerts : undefined;
    const key = found?.key ?? (alerts ? ALERTS : "all");
    if (this.view && key === this.shown) {
      this.view.go?.(location.hash);
      return;
    }
    this.view?.close();
    this.view = found ? new Room(found, this.config.lesson_minutes, this.way) : alerts ? new AlertView(alerts) : new Overview(this.school);
    this.content.replaceChildren(this.view.element, h("p", { class: "legal" }, t("legal")));
    this.view.go?.(location.hash);
    if (this.shown) this.content.focus();
    this.shown = key;
    document.title = `${found?.room ?? t(alerts ? "alerts" : "school")} – ${t("title")}`;
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
  await speak(preferred(Object.keys(config.languages)));
  const hub = config.broker ? undefined : await Hub.find();
  new App(config, hub ? new HubWay(hub) : new BrokerWay(config)).start();
}

begin().catch((error: unknown) => {
  page.replaceChildren(h("main", {}, h("p", { class: "problem", role: "alert" }, String(error))));
});
