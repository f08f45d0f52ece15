/** How many tiles of which size fill a screen, so that all can be seen and none has to be scrolled to. */

/** A tile has place for so many letters beside each other, and so many lines. */
const LETTERS = 13;
const LINES = 7.8;
/** Pixels. */
const SMALLEST = 12;
/** A letter is at least this part of the height of what is filled, so that it can be read from some metres. */
const OF_HEIGHT = 1 / 60;

export interface Tiling {
  columns: number;
  rows: number;
  /** Height of a letter, pixels. */
  letter: number;
  /** Tiles that have place; where it is fewer than there are, the last one tells how many are left out. */
  places: number;
}

/** `width` and `height`: of what is filled, pixels; `gap`: between two tiles. */
export function tiling(count: number, width: number, height: number, gap: number): Tiling {
  const smallest = Math.max(SMALLEST, height * OF_HEIGHT);
  const most = fitting(width, gap, LETTERS * smallest) * fitting(height, gap, LINES * smallest);
  const places = Math.max(1, Math.min(count, most));
  let best: Tiling = { columns: 1, rows: places, letter: 0, places };
  for (let columns = 1; columns <= places; columns++) {
    const rows = Math.ceil(places / columns);
    const wide = (width - gap * (columns - 1)) / columns;
    const high = (height - gap * (rows - 1)) / rows;
    const letter = Math.min(wide / LETTERS, high / LINES);
    if (letter > best.letter) best = { columns, rows, letter, places };
  }
  return best;
}

/** How many of `size` lie beside each other within `length`; one in any case. */
function fitting(length: number, gap: number, size: number): number {
  return Math.max(1, Math.floor((length + gap) / (size + gap)));
}
