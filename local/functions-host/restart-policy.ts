export interface RestartPolicy {
  /**
   * How long to wait before the next start; undefined to give up.
   * @param livedMs how long the process lived that has just ended
   */
  delayAfter(livedMs: number): number | undefined;
}

/** So many short lives in a row, and another start would only end in the next crash. */
const LONGEST_ROW = 6;
/** A life of this length ends the row. */
const GOOD_LIFE_MS = 60_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;

/** Starts again after a short time that doubles with each short life, and gives up when nothing but short lives follow. */
export const createRestartPolicy = (): RestartPolicy => {
  let row = 0;
  return {
    delayAfter: (livedMs) => {
      row = livedMs >= GOOD_LIFE_MS ? 1 : row + 1;
      return row >= LONGEST_ROW ? undefined : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (row - 1));
    },
  };
};
