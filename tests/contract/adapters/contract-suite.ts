import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOpenCall } from '../../../adapters/kit/open-call.ts';
import type {
  Adapter,
  AdapterCall,
  AdapterFailureKind,
  Credential,
  ExternalChange,
  PullPage,
} from '../../../shared/core/adapter.ts';
import { caughtFailure } from './caught-failure.ts';
import { findClosedPort } from './closed-port.ts';
import { type Answer, type FixtureServer, type Handler, startFixtureServer } from './fixture-server.ts';
import { describeWrites, type WriteCase } from './write-contract.ts';

/** One provider as the suite sees it: settings that point at a server, and the server's side from recorded or served fixtures. */
export interface AdapterCase {
  readonly settings: (origin: string) => Record<string, unknown>;
  readonly credential: Credential;
  /** The provider: answers `check` and serves `records` page by page; refuses another credential with 401. */
  readonly provider: Handler;
  /** There is nothing to call: records come by webhook alone. */
  readonly isSilent?: true;
  /** An object of these settings and the ids of all its records; at least three pages of `pageSize`. */
  readonly object: string;
  readonly ids: readonly string[];
  readonly pageSize: number;
  /** Where the adapter reads incrementally: the ids of what was modified at or after the instant. */
  readonly since?: { readonly instant: string; readonly ids: readonly string[] };
  /** Where the adapter writes. */
  readonly writes?: WriteCase;
}

const mostPages = 100;

/** What every adapter must do, whatever its provider. A verb that an adapter does not have is a capability that is not tested. */
export function describeAdapterContract(adapter: Adapter, given: AdapterCase): void {
  describe(`adapter contract: ${adapter.id}`, () => {
    let server: FixtureServer;
    const openCall = createOpenCall({ allowPrivateAddresses: true, timeoutMs: 5_000 });
    beforeAll(async () => {
      server = await startFixtureServer();
    });
    afterAll(async () => {
      await openCall.close();
      await server.close();
    });
    const open = (handler: Handler, credential = given.credential): AdapterCall => {
      server.answerWith(handler);
      return openCall({ adapter, settings: given.settings(server.origin), credential });
    };

    describeData(adapter, given);
    if (given.isSilent !== true) describeCheck(adapter, given, open);
    if (adapter.pull !== undefined) describePull(adapter, given, open);
    if (adapter.describe !== undefined) describeFields(adapter, given, open);
    if (adapter.push !== undefined) describeWrites(adapter, given, open);
  });
}

export type Open = (handler: Handler, credential?: Credential) => AdapterCall;

function describeData(adapter: Adapter, given: AdapterCase): void {
  const settings = given.settings('https://provider.example');

  test('describes itself', () => {
    expect(adapter.id).toMatch(/^[a-z][a-z0-9-]{1,30}$/);
    expect(adapter.label).not.toBe('');
    expect(adapter.description).toMatch(/\.$/);
    expect(adapter.auth.length).toBeGreaterThan(0);
    expect(adapter.requestsPerMinute).toSatisfy((limit: number) => Number.isSafeInteger(limit) && limit > 0);
  });

  test('its settings are read back as they were parsed, and unknown or missing fields are refused', () => {
    const parsed = adapter.settings.parse(settings);
    expect(adapter.settings.parse(parsed)).toEqual(parsed);
    expect(adapter.settings.safeParse({ ...settings, notASetting: 1 }).success).toBe(false);
    expect(adapter.settings.safeParse({}).success).toBe(false);
    expect(adapter.settings.safeParse(null).success).toBe(false);
  });

  test('settings that do not fit are an error, not a call', () => {
    expect(() => adapter.baseUrl({ notASetting: 1 })).toThrow(adapter.id);
    expect(() => adapter.objects({ notASetting: 1 })).toThrow(adapter.id);
  });

  test('its base URL is where the provider is', () => {
    expect(new URL(adapter.baseUrl(settings)).protocol).toMatch(/^https?:$/);
  });

  test('its objects have a name each and a page size', () => {
    const objects = adapter.objects(settings);
    expect(new Set(objects.map(({ name }) => name)).size).toBe(objects.length);
    const described = objects.find(({ name }) => name === given.object);
    expect(described).toMatchObject({ incremental: given.since !== undefined });
    for (const { maxPageSize } of objects) expect(maxPageSize).toBeGreaterThan(0);
  });
}

