import type { Container, FeedOptions, JSONValue } from '@azure/cosmos';
import type { Account } from '../account.ts';

/** A document of the container that queries are put to: `d0` to `d29`, in the partitions A, B and C in turn. */
export function documentOf(n: number) {
  const parity = n % 2 === 0 ? 'even' : 'odd';
  return {
    id: `d${n}`,
    pk: ['A', 'B', 'C'][n % 3],
    n,
    name: `Al${n}`,
    parity,
    tags: [parity, `t${n % 5}`],
    kids: [
      { k: n, ok: true },
      { k: n + 1, ok: n % 2 === 0 },
    ],
    o: { u: n % 4, order: 1 },
    date: `2024-01-${String(n + 1).padStart(2, '0')}T00:00:00Z`,
    ...(n % 6 === 0 ? { nul: null } : {}),
    // One that has another type than all others.
    mixed: n === 7 ? 'seven' : n,
  };
}

/** The numbers from 0 up to but without `count`. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** The container with the thirty documents, and a composite index on parity and, descending, n. */
export async function thirtyDocuments(account: Account): Promise<Container> {
  const container = await account.container({
    indexingPolicy: {
      compositeIndexes: [
        [
          { path: '/parity', order: 'ascending' as const },
          { path: '/n', order: 'descending' as const },
        ],
      ],
    },
  });
  for (const n of upTo(30)) await container.items.create(documentOf(n));
  return container;
}

/** Puts queries to a container: all results, in every partition or in one. */
export function asking(container: () => Container) {
  const run = async (
    query: string,
    named: Readonly<Record<string, unknown>> = {},
    partitionKey?: string,
  ): Promise<unknown[]> => {
    const parameters = Object.entries(named).map(([name, value]) => ({ name: `@${name}`, value: value as JSONValue }));
    const options: FeedOptions = partitionKey === undefined ? {} : { partitionKey };
    return (await container().items.query({ query, parameters }, options).fetchAll()).resources;
  };
  return {
    run,
    /** The numbers of the documents that pass a filter, in ascending order. */
    numbers: async (where: string, named: Readonly<Record<string, unknown>> = {}): Promise<number[]> =>
      ((await run(`SELECT VALUE c.n FROM c WHERE ${where}`, named)) as number[]).toSorted((a, b) => a - b),
  };
}

/** Reads page by page, each with an iterator of its own that goes on from a token, and does something between pages. */
export async function readPages(
  container: Container,
  query: string,
  options: FeedOptions,
  between: (page: number) => Promise<void> = async () => undefined,
): Promise<unknown[][]> {
  const pages: unknown[][] = [];
  let continuationToken: string | undefined;
  do {
    const going = continuationToken === undefined ? {} : { continuationToken };
    const page = await container.items.query(query, { partitionKey: 'p', ...options, ...going }).fetchNext();
    pages.push(page.resources);
    continuationToken = page.continuationToken;
    await between(pages.length);
  } while (continuationToken !== undefined);
  return pages;
}
