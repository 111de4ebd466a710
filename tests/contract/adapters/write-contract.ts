import { describe, expect, test } from 'vitest';
import { createOpenCall } from '../../../adapters/kit/open-call.ts';
import type { Adapter, AdapterCall, ExternalChange } from '../../../shared/core/adapter.ts';
import type { PushOperation, PushOutcome, WritesDescription } from '../../../shared/core/adapter-writes.ts';
import type { JsonObject } from '../../../shared/core/json.ts';
import { caughtFailure } from './caught-failure.ts';
import { findClosedPort } from './closed-port.ts';
import type { AdapterCase, Open } from './contract-suite.ts';
import type { Answer, Handler } from './fixture-server.ts';

/** What the suite writes. The object of the case can be created, updated and deleted, and is fetched. */
export interface WriteCase {
  /** The provider with none of the object's records, keeping what is written to it. */
  readonly provider: () => Handler;
  readonly record: JsonObject;
  /** Fits the record and changes it. */
  readonly patch: JsonObject;
  /** A record that the provider refuses. */
  readonly refused: JsonObject;
}

const otherKey = 'key-2';

/** What every adapter must do that writes. */
export function describeWrites(adapter: Adapter, given: AdapterCase, open: Open): void {
  const { writes: written } = given;
  const push = adapter.push?.bind(adapter);
  if (push === undefined || written === undefined) throw new Error('an adapter that writes needs a case that does');
  const { object } = given;
  const send = async (call: AdapterCall, ...operations: PushOperation[]): Promise<readonly PushOutcome[]> => {
    const outcomes = await push(call, { object, operations });
    expect(outcomes).toHaveLength(operations.length);
    return outcomes;
  };
  const create = (idempotencyKey = 'key-1', record = written.record): PushOperation => ({
    kind: 'create',
    idempotencyKey,
    record,
  });
  const createOne = async (call: AdapterCall): Promise<Written> => asWritten((await send(call, create()))[0]);

  describeWriteData(adapter, given);

  describe('push', () => {
    test('creates, updates and deletes, with an outcome for each', async () => {
      const call = open(written.provider());
      const { externalId } = await createOne(call);
      const updated = asWritten((await send(call, { kind: 'update', externalId, patch: written.patch }))[0]);
      expect(updated.externalId).toBe(externalId);
      expect((await send(call, { kind: 'delete', externalId }))[0]).toMatchObject({ kind: 'written', externalId });
    });

    test('tells what is not there, each in its place', async () => {
      const call = open(written.provider());
      const { externalId } = await createOne(call);
      const outcomes = await send(
        call,
        { kind: 'delete', externalId: '404404' },
        { kind: 'update', externalId, patch: written.patch },
        { kind: 'update', externalId: '505505', patch: written.patch },
      );
      expect(outcomes.map(({ kind }) => kind)).toEqual(['missing', 'written', 'missing']);
    });

    test('tells what the provider refuses, and writes the others', async () => {
      const call = open(written.provider());
      const [refused, taken] = await send(call, create('key-1', written.refused), create(otherKey));
      expect(refused?.kind).toBe('rejected');
      expect(refused?.kind === 'rejected' && refused.reason !== '' && refused.reason.length <= 501).toBe(true);
      expect(taken?.kind).toBe('written');
    });

    test('writes nothing into another place than the record', async () => {
      const paths: string[] = [];
      const call = open((request) => {
        paths.push(request.url.pathname);
        return { status: 404, json: {} };
      });
      const [up, here] = await send(
        call,
        { kind: 'update', externalId: '..', patch: written.patch },
        { kind: 'delete', externalId: '.' },
      );
      for (const outcome of [up, here]) expect(['rejected', 'missing']).toContain(outcome?.kind);
      expect(paths).toEqual([]);
      const [odd] = await send(call, { kind: 'delete', externalId: 'a/../../b?c#d%2e' });
      expect(odd?.kind).toBe('missing');
      for (const path of paths) expect(path).toContain(encodeURIComponent('a/../../b?c#d%2e'));
    });

    test.each(failures)('tells $name as $kind, and sends it once', async ({ answer, kind, failure }) => {
      let calls = 0;
      const call = open(() => {
        calls += 1;
        return answer;
      });
      const operations: readonly PushOperation[] = [
        create(),
        { kind: 'update', externalId: '1', patch: written.patch },
        { kind: 'delete', externalId: '1' },
      ];
      for (const operation of operations) {
        const [outcome] = await send(call, operation);
        expect(outcome).toMatchObject({ kind, ...(failure === undefined ? {} : { failure }) });
      }
      expect(calls).toBe(operations.length);
    });

    test('does not take a page of text for a new record', async () => {
      const page: Answer = { headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' };
      const [outcome] = await send(
        open(() => page),
        create(),
      );
      expect(outcome?.kind).toBe('unknown');
    });

    test('tells a provider that is not there as one to which nothing was written', async () => {
      const openCall = createOpenCall({ allowPrivateAddresses: true, timeoutMs: 5_000 });
      const settings = given.settings(`http://127.0.0.1:${await findClosedPort()}`);
      const outcomes = await send(
        openCall({ adapter, settings, credential: given.credential }),
        create(),
        create(otherKey),
      );
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ kind: 'not-written', failure: { kind: 'unavailable', wroteNothing: true } });
      }
      await openCall.close();
    });

    test('refuses an object that the settings do not name', async () => {
      const call = open(written.provider());
      const failure = await caughtFailure(push(call, { object: 'constructor', operations: [create()] }));
      expect(failure).toMatchObject({ wroteNothing: true });
      expect(failure.message).toContain('constructor');
    });
  });

  describeGuards(adapter, given, { open, send, create, createOne });
  if (adapter.fetch !== undefined) describeFetch(adapter, given, { open, send, createOne });
  if (adapter.findCreated !== undefined) describeFindCreated(adapter, given, { open, send, create, createOne });
}

