/** Which records of a device have arrived: `(boot, seq)` names one, and `seq` has no gaps within a boot. */
const MOST_BOOTS = 16;
const MOST_RUNS = 256;

export class Heard {
  /** Runs of consecutive numbers for each boot, in order, both ends included. */
  private readonly boots = new Map<string, [number, number][]>();
  /** Of each boot the last number before nobody listened; what follows it may have been published all the same. */
  private readonly rests = new Map<string, Set<number>>();

  /** Note a record; false where it had arrived before. */
  add(boot: string, seq: number): boolean {
    const runs = this.boots.get(boot) ?? [];
    if (!this.boots.has(boot)) {
      this.boots.set(boot, runs);
      if (this.boots.size > MOST_BOOTS) {
        const oldest = this.boots.keys().next().value!;
        this.boots.delete(oldest);
        this.rests.delete(oldest);
      }
    }
    let place = runs.length;
    while (place > 0 && runs[place - 1]![0] > seq) place--;
    const before = runs[place - 1];
    const after = runs[place];
    if (before && seq <= before[1]) return false;
    if (before && before[1] + 1 === seq) {
      before[1] = seq;
      if (after && after[0] === seq + 1) {
        before[1] = after[1];
        runs.splice(place, 1);
      }
    } else if (after && after[0] === seq + 1) after[0] = seq;
    else runs.splice(place, 0, [seq, seq]);
    if (runs.length > MOST_RUNS) runs.shift();
    return true;
  }

  /** Note that nobody listens from here on. */
  rest(): void {
    for (const [boot, runs] of this.boots) {
      const known = this.rests.get(boot);
      const ends = runs.map(([, end]) => end); // gaps that were filled need none
      this.rests.set(boot, new Set(ends.filter((end, place) => known?.has(end) || place === ends.length - 1)));
    }
  }

  /** How many records between the first and the last that arrived are missing, as far as somebody listened. */
  get missing(): number {
    let missing = 0;
    for (const [boot, runs] of this.boots) {
      for (let place = 1; place < runs.length; place++) {
        const end = runs[place - 1]![1];
        if (!this.rests.get(boot)?.has(end)) missing += runs[place]![0] - end - 1;
      }
    }
    return missing;
  }
}