function describeCheck(adapter: Adapter, given: AdapterCase, open: Open): void {
  test('check accepts a good connection by a real call', async () => {
    let calls = 0;
    const call = open((request) => {
      calls += 1;
      return given.provider(request);
    });
    await adapter.check(call);
    expect(calls).toBeGreaterThan(0);
  });

  test('check tells a credential that is not accepted, and does not show it', async () => {
    const wrong = otherCredential(given.credential);
    const failure = await caughtFailure(adapter.check(open(given.provider, wrong)));
    expect(failure).toMatchObject({ kind: 'credentials-rejected', status: 401 });
    expect(failure.message).not.toContain('mistaken');
  });

  test.each(faults)('check tells $name', async ({ answer, kind }) => {
    expect(await caughtFailure(adapter.check(open(() => answer)))).toMatchObject({ kind });
  });

  test('check tells a provider that is not there', async () => {
    const closedPort = await findClosedPort();
    const openCall = createOpenCall({ allowPrivateAddresses: true, timeoutMs: 5_000 });
    const settings = given.settings(`http://127.0.0.1:${closedPort}`);
    const call = openCall({ adapter, settings, credential: given.credential });
    expect(await caughtFailure(adapter.check(call))).toMatchObject({ kind: 'unavailable' });
    await openCall.close();
  });
}

function describePull(adapter: Adapter, given: AdapterCase, open: Open): void {
  const pull = adapter.pull?.bind(adapter);
  if (pull === undefined) throw new Error('describePull needs an adapter that pulls');
  const request = { object: given.object, pageSize: given.pageSize };
  const readAll = async (call: AdapterCall, start: { cursor?: string; since?: string } = {}): Promise<PullPage[]> => {
    const pages: PullPage[] = [];
    for (let cursor = start.cursor; pages.length < mostPages; ) {
      const page = await pull(call, { ...request, ...start, ...(cursor === undefined ? {} : { cursor }) });
      pages.push(page);
      if (page.done) return pages;
      cursor = page.next;
    }
    throw new Error('the read does not end');
  };

  test('pull reads every record once, page by page', async () => {
    const pages = await readAll(open(given.provider));
    expect(idsOf(pages)).toEqual(given.ids);
    expect(pages.length).toBeGreaterThanOrEqual(3);
    for (const page of pages) expect(page.next === undefined).toBe(page.done);
    expect(pages.flatMap((page) => page.rejected)).toEqual([]);
  });

  test('every change is well formed', async () => {
    for (const change of changesOf(await readAll(open(given.provider)))) {
      expect(change.externalId).not.toBe('');
      expect(typeof change.deleted).toBe('boolean');
      expect(JSON.parse(JSON.stringify(change.record))).toEqual(change.record);
      if (change.version !== undefined) expect(Number.isSafeInteger(change.version)).toBe(true);
      if (change.modifiedAt !== undefined) {
        expect(new Date(change.modifiedAt).toISOString()).toBe(change.modifiedAt);
      }
    }
  });

  test('pull resumes from every cursor with what was left, in a new process too', async () => {
    const call = open(given.provider);
    const pages = await readAll(call);
    let read = 0;
    for (const page of pages) {
      read += page.changes.length;
      if (page.next === undefined) continue;
      const rest = await readAll(open(given.provider), { cursor: page.next });
      expect(idsOf(rest)).toEqual(given.ids.slice(read));
    }
  });

  test.runIf(given.since !== undefined)('pull with since reads what was modified since', async () => {
    const since = given.since?.instant ?? '';
    expect(idsOf(await readAll(open(given.provider), { since }))).toEqual(given.since?.ids);
  });

  test('pull refuses an object that the settings do not name', async () => {
    for (const object of ['no-such-object', '__proto__', 'constructor']) {
      const failure = await caughtFailure(pull(open(given.provider), { ...request, object }));
      expect(failure.message).toContain(object);
    }
  });

  test.each(faults)('pull tells $name, never an empty page', async ({ answer, kind, retryAfterMs }) => {
    const failure = await caughtFailure(
      pull(
        open(() => answer),
        request,
      ),
    );
    expect(failure).toMatchObject({ kind, retryAfterMs });
  });
}