interface Tools {
  readonly open: Open;
  readonly send: (call: AdapterCall, ...operations: PushOperation[]) => Promise<readonly PushOutcome[]>;
  readonly create: (idempotencyKey?: string, record?: JsonObject) => PushOperation;
  readonly createOne: (call: AdapterCall) => Promise<Written>;
}

function describeWriteData(adapter: Adapter, given: AdapterCase): void {
  test('says what can be written of each object', () => {
    for (const { writes } of adapter.objects(given.settings('https://provider.example'))) {
      if (writes !== undefined) expect(writes.batchSize).toBeGreaterThan(0);
    }
    expect(describedWrites(adapter, given)).toMatchObject({ create: true, update: true, delete: true });
  });
}

/** What keeps a write from being done twice, or over what somebody else has written. */
function describeGuards(adapter: Adapter, given: AdapterCase, { open, send, create, createOne }: Tools): void {
  const provider = given.writes?.provider ?? (() => given.provider);
  const patch = given.writes?.patch ?? {};
  const described = describedWrites(adapter, given);

  test.runIf(described.idempotentCreate)('the same idempotency key makes one record', async () => {
    const call = open(provider());
    const first = await createOne(call);
    expect(await createOne(call)).toMatchObject({ externalId: first.externalId });
    expect((await send(call, create(otherKey)))[0]?.kind).not.toBe('not-written');
  });

  test.runIf(described.optimistic)('a record that has moved on is left alone', async () => {
    const call = open(provider());
    const { externalId, change } = await createOne(call);
    const expected = expectedOf(change);
    expect(Object.keys(expected)).not.toEqual([]);
    expect((await send(call, { kind: 'update', externalId, patch, expected }))[0]?.kind).toBe('written');
    expect((await send(call, { kind: 'update', externalId, patch, expected }))[0]).toEqual({ kind: 'conflict' });
    expect((await send(call, { kind: 'delete', externalId, expected }))[0]).toEqual({ kind: 'conflict' });
  });
}

function describeFetch(adapter: Adapter, given: AdapterCase, { open, send, createOne }: Omit<Tools, 'create'>): void {
  const fetch = adapter.fetch?.bind(adapter);
  const provider = given.writes?.provider ?? (() => given.provider);
  if (fetch === undefined) throw new Error('describeFetch needs an adapter that fetches');

  test('fetch reads records by id, in the order asked for', async () => {
    const call = open(provider());
    const { externalId, change } = await createOne(call);
    const externalIds = ['404404', externalId, '..', '505505'];
    const fetched = await fetch(call, { object: given.object, externalIds });
    expect(fetched.map(({ kind }) => kind)).toEqual(['missing', 'change', 'rejected', 'missing']);
    if (change !== undefined) expect(fetched[1]).toEqual({ kind: 'change', change });
    await send(call, { kind: 'delete', externalId });
    expect((await fetch(call, { object: given.object, externalIds: [externalId] }))[0]).toEqual({ kind: 'missing' });
  });

  test('fetch fails with the provider, and takes no failure for a record that is gone', async () => {
    const call = open(() => ({ status: 500, json: {} }));
    const failure = await caughtFailure(fetch(call, { object: given.object, externalIds: ['1'] }));
    expect(failure.kind).toBe('unavailable');
  });
}

