import { ChangeFeedStartFrom, type Container, type FeedRange, type PatchOperation, type Resource } from '@azure/cosmos';
import { eventually } from './account.ts';

/** How many race for one thing. */
export const RIVALS = 20;

/** The status of each of many attempts at the same thing, made at once, in ascending order. */
export async function race(attempt: (rival: number) => Promise<{ statusCode: number }>): Promise<unknown[]> {
  const attempts = Array.from({ length: RIVALS }, (_, rival) =>
    attempt(rival).then(
      ({ statusCode }) => statusCode,
      ({ code }: { code: unknown }) => code,
    ),
  );
  return (await Promise.all(attempts)).toSorted((left, right) => Number(left) - Number(right));
}

/** What a race answers in which one wins and the others are refused with that status. */
export const oneWins = (won: number, refused: number): number[] => [won, ...Array<number>(RIVALS - 1).fill(refused)];

/** Replaces of one version, by clients in turn. */
export function raceReplaces(clients: readonly Container[], id: string, pk: string, etag: string): Promise<unknown[]> {
  return race((rival) =>
    inTurn(clients, rival)
      .item(id, pk)
      .replace({ id, pk, rival }, { accessCondition: { type: 'IfMatch', condition: etag } }),
  );
}

/** Patches that each move `n` from 0 to 1, by clients in turn. */
export function racePatches(clients: readonly Container[], id: string, pk: string): Promise<unknown[]> {
  const operations: PatchOperation[] = [{ op: 'incr', path: '/n', value: 1 }];
  return race((rival) => inTurn(clients, rival).item(id, pk).patch({ condition: 'FROM c WHERE c.n = 0', operations }));
}

export function inTurn<T>(all: readonly T[], index: number): T {
  const chosen = all[index % all.length];
  if (chosen === undefined) throw new RangeError('There is nobody whose turn it is.');
  return chosen;
}

/** Creates `count` documents with one writer for each client and partition key `k0`, `k1`, … */
export async function writeTogether(clients: readonly Container[], count: number): Promise<void> {
  const each = count / clients.length;
  await Promise.all(
    clients.map(async (container, writer) => {
      for (let n = 0; n < each; n += 1) {
        const id = `${writer}-${n}`;
        await container.items.create({ id, pk: `k${writer}`, n, unique: id });
      }
    }),
  );
}

/** What `writeTogether` writes; the numbers of one key are in the order of the writes. */
export interface Change {
  readonly id: string;
  readonly pk: string;
  readonly n: number;
}

/** Reads the change feed of a range (or all of it) from the beginning until `isDone`; hands over each page's documents. */
export async function followFeed(
  container: Container,
  range: FeedRange | undefined,
  onPage: (changes: readonly Change[]) => void,
  isDone: () => boolean,
): Promise<void> {
  const feed = container.items.getChangeFeedIterator<Change & Resource>({
    changeFeedStartFrom: range === undefined ? ChangeFeedStartFrom.Beginning() : ChangeFeedStartFrom.Beginning(range),
    maxItemCount: 7,
  });
  await eventually(
    async () => {
      const page = await feed.readNext();
      if (page.statusCode === 200) onPage(page.result);
      return isDone();
    },
    (done) => done,
    30_000,
  );
}
