import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { demoSettings, demoTask } from '../../local/start/demo-task.ts';
import type { ApiCaller, CallOptions, CheckedAnswer } from './api-caller.ts';
import type { Operation } from './api-description.ts';
import { brokenBodies, hostileTexts, mutationsOf } from './mutations.ts';
import { type App, createTenant, syncTenant, type Tenant } from './start-app.ts';

/** Stands in every text of the other tenant: no answer may hold it. */
const othersMark = `others-${randomUUID()}`;
const concurrency = 8;

interface Attack {
  readonly what: string;
  readonly options: CallOptions;
  readonly caller?: ApiCaller;
  readonly status: readonly number[];
  /** For 400: where the fault is. Another fault beside it may be named too. */
  readonly names?: { readonly in: string; readonly field: string };
}

export function fuzzSuite(app: () => App): void {
  let mine: Tenant;
  let other: Tenant;
  let expired: ApiCaller;
  let ids: Record<string, string>;
  let othersIds: Record<string, string>;

  beforeAll(async () => {
    [mine, other] = await Promise.all([createTenant(app()), createTenant(app(), othersMark)]);
    ids = await idsOf(mine);
    othersIds = await idsOf(other);
    const token = await app().twin.identity.issueToken({ tenant: mine.tenantId, role: 'admin', expiresInSeconds: -60 });
    expired = app().caller({ authorization: `Bearer ${token}` });
  });

  /** Bodies that the operations take, with as many of their fields as there are. */
  const validBodies = (): Record<string, unknown> => ({
    createIntegration: { provider: 'custom-rest', name: 'Fuzz', settings: demoSettings(app().twin.crm.url) },
    updateIntegration: { name: 'Fuzz', enabled: true, settings: demoSettings(app().twin.crm.url) },
    connectWithKey: { kind: 'basic', username: 'fuzz', password: 'fuzz' },
    createTask: {
      ...demoTask({ schedule: { kind: 'cron', expression: '1 2 3 4 *', timeZone: 'UTC' } }),
      enabled: true,
      lookBackSeconds: 1,
    },
    updateTask: demoTask({ schedule: { kind: 'interval', everySeconds: 3600 } }),
    runTask: { mode: 'full' },
    createApiKey: { name: 'Fuzz', role: 'viewer', expiresInDays: 1 },
  });

  it('has a valid body for every operation that takes one', () => {
    const taking = [...app().api.operations.values()].filter((operation) => operation.bodySchema !== undefined);
    expect(Object.keys(validBodies()).sort()).toEqual(taking.map((operation) => operation.id).sort());
  });

  it.for([
    ['bodies', (operation: Operation) => bodyAttacks(operation, ids, validBodies()[operation.id], app())],
    ['queries', (operation: Operation) => queryAttacks(operation, ids)],
    ['paths', (operation: Operation) => pathAttacks(operation, ids, othersIds)],
    ['headers', (operation: Operation) => headerAttacks(operation, ids, validBodies()[operation.id])],
  ] as const)('answers wrong %s with problems that name the place', { timeout: 240_000 }, async ([, attacksOn]) => {
    let count = 0;
    for (const operation of app().api.operations.values()) {
      const attacks = attacksOn(operation);
      count += attacks.length;
      await inParallel(attacks, (attack) => launch(operation, attack));
    }
    expect(count).toBeGreaterThan(50);
  });

  it('lets nobody in who is not signed in, whatever else is sent', async () => {
    for (const operation of app().api.operations.values()) {
      if (operation.isPublic) continue;
      for (const caller of [app().caller(), expired]) {
        const attacks = [
          ...pathAttacks(operation, ids, othersIds),
          ...bodyAttacks(operation, ids, validBodies()[operation.id], app()),
        ];
        const some = attacks.filter((_attack, index) => index % 9 === 0);
        await inParallel(some, ({ what, options }) => launch(operation, { what, options, caller, status: [401] }));
      }
    }
  });

  it('answers any text in a query and any JSON in a body with an answer of its contract', async () => {
    const lists = [...app().api.operations.values()].filter((operation) => operation.id.startsWith('list'));
    const search = fc.oneof(fc.webQueryParameters(), fc.string({ unit: 'binary' }).map(encodeSearch));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...lists), search, async (operation, query) => {
        const answer = await mine.admin.send(operation.id, { params: ids, query });
        expect([200, 400]).toContain(answer.status);
      }),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(fc.json(), async (settings) => {
        const raw = `{"provider":"custom-rest","name":"Fuzz","settings":${settings}}`;
        const answer = await mine.admin.send('createIntegration', { raw });
        expect([raw, answer.status]).toEqual([raw, 400]);
        for (const error of answer.problem.errors ?? []) expect(error.field).toMatch(/^\/settings/);
      }),
      { numRuns: 100 },
    );
  });

  it('left the other tenant as it was, and showed nothing of it', async () => {
    expect(await idsOf(other)).toEqual(othersIds);
    const params = { integrationId: other.integrationId };
    const integration = await other.admin.call('getIntegration', { params });
    expect(integration.json).toMatchObject({ name: othersMark, enabled: true, connection: 'connected' });
    const { items } = await other.admin.call('listTasks', { params });
    expect(items).toMatchObject([{ name: othersMark }]);
  });

  async function launch(operation: Operation, attack: Attack): Promise<void> {
    const answer = await (attack.caller ?? mine.admin).send(operation.id, attack.options);
    const seen = `${operation.id}, ${attack.what}: ${answer.status} ${answer.raw.slice(0, 600)}`;
    if (!attack.status.includes(answer.status)) throw new Error(`Expected ${attack.status.join(' or ')}: ${seen}`);
    if (answer.raw.includes(othersMark)) throw new Error(`Another tenant's data: ${seen}`);
    if (answer.raw.length > 32_768) throw new Error(`A huge answer: ${seen}`);
    if (attack.names !== undefined && answer.status === 400) requireName(answer, attack.names, seen);
  }
}

