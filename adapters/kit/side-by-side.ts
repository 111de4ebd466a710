/** Does the work for each item, at most so many at once, and gives the results in the items' order. A worker that throws ends it all. */
export async function doSideBySide<Item, Result>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Map<number, Result>();
  const waiting = items.entries();
  const lane = async (): Promise<void> => {
    for (const [place, item] of waiting) results.set(place, await work(item));
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane));
  return items.map((_item, place) => results.get(place) as Result);
}
