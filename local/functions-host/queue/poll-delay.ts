const SHORTEST_DELAY_MS = 100;

/**
 * How long to wait before a queue that was found empty is looked at again: 100 ms, doubling to the maximum as long as it
 * stays empty.
 * @param emptyPolls how often in a row it was empty, at least 1
 */
export const pollDelayMs = (emptyPolls: number, maximumMs: number): number =>
  Math.min(maximumMs, SHORTEST_DELAY_MS * 2 ** Math.min(emptyPolls - 1, 30));

/** A wait that can be ended early. */
export interface Sleeper {
  /** Resolves after the time, or at once when woken before or while it waits. */
  sleep(durationMs: number): Promise<void>;
  /** Ends the wait, or the next one when none is going on. */
  wake(): void;
}

export const createSleeper = (): Sleeper => {
  let isWoken = false;
  let end: (() => void) | undefined;
  return {
    sleep: async (durationMs) => {
      if (!isWoken) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, durationMs);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        end = undefined;
      }
      isWoken = false;
    },
    wake: () => {
      isWoken = true;
      end?.();
    },
  };
};