function describeFindCreated(adapter: Adapter, given: AdapterCase, { open, send, create, createOne }: Tools): void {
  const findCreated = adapter.findCreated?.bind(adapter);
  const { writes } = given;
  if (findCreated === undefined || writes === undefined)
    throw new Error('describeFindCreated needs a case that writes');
  const lookFor = (idempotencyKey: string, record = writes.record) => ({
    object: given.object,
    creates: [{ idempotencyKey, record }],
  });

  test.runIf(describedWrites(adapter, given).findsCreated !== undefined)(
    'findCreated finds what a create made',
    async () => {
      const call = open(writes.provider());
      expect(await findCreated(call, lookFor('key-1'))).toEqual([{ kind: 'none' }]);
      const { externalId } = await createOne(call);
      expect(await findCreated(call, lookFor('key-1'))).toMatchObject([{ kind: 'change', change: { externalId } }]);
      await send(call, create('key-1'), { kind: 'delete', externalId });
      expect(await findCreated(call, lookFor('key-1'))).toEqual([{ kind: 'none' }]);
    },
  );

  test('findCreated fails with the provider, and takes no failure for a record that is not there', async () => {
    const call = open(() => ({ status: 500, json: {} }));
    expect((await caughtFailure(findCreated(call, lookFor('key-1')))).kind).toBe('unavailable');
  });
}

function describedWrites(adapter: Adapter, given: AdapterCase): WritesDescription {
  const objects = adapter.objects(given.settings('https://provider.example'));
  const writes = objects.find(({ name }) => name === given.object)?.writes;
  if (writes === undefined) throw new Error('the object of a case that writes must be writable');
  return writes;
}

type Written = Extract<PushOutcome, { kind: 'written' }>;

function asWritten(outcome: PushOutcome | undefined): Written {
  if (outcome?.kind !== 'written') throw new Error(`expected a write, got ${JSON.stringify(outcome)}`);
  expect(outcome.externalId).not.toBe('');
  if (outcome.change !== undefined) expect(outcome.change.externalId).toBe(outcome.externalId);
  return outcome;
}

function expectedOf(change: ExternalChange | undefined): { revision?: string; modifiedAt?: string } {
  return {
    ...(change?.revision === undefined ? {} : { revision: change.revision }),
    ...(change?.modifiedAt === undefined ? {} : { modifiedAt: change.modifiedAt }),
  };
}

/** What any provider may answer to a write, and what it says about the record. */
const failures: readonly {
  readonly name: string;
  readonly answer: Answer;
  readonly kind: PushOutcome['kind'];
  readonly failure?: Record<string, unknown>;
}[] = [
  { name: 'an error of the provider', answer: { status: 500, json: {} }, kind: 'unknown' },
  { name: 'a gateway that lost the provider', answer: { status: 502, json: {} }, kind: 'unknown' },
  { name: 'a gateway that gave up', answer: { status: 504, json: {} }, kind: 'unknown' },
  { name: 'a provider that does not say when to come back', answer: { status: 503, json: {} }, kind: 'unknown' },
  { name: 'a request that took too long', answer: { status: 408, json: {} }, kind: 'unknown' },
  {
    name: 'maintenance',
    answer: { status: 503, headers: { 'retry-after': '120' }, json: {} },
    kind: 'not-written',
    failure: { kind: 'unavailable', retryAfterMs: 120_000 },
  },
  {
    name: 'a rate limit',
    answer: { status: 429, headers: { 'retry-after': '7' }, json: {} },
    kind: 'not-written',
    failure: { kind: 'rate-limited', retryAfterMs: 7_000 },
  },
  {
    name: 'a locked record',
    answer: { status: 423, json: {} },
    kind: 'not-written',
    failure: { kind: 'unavailable' },
  },
  {
    name: 'a credential that is not accepted',
    answer: { status: 401, json: {} },
    kind: 'not-written',
    failure: { kind: 'credentials-rejected' },
  },
  {
    name: 'that it is forbidden',
    answer: { status: 403, json: {} },
    kind: 'not-written',
    failure: { kind: 'forbidden' },
  },
  {
    name: 'a redirect',
    answer: { status: 307, headers: { location: '/elsewhere' } },
    kind: 'not-written',
    failure: { kind: 'unexpected-response' },
  },
  { name: 'a redirect to a result', answer: { status: 303, headers: { location: '/elsewhere' } }, kind: 'unknown' },
  { name: 'a connection that breaks', answer: (response) => response.destroy(), kind: 'unknown' },
];