function requireName(answer: CheckedAnswer, wanted: { in: string; field: string }, seen: string): void {
  const named = (answer.problem.errors ?? []).some(
    (error) => error.in === wanted.in && (error.field === wanted.field || error.field.startsWith(`${wanted.field}/`)),
  );
  if (!named) throw new Error(`Does not name ${wanted.in} ${wanted.field}: ${seen}`);
}

async function idsOf(tenant: Tenant): Promise<Record<string, string>> {
  const { admin, integrationId, taskId } = tenant;
  const params = { integrationId };
  if ((await admin.call('listExecutions', { params })).items.length === 0) await syncTenant(tenant);
  if ((await admin.call('listApiKeys')).items.length === 0) {
    await admin.call('createApiKey', { body: { name: 'Fuzz', role: 'viewer' } });
  }
  const first = async (id: string) => String((await admin.call(id, { params, query: { limit: 1 } })).items[0]?.['id']);
  return {
    integrationId,
    taskId,
    executionId: await first('listExecutions'),
    shardId: String((await admin.call('listShards', { query: { limit: 1 } })).items[0]?.['id']),
    apiKeyId: await first('listApiKeys'),
  };
}

function bodyAttacks(operation: Operation, params: Record<string, string>, valid: unknown, app: App): Attack[] {
  const schema = operation.bodySchema;
  if (schema === undefined) {
    if (operation.method === 'GET') return [];
    const refused = { status: [400], names: { in: 'body', field: '' } } as const;
    return ['{}', 'x', '{"a":1}'].map((raw) => ({ what: `the body ${raw}`, options: { params, raw }, ...refused }));
  }
  const text = JSON.stringify(valid);
  const attacks: Attack[] = mutationsOf(schema, valid, app.api.resolve).map((mutation) => ({
    what: mutation.what,
    options: { params, raw: mutation.text },
    status: [400],
    names: { in: 'body', field: mutation.place },
  }));
  for (const { what, raw, place } of brokenBodies(text)) {
    const status = what === 'very deep nesting' ? [400, 413] : [400];
    attacks.push({
      what,
      options: { params, raw },
      status,
      ...(place === '' ? {} : { names: { in: 'body', field: place } }),
    });
  }
  attacks.push(
    {
      what: 'a body over 1 MiB',
      options: { params, raw: `${text.slice(0, -1)},"z":"${'x'.repeat(1_048_576)}"}` },
      status: [413],
    },
    {
      what: 'a form',
      options: { params, raw: text, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      status: [415],
    },
    {
      what: 'another charset',
      options: { params, raw: text, headers: { 'content-type': 'application/json; charset=latin1' } },
      status: [415],
    },
  );
  if (operation.bodyRequired)
    attacks.push({ what: 'no body', options: { params }, status: [400], names: { in: 'body', field: '' } });
  return attacks;
}

function queryAttacks(operation: Operation, params: Record<string, string>): Attack[] {
  const status = operation.isPublic || operation.method === 'GET' ? [400] : [400];
  const refuse = (what: string, query: string, field: string): Attack => ({
    what: `${what}: ?${query.slice(0, 60)}`,
    options: { params, query },
    status,
    names: { in: 'query', field },
  });
  const attacks = [
    refuse('an unknown parameter', 'unknown=1', 'unknown'),
    refuse('the tenant', 'tenantId=other', 'tenantId'),
    refuse('__proto__', '__proto__=1', '__proto__'),
    refuse('a nested name', 'a%5Bb%5D=1', 'a[b]'),
    refuse('broken encoding', 'broken=%E0%A4%A', 'broken'),
  ];
  const known = operation.parameters.filter((parameter) => parameter.in === 'query');
  for (const { name, schema } of known) {
    attacks.push(
      refuse('a parameter twice', `${name}=1&${name}=1`, name),
      refuse('NUL', `${name}=%00`, name),
      refuse('invalid UTF-8', `${name}=%ff`, name),
      refuse('an encoded surrogate', `${name}=%ed%a0%80`, name),
    );
    if (schema['type'] === 'integer') {
      for (const wrong of ['x', '1.5', '-1', '0', '1e9', 'NaN', 'Infinity', '9'.repeat(400)]) {
        attacks.push(refuse('a wrong number', `${name}=${wrong}`, name));
      }
    }
    if (typeof schema['maxLength'] === 'number') {
      attacks.push(refuse('too long a text', `${name}=${'x'.repeat(schema['maxLength'] + 1)}`, name));
    }
    const pattern = typeof schema['pattern'] === 'string' ? new RegExp(schema['pattern'], 'u') : undefined;
    if (pattern === undefined && schema['enum'] === undefined) continue;
    for (const hostile of hostileTexts) {
      if (pattern?.test(hostile) !== true)
        attacks.push(refuse('a hostile text', `${name}=${encodeURIComponent(hostile)}`, name));
    }
  }
  return attacks;
}

function pathAttacks(operation: Operation, ids: Record<string, string>, othersIds: Record<string, string>): Attack[] {
  const names = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
  const attacks: Attack[] = [];
  for (const name of names) {
    const texts = [
      ...hostileTexts,
      'x',
      'int_',
      `${ids[name]}0`,
      ids[name]?.toUpperCase() ?? '',
      `${ids[name]}\n`,
      '%00',
      '%ed%a0%80',
    ];
    for (const hostile of texts) {
      // A segment of only dots is resolved by the client before it is sent.
      if (hostile.trim() === '') continue;
      attacks.push({
        what: `the ${name} ${JSON.stringify(hostile.slice(0, 40))}`,
        options: { params: { ...ids, [name]: hostile } },
        status: [400, 404],
        names: { in: 'path', field: name },
      });
    }
    // Without a body, operations that need one refuse before they look.
    const status = operation.bodyRequired ? [400] : [404];
    attacks.push({
      what: `another tenant's ${name}`,
      options: { params: { ...ids, [name]: othersIds[name] ?? '' } },
      status,
    });
  }
  return attacks;
}

function headerAttacks(operation: Operation, params: Record<string, string>, valid: unknown): Attack[] {
  if (operation.method === 'GET') return [];
  const body = valid === undefined ? {} : { body: valid };
  const refuse = (header: string, value: string): Attack => ({
    what: `${header}: ${value.slice(0, 20)}`,
    options: { params, ...body, headers: { [header]: value } },
    status: [400],
    names: { in: 'header', field: header },
  });
  const attacks = ['', 'x'.repeat(256), 'schlüssel'].map((value) => refuse('Idempotency-Key', value));
  attacks.push(...['', 'x', '"x', '"a" "b"', '*,*'].map((value) => refuse('If-Match', value)));
  const honours = (name: string) =>
    operation.parameters.some((parameter) => parameter.in === 'header' && parameter.name === name);
  if (!honours('Idempotency-Key')) attacks.push(refuse('Idempotency-Key', 'valid'));
  if (!honours('If-Match')) attacks.push(refuse('If-Match', '*'));
  return attacks;
}

function encodeSearch(text: string): string {
  return text
    .toWellFormed()
    .split('=')
    .map((part) => encodeURIComponent(part))
    .join('=');
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const item of waiting) await work(item);
    }),
  );
}