function describeFields(adapter: Adapter, given: AdapterCase, open: Open): void {
  const describe = adapter.describe?.bind(adapter);
  if (describe === undefined) throw new Error('describeFields needs an adapter that describes');

  test('describe names fields that its records have, and never shows a value', async () => {
    const fields = await describe(open(given.provider), given.object);
    expect(fields.length).toBeGreaterThan(0);
    expect(new Set(fields.map(({ path }) => path)).size).toBe(fields.length);
    for (const { path, types, ...rest } of fields) {
      expect(path).toMatch(/^[A-Za-z_][\w-]*(\.([\w-]+|\*))*$/);
      expect(types.length).toBeGreaterThan(0);
      expect(Object.keys(rest).filter((key) => key !== 'looksLike')).toEqual([]);
    }
  });

  test.each(faults)('describe tells $name', async ({ answer, kind }) => {
    expect(
      await caughtFailure(
        describe(
          open(() => answer),
          given.object,
        ),
      ),
    ).toMatchObject({ kind });
  });
}

/** What any provider may answer at any time, and what the engine must be told then. */
const faults: readonly {
  readonly name: string;
  readonly answer: Answer;
  readonly kind: AdapterFailureKind;
  readonly retryAfterMs?: number;
}[] = [
  { name: 'that it is forbidden', answer: { status: 403, json: {} }, kind: 'forbidden' },
  { name: 'a rate limit without a time', answer: { status: 429, json: {} }, kind: 'rate-limited' },
  {
    name: 'a rate limit with seconds',
    answer: { status: 429, headers: { 'retry-after': '7' }, json: {} },
    kind: 'rate-limited',
    retryAfterMs: 7_000,
  },
  {
    name: 'a rate limit with a date',
    answer: {
      status: 429,
      headers: { date: 'Tue, 15 Nov 1994 08:12:31 GMT', 'retry-after': 'Tue, 15 Nov 1994 08:13:31 GMT' },
      json: {},
    },
    kind: 'rate-limited',
    retryAfterMs: 60_000,
  },
  { name: 'an error of the provider', answer: { status: 500, json: {} }, kind: 'unavailable' },
  {
    name: 'maintenance',
    answer: { status: 503, headers: { 'retry-after': '120' }, json: {} },
    kind: 'unavailable',
    retryAfterMs: 120_000,
  },
  { name: 'a path that is not there', answer: { status: 404, json: {} }, kind: 'unexpected-response' },
  {
    name: 'a login page',
    answer: { headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' },
    kind: 'unexpected-response',
  },
  {
    name: 'a body that was cut',
    answer: { headers: { 'content-type': 'application/json' }, body: '[{"id":1},{"id":' },
    kind: 'unexpected-response',
  },
  { name: 'an empty body', answer: { headers: { 'content-type': 'application/json' } }, kind: 'unexpected-response' },
  { name: 'a connection that breaks', answer: (response) => response.destroy(), kind: 'unavailable' },
  {
    name: 'a redirect to another origin',
    answer: { status: 302, headers: { location: 'https://elsewhere.example/' } },
    kind: 'unexpected-response',
  },
];

function otherCredential(credential: Credential): Credential {
  switch (credential.kind) {
    case 'api-key':
      return { kind: 'api-key', key: 'mistaken-key' };
    case 'basic':
      return { kind: 'basic', username: credential.username, password: 'mistaken-password' };
    case 'bearer':
      return { kind: 'bearer', token: 'mistaken-token' };
    case 'none':
      throw new Error('the contract suite needs a case with a credential');
  }
}

function changesOf(pages: readonly PullPage[]): ExternalChange[] {
  return pages.flatMap((page) => page.changes);
}

function idsOf(pages: readonly PullPage[]): string[] {
  return changesOf(pages).map((change) => change.externalId);
}
