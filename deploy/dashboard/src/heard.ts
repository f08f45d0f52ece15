/** Which records of a device have arrived: `(boot, seq)` names one, and `seq` has no gaps within a boot. */
const MOST_BOOTS = 16;
const MOST_RUNS = 256;

export class Heard {
  /** Runs of consecutive numbers for each boot, in order, both ends included. */
  private readonly boots = new Map<string, [number, number][]>();

  /** Note a record; false where it had arrived before. */
  add(boot: string, seq: number): boolean {
    const runs = this.boots.get(boot) ?? [];
    if (!this.boots.has(boot)) {
      this.boots.set(boot, runs);
      if (this.boots.size > MOST_BOOTS) this.boots.delete(this.boots.keys().next().value!);
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

  /** How many records between the first and the last that arrived are missing. */
  get missing(): number {
    let missing = 0;
    for (const runs of this.boots.values()) {
      for (let place = 1; place < runs.length; place++) missing += runs[place]![0] - runs[place - 1]![1] - 1;
    }
    return missing;
  }
}
