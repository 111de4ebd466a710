import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leasesToTake, type OwnedLease } from '../../../../local/functions-host/cosmos/balance.ts';
import { cosmosConnection } from '../../../../local/functions-host/cosmos/connection.ts';
import { describeChangeFeedTrigger } from '../../../../local/functions-host/cosmos/trigger.ts';

describe('sharing out leases', () => {
  const lease = (id: number, owner: string | undefined): OwnedLease => ({ id: `${id}`, owner });

  test('a lone host takes all that are free', () => {
    const leases = [lease(1, undefined), lease(2, undefined), lease(3, 'me')];
    expect(leasesToTake(leases, 'me').map(({ id }) => id)).toEqual(['1', '2']);
  });

  test('one that comes later takes one at a time from the one that has most', () => {
    const leases = [lease(1, 'a'), lease(2, 'a'), lease(3, 'a'), lease(4, 'b')];
    expect(leasesToTake(leases, 'me').map(({ id }) => id)).toEqual(['1']);
    expect(leasesToTake([lease(1, 'a')], 'me')).toEqual([]);
  });

  test('however they start, hosts that take turns end with nearly equal shares and then rest', () => {
    const owners = fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined });
    fc.assert(
      fc.property(fc.array(owners, { minLength: 1, maxLength: 20 }), (initial) => {
        const hosts = ['a', 'b', 'c', 'd'];
        let leases = initial.map((owner, id) => lease(id, owner));
        let moves = 1;
        for (let round = 0; moves > 0; round++) {
          moves = 0;
          expect(round).toBeLessThan(100);
          for (const me of hosts) {
            const taken = new Set(leasesToTake(leases, me).map(({ id }) => id));
            moves += taken.size;
            leases = leases.map((each) => (taken.has(each.id) ? { ...each, owner: me } : each));
          }
        }
        const counts = hosts.map((me) => leases.filter(({ owner }) => owner === me).length);
        expect(leases.every(({ owner }) => owner !== undefined)).toBe(true);
        expect(Math.max(...counts)).toBeLessThanOrEqual(
          Math.ceil(leases.length / Math.min(hosts.length, counts.filter((count) => count > 0).length)),
        );
      }),
    );
  });
});

describe('connections', () => {
  const text = 'AccountEndpoint=https://a.documents.azure.com:443/;AccountKey=a2V5PT0=;Database=x;';

  test('are connection strings, also with AzureWebJobs in front', () => {
    const expected = { kind: 'key', endpoint: 'https://a.documents.azure.com:443/', key: 'a2V5PT0=' };
    expect(cosmosConnection('Main', { Main: text })).toEqual(expected);
    expect(cosmosConnection('Main', { AzureWebJobsMain: text })).toEqual(expected);
    expect(cosmosConnection(undefined, { CosmosDB: text })).toEqual(expected);
  });

  test('or an address, for an identity', () => {
    const settings = { Main__accountEndpoint: 'https://a.documents.azure.com', Main__clientId: 'client' };
    expect(cosmosConnection('Main', settings)).toEqual({
      kind: 'identity',
      endpoint: 'https://a.documents.azure.com',
      clientId: 'client',
    });
    expect(() => cosmosConnection('Main', { Main__accountEndpoint: 'http://127.0.0.1:1' })).toThrow(
      /only used over https/,
    );
  });

  test('name the setting when they are wrong', () => {
    expect(() => cosmosConnection('Main', {})).toThrow(/"Main" is not set/);
    expect(() => cosmosConnection('Main', { Main: 'AccountEndpoint=https://a' })).toThrow(/"Main" is not a connection/);
    expect(() => cosmosConnection('Main', { Main: 'AccountEndpoint=a;AccountKey=b' })).toThrow(/not a URL/);
    expect(() => cosmosConnection('Main', { Main__accountEndpoint: 'a' })).toThrow(/"Main__accountEndpoint"/);
  });
});

describe('settings of a trigger', () => {
  const binding = { type: 'cosmosDBTrigger', connection: 'Main', databaseName: 'd', containerName: '%ITEMS%' };
  const describeIt = (more: object = {}) => describeChangeFeedTrigger('f', { ...binding, ...more }, { ITEMS: 'items' });

  test("have Azure's defaults", () => {
    expect(describeIt()).toEqual({
      type: 'cosmosDB',
      monitored: { connection: 'Main', databaseName: 'd', containerName: 'items' },
      leases: { connection: 'Main', databaseName: 'd', containerName: 'leases' },
      leasePrefix: '',
      createLeaseContainer: false,
      leaseThroughput: undefined,
      start: { kind: 'now' },
      feedPollDelayMs: 5_000,
      maxItemsPerInvocation: 100,
      leaseAcquireIntervalMs: 13_000,
      leaseExpirationIntervalMs: 60_000,
      leaseRenewIntervalMs: 17_000,
    });
  });

  test('may all be given', () => {
    const more = {
      leaseConnection: 'Other',
      leaseDatabaseName: 'ld',
      leaseContainerName: 'lc',
      leaseContainerPrefix: '%ITEMS%-',
      createLeaseContainerIfNotExists: true,
      leasesContainerThroughput: 400,
      startFromTime: '2026-01-02T03:04:05Z',
      feedPollDelay: 1,
      maxItemsPerInvocation: 2,
    };
    expect(describeIt(more)).toMatchObject({
      leases: { connection: 'Other', databaseName: 'ld', containerName: 'lc' },
      leasePrefix: 'items-',
      createLeaseContainer: true,
      leaseThroughput: 400,
      start: { kind: 'time', time: new Date('2026-01-02T03:04:05Z') },
      feedPollDelayMs: 1,
      maxItemsPerInvocation: 2,
    });
  });

  test.each([
    [{ containerName: undefined }, /has no "containerName"/],
    [{ collectionName: 'c' }, /"collectionName" is called "containerName" now/],
    [{ leaseContainerName: 'items' }, /cannot hold the leases of its own change feed/],
    [{ startFromBeginning: true, startFromTime: '2026-01-01' }, /both/],
    [{ startFromTime: 'soon' }, /"soon", which is no time/],
    [{ feedPollDelay: 0 }, /"feedPollDelay" .* is not a number from 1/],
    [{ maxItemsPerInvocation: '5' }, /"maxItemsPerInvocation"/],
    [{ startFromBeginning: 'yes' }, /neither true nor false/],
    [{ changeFeedMode: 'AllVersionsAndDeletes' }, /does not support yet/],
  ])('%o is refused', (more, reason) => {
    expect(() => describeIt(more)).toThrow(reason);
  });
});
