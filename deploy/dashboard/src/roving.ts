/** Arrow keys among many cards, of which only one is a stop of Tab (WAI-ARIA Authoring Practices: roving tabindex). */
import type { Card } from "./card";

export class Roving {
  private cards: readonly Card[] = [];
  private stop: Card | undefined;

  /** `type` gets the letter that somebody types while a card has the focus. */
  constructor(
    host: HTMLElement,
    private readonly type: (letter: string) => void,
  ) {
    host.addEventListener("keydown", (event) => this.press(event));
    host.addEventListener("focusin", (event) => {
      const card = this.cards.find(({ link }) => link === event.target);
      if (card) this.rest(card);
    });
  }

  /** Take the cards as they stand now. */
  take(cards: readonly Card[]): void {
    this.cards = cards;
    if (!this.stop || !cards.includes(this.stop)) this.rest(cards[0]);
  }

  /** The stop of Tab, by the key of its device. */
  get key(): string | undefined {
    return this.stop?.device.key;
  }

  /** Let Tab stop at a card. */
  rest(card: Card | undefined): void {
    if (!card) return;
    if (this.stop) this.stop.link.tabIndex = -1;
    this.stop = card;
    card.link.tabIndex = 0;
  }

  /** Move the focus to the card at which Tab stops. */
  enter(): void {
    this.stop?.link.focus();
  }

  private press(event: KeyboardEvent): void {
    const { stop, cards } = this;
    if (event.ctrlKey || event.metaKey || event.altKey || !stop || event.target !== stop.link) return;
    const at = cards.indexOf(stop);
    const next = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      ArrowUp: this.vertical(at, -1),
      ArrowDown: this.vertical(at, 1),
      Home: 0,
      End: cards.length - 1,
    }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      cards[next]?.link.focus();
    } else if (event.key.length === 1 && event.key !== " ") {
      event.preventDefault();
      this.type(event.key);
    }
  }

  /** The place of the card in the next row that lies nearest to the one at `from`; `from` where there is no such row. */
  private vertical(from: number, step: 1 | -1): number {
    const origin = this.cards[from]!.element;
    const apart = (place: number) => Math.abs(this.cards[place]!.element.offsetLeft - origin.offsetLeft);
    let place = from + step;
    while (this.cards[place]?.element.offsetTop === origin.offsetTop) place += step;
    const row = this.cards[place]?.element.offsetTop;
    let found = from;
    for (; this.cards[place] && this.cards[place]!.element.offsetTop === row; place += step) {
      if (found === from || apart(place) < apart(found)) found = place;
    }
    return found;
  }
}
