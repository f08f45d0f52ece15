/** How much of a group's mix is counted under a wrong emotion, as models/README.md measured it. */

/** Share of the people, for groups of 25 whose mix is not that of the training data (the `adapted` column). */
export const WRONG_SHARE = { standard: 0.15, small: 0.16 } as const;

/** Number of people counted under a wrong emotion; `model` as records name it, undefined for a model we do not know. */
export function wronglyCounted(model: string, people: number): number | undefined {
  const size = (Object.keys(WRONG_SHARE) as (keyof typeof WRONG_SHARE)[]).find((name) => model.includes(`-${name}-`));
  return size && people * WRONG_SHARE[size];
}
