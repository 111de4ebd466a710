import { type Container, CosmosClient, type OperationInput } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, startAccount } from './account.ts';
import { followFeed, inTurn, oneWins, RIVALS, race, racePatches, raceReplaces, writeTogether } from './races.ts';

const CLIENTS = 4;

/** What must hold whatever readers see: races are settled where writes are. */
describe.each([
  { reads: 'strong', staleReadLagMs: undefined, consistencyLevel: undefined },
  { reads: 'of their own session', staleReadLagMs: 40, consistencyLevel: 'Session' },
  { reads: 'stale', staleReadLagMs: 40, consistencyLevel: undefined },
] as const)('races of clients whose reads are $reads', ({ staleReadLagMs, consistencyLevel }) => {
  let account: Account;
  let clients: CosmosClient[];
  let containers: Container[];

  beforeAll(async () => {
    account = await startAccount({ partitions: 3, ...(staleReadLagMs === undefined ? {} : { staleReadLagMs }) });
    const { endpoint, key } = account.server;
    const level = consistencyLevel === undefined ? {} : { consistencyLevel };
    clients = Array.from({ length: CLIENTS }, () => new CosmosClient({ endpoint, key, ...level }));
  });
  beforeEach(async () => {
    const { id } = await account.container({ uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/unique'] }] } });
    containers = clients.map((client) => client.database('test').container(id));
    // The container is there for all of them, and what they then see of it is what it holds now: nothing.
    await Promise.all(containers.map((container) => container.items.query('SELECT * FROM c').fetchAll()));
  });
  afterAll(async () => {
    for (const client of clients) client.dispose();
    await account.close();
  });

  const first = (): Container => inTurn(containers, 0);
  /** What is there, whoever asks. */
  const readNow = async (id: string) =>
    (
      await account.client
        .database('test')
        .container(first().id)
        .item(id, 'p')
        .read({ consistencyLevel: 'Strong' } as never)
    ).resource;

  it('one of many creates of one id wins', async () => {
    const codes = await race((rival) => inTurn(containers, rival).items.create({ id: 'a', pk: 'p', rival }));
    expect(codes).toEqual(oneWins(201, 409));
  });

  it('one of many creates of one unique key wins', async () => {
    const codes = await race((rival) => inTurn(containers, rival).items.create({ id: `${rival}`, pk: 'p', unique: 1 }));
    expect(codes).toEqual(oneWins(201, 409));
  });

  it('of many upserts of one id one inserts', async () => {
    const codes = await race((rival) => inTurn(containers, rival).items.upsert({ id: 'a', pk: 'p', rival }));
    expect(codes).toEqual([...Array<number>(RIVALS - 1).fill(200), 201]);
  });

  it('one of many replaces, upserts and deletes of one version wins', async () => {
    const { resource } = await first().items.create({ id: 'a', pk: 'p', n: 0 });
    expect(await raceReplaces(containers, 'a', 'p', String(resource?._etag))).toEqual(oneWins(200, 412));
    const accessCondition = { type: 'IfMatch', condition: String((await readNow('a'))?._etag) };
    const upserts = await race((rival) =>
      inTurn(containers, rival).items.upsert({ id: 'a', pk: 'p', n: 1, rival }, { accessCondition }),
    );
    expect(upserts).toEqual(oneWins(200, 412));
    const last = { type: 'IfMatch', condition: String((await readNow('a'))?._etag) };
    const deletes = await race((rival) => inTurn(containers, rival).item('a', 'p').delete({ accessCondition: last }));
    // Who comes after the winner finds nothing to compare with.
    expect(deletes).toEqual(oneWins(204, 404));
  });

  it('one of many conditional patches wins, and unconditional ones all count', async () => {
    await first().items.create({ id: 'a', pk: 'p', n: 0 });
    expect(await racePatches(containers, 'a', 'p')).toEqual(oneWins(200, 412));
    const codes = await race((rival) =>
      inTurn(containers, rival)
        .item('a', 'p')
        .patch([{ op: 'incr', path: '/n', value: 1 }]),
    );
    expect(new Set(codes)).toEqual(new Set([200]));
    expect(await readNow('a')).toMatchObject({ n: 1 + RIVALS });
  });

  it('one of many batches on one version is applied, as a whole', async () => {
    const { resource } = await first().items.create({ id: 'a', pk: 'p', unique: 'a' });
    const codes = await race(async (rival) => {
      const operations = [
        { operationType: 'Create', resourceBody: { id: `of ${rival}`, pk: 'p', unique: rival } },
        { operationType: 'Replace', id: 'a', ifMatch: resource?._etag, resourceBody: { id: 'a', pk: 'p', rival } },
      ] as OperationInput[];
      const { result } = await inTurn(containers, rival).items.batch(operations, 'p');
      return { statusCode: Number(result?.[1]?.statusCode) };
    });
    expect(codes).toEqual(oneWins(200, 412));
    const winner = Number((await readNow('a'))?.['rival']);
    for (let rival = 0; rival < RIVALS; rival += 1)
      expect((await readNow(`of ${rival}`)) !== undefined).toBe(rival === winner);
  });

  it('writers leave no gap in the change feed, for several readers of all of it and of its parts', async () => {
    const total = 40 * CLIENTS;
    const seen = Array.from({ length: 3 }, (): string[] => []);
    const ofParts: string[] = [];
    const lastOf = new Map<string, number>();
    let isOrdered = true;
    const ranges = await first().getFeedRanges();
    await Promise.all([
      writeTogether(containers, total),
      ...seen.map((ids, index) =>
        followFeed(
          inTurn(containers, index),
          undefined,
          (changes) => ids.push(...changes.map(({ id }) => id)),
          () => ids.length >= total,
        ),
      ),
      ...ranges.map((range, index) =>
        followFeed(
          inTurn(containers, index),
          range,
          (changes) => {
            for (const { id, pk, n } of changes) {
              isOrdered &&= n > (lastOf.get(pk) ?? -1);
              lastOf.set(pk, n);
              ofParts.push(id);
            }
          },
          () => ofParts.length >= total,
        ),
      ),
    ]);
    for (const ids of [...seen, ofParts]) {
      expect(ids).toHaveLength(total);
      expect(new Set(ids).size).toBe(total);
    }
    expect(isOrdered).toBe(true);
  });
});
