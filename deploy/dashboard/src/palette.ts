/** Colours that people with any colour vision can distinguish (Okabe & Ito, 2008), beside names, never in their place. */
import type { Key } from "./groups";

export const COLOURS: Record<Key, string> = {
  angry: "#d55e00",
  disgust: "#009e73",
  fear: "#cc79a7",
  happy: "#f0e442",
  sad: "#0072b2",
  surprise: "#e69f00",
  neutral: "#56b4e9",
  rest: "#cc79a7",
  other: "#d9c7b8",
  unsure: "#8c8c8c",
};
