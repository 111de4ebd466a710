/**
 * Runs `work` over all items, at most `concurrency` at a time; results in the order of the items. The first failure is thrown after the
 * running ones have ended, so that nothing goes on behind the caller's back; no new ones are begun.
 */
export async function runBounded<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const entries = items.entries();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const [index, item] of entries) {
      if (failed) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = Array.from({ length: Math.min(concurrency, items.length) }, lane);
  const ended = await Promise.allSettled(lanes);
  for (const end of ended) {
    if (end.status === 'rejected') throw end.reason;
  }
  return results;
}
