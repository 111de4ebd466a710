import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOpenCall } from '../../../adapters/kit/open-call.ts';
import { findAdapter } from '../../../adapters/registry.ts';
import { type DemoCrm, startDemoCrm } from '../../../local/demo-crm/server.ts';
import type {
  AdapterCall,
  AdapterFailureKind,
  Authorisation,
  Credential,
  PullPage,
} from '../../../shared/core/adapter.ts';
import { caughtFailure } from './caught-failure.ts';

const adapter = findAdapter('custom-rest');
if (adapter?.pull === undefined) throw new Error('custom-rest must pull');
const { pull, check } = adapter;

const contacts = 430;
let crm: DemoCrm;
const openCall = createOpenCall({ allowPrivateAddresses: true, timeoutMs: 2_000 });
beforeAll(async () => {
  crm = await startDemoCrm({ companies: 50, contacts, deals: 10 });
});
afterAll(async () => {
  await openCall.close();
  await crm.close();
});

const pagings = {
  page: { kind: 'page', pageParam: 'page', sizeParam: 'limit' },
  offset: { kind: 'offset', offsetParam: 'offset', limitParam: 'limit', totalPath: 'paging.total' },
  cursor: { kind: 'cursor', cursorParam: 'cursor', cursorPath: 'paging.nextCursor', sizeParam: 'limit' },
  'link-header': { kind: 'link-header', sizeParam: 'limit' },
  'next-url': { kind: 'next-url', urlPath: 'paging.nextUrl', sizeParam: 'limit' },
} as const;

function open(
  paging: (typeof pagings)[keyof typeof pagings],
  auth: Authorisation = { kind: 'bearer' },
  credential: Credential = { kind: 'api-key', key: crm.apiKey },
): AdapterCall {
  const settings = {
    baseUrl: `${crm.url}/v1`,
    auth,
    testPath: '/me',
    objects: {
      contacts: {
        path: '/contacts',
        query: { includeDeleted: 'true' },
        itemsPath: 'data',
        idField: 'id',
        modifiedField: 'updatedAt',
        deleted: { field: 'deleted' },
        incremental: { param: 'modifiedSince', format: 'iso' },
        paging,
      },
    },
  };
  return openCall({ adapter: adapter ?? missing(), settings, credential });
}

function missing(): never {
  throw new Error('custom-rest is not in the registry');
}

async function readAll(call: AdapterCall, since?: string): Promise<PullPage[]> {
  const pages: PullPage[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await pull(call, { object: 'contacts', pageSize: 100, cursor, since });
    pages.push(page);
    if (page.done) return pages;
    cursor = page.next;
  }
}

async function administer(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${crm.url}/admin/${path}`, {
    method,
    headers: { 'x-api-key': crm.apiKey, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`the CRM answered ${response.status}: ${await response.text()}`);
  return response.status === 204 ? undefined : await response.json();
}

describe.each(Object.entries(pagings))('reading the demo CRM by %s', (_name, paging) => {
  test('brings in every contact once, with its version', async () => {
    const changes = (await readAll(open(paging))).flatMap((page) => page.changes);
    expect(changes).toHaveLength(contacts);
    expect(new Set(changes.map((change) => change.externalId)).size).toBe(contacts);
    expect(changes.every((change) => change.version !== undefined)).toBe(true);
  });
});

test('an incremental read brings in what was changed and deleted, and little else', async () => {
  const since = new Date().toISOString();
  const updated = await administer('POST', 'change', { type: 'contacts', kind: 'update', count: 5 });
  const deleted = await administer('POST', 'change', { type: 'contacts', kind: 'delete', count: 2 });
  const changes = (await readAll(open(pagings.cursor), since)).flatMap((page) => page.changes);
  expect(changes.length).toBeGreaterThanOrEqual(5);
  expect(changes.length).toBeLessThanOrEqual(7);
  expect(changes.filter((change) => change.deleted)).toHaveLength(2);
  const known = JSON.stringify([updated, deleted]);
  expect(changes.every((change) => known.includes(change.externalId))).toBe(true);
});

test.each<[Authorisation, (key: string) => Credential]>([
  [{ kind: 'header', name: 'X-Api-Key' }, (key) => ({ kind: 'api-key', key })],
  [{ kind: 'query', name: 'api_key' }, (key) => ({ kind: 'api-key', key })],
  [{ kind: 'basic' }, (key) => ({ kind: 'basic', username: 'castiel', password: key })],
  [{ kind: 'bearer' }, (key) => ({ kind: 'bearer', token: key })],
])('signs in with %o', async (auth, credential) => {
  await check(open(pagings.cursor, auth, credential(crm.apiKey)));
  const wrong = open(pagings.cursor, auth, credential('a-mistaken-key'));
  const failure = await caughtFailure(check(wrong));
  expect(failure.kind).toBe('credentials-rejected');
  expect(failure.message).not.toContain('a-mistaken-key');
});

test.each<[Record<string, unknown>, AdapterFailureKind, number | undefined]>([
  [{ kind: 'error', status: 503, retryAfter: 'seconds', seconds: 3 }, 'unavailable', 3000],
  [{ kind: 'rate-limit', retryAfter: 'seconds', seconds: 3 }, 'rate-limited', 3000],
  [{ kind: 'rate-limit', retryAfter: 'none' }, 'rate-limited', undefined],
  [{ kind: 'truncated-body' }, 'unavailable', undefined],
  [{ kind: 'disconnect' }, 'unavailable', undefined],
  [{ kind: 'broken-json' }, 'unexpected-response', undefined],
  [{ kind: 'wrong-content-type' }, 'unexpected-response', undefined],
  [{ kind: 'hang' }, 'unavailable', undefined],
  [{ kind: 'expired-cursor' }, 'cursor-expired', undefined],
  [{ kind: 'repeated-cursor' }, 'unexpected-response', undefined],
])('a read that meets %o tells it, and then goes on where it was', async (fault, kind, retryAfterMs) => {
  const call = open(pagings.cursor);
  const first = await pull(call, { object: 'contacts', pageSize: 100 });
  const request = { object: 'contacts', pageSize: 100, cursor: first.next };
  await administer('PUT', 'faults', { ...fault, times: 1, match: { type: 'contacts' } });
  const failure = await caughtFailure(pull(call, request));
  expect(failure).toMatchObject({ kind, retryAfterMs });
  const second = await pull(call, request);
  expect(second.changes).toHaveLength(100);
  expect(second.changes[0]?.externalId).not.toBe(first.changes[0]?.externalId);
  await administer('DELETE', 'faults');
});
