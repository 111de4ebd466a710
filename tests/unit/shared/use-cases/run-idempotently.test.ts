import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryApi } from './api.ts';

const path = 'tenant/integrations';
const body = { provider: 'desk', name: 'Desk', settings: { region: 'eu' } };
const keyed = (key = 'k') => ({ headers: { 'idempotency-key': key } });

describe('runIdempotently', () => {
  let api: MemoryApi;
  const create = (options: object = {}) => api.call('POST', path, { body, ...keyed(), ...options });

  beforeEach(() => {
    api = new MemoryApi();
  });

  it('gives the first answer again, and says so', async () => {
    const first = await create();
    const second = await create();
    expect(first.status).toBe(201);
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect(second.headers['etag']).toBe(first.headers['etag']);
    expect([first, second].map((answer) => answer.headers['idempotency-replayed'])).toEqual([undefined, 'true']);
    expect(api.deps.integrations.all()).toHaveLength(1);
    expect(api.deps.audit.all()).toHaveLength(1);
  });

  it('answers 422 to another body under the same key', async () => {
    await create();
    const answer = await create({ body: { ...body, name: 'Other' } });
    expect(answer).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  });

  it('answers 422 to another path or condition under the same key', async () => {
    const [a, b] = [await api.integration(), await api.integration()];
    const patch = { body: { name: 'x' }, ...keyed() };
    await api.call('PATCH', `${path}/${a}`, patch);
    expect((await api.call('PATCH', `${path}/${b}`, patch)).status).toBe(422);
    const conditional = { body: { name: 'x' }, headers: { 'idempotency-key': 'k', 'if-match': '*' } };
    expect((await api.call('PATCH', `${path}/${a}`, conditional)).status).toBe(422);
  });

  it('keeps keys of tenants, actors and routes apart', async () => {
    await create();
    await create({ tenant: 'other' });
    const created = await api.call('POST', 'tenant/api-keys', { body: { name: 'ci', role: 'admin' } });
    const answer = await create({
      headers: { 'idempotency-key': 'k', authorization: '', 'x-api-key': String(created.body['key']) },
    });
    expect(answer.status).toBe(201);
    expect(api.deps.integrations.all()).toHaveLength(3);
  });

  it('lets one of many at once through and tells the others to wait', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create()));
    const counts = Map.groupBy(answers, (answer) => answer.status);
    expect(counts.get(201)).toHaveLength(1);
    expect(counts.get(409)?.every((answer) => answer.body.code === 'request-in-progress')).toBe(true);
    expect(counts.get(409)?.[0]?.headers['retry-after']).toBe('1');
    expect(api.deps.integrations.all()).toHaveLength(1);
  });

  it('remembers refusals of the request, with a new request id', async () => {
    const wrong = { body: { ...body, provider: 'nobody' } };
    const first = await create(wrong);
    const second = await create(wrong);
    expect(first).toMatchObject({ status: 400, body: { errors: [{ field: '/provider' }] } });
    expect(second.body.errors).toEqual(first.body.errors);
    expect(second.body.requestId).not.toBe(first.body.requestId);
    expect(api.deps.idempotency.all()).toMatchObject([{ state: 'done', response: { status: 400 } }]);
  });

  it('lets a request that failed on our side be tried again at once', async () => {
    api.given = { ...api.deps, audit: { ...api.deps.audit, write: () => Promise.reject(new Error('down')) } as never };
    expect((await create()).status).toBe(500);
    api.given = api.deps;
    expect((await create()).status).toBe(201);
    expect(api.deps.integrations.all()).toHaveLength(1);
  });

  it('never stores what was sent', async () => {
    const id = await api.integration();
    await api.call('POST', `${path}/${id}/connect/api-key`, {
      body: { kind: 'api-key', key: 'very-secret-key' },
      ...keyed(),
    });
    const stored = JSON.stringify([api.deps.idempotency.all(), api.deps.integrations.all(), api.deps.audit.all()]);
    expect(stored).not.toContain('very-secret');
  });

  describe('when the first try dies', () => {
    const conditional = (etag: string) => ({ headers: { 'idempotency-key': 'k', 'if-match': etag } });
    const integration = () => api.deps.integrations.all()[0];
    const cases = {
      create: {
        status: 201,
        send: () => create(),
        check: () => expect(api.deps.integrations.all()).toHaveLength(2),
      },
      update: {
        status: 200,
        send: (id: string, etag: string) =>
          api.call('PATCH', `${path}/${id}`, { body: { name: 'New' }, ...conditional(etag) }),
        check: () => expect(integration()?.name).toBe('New'),
      },
      delete: {
        status: 204,
        send: (id: string, etag: string) => api.call('DELETE', `${path}/${id}`, conditional(etag)),
        check: () =>
          expect([...api.deps.integrations.all(), ...api.deps.tasks.all(), ...api.deps.due.all()]).toEqual([]),
      },
      connect: {
        status: 200,
        send: (id: string) =>
          api.call('POST', `${path}/${id}/connect/api-key`, { body: { kind: 'api-key', key: 'x' }, ...keyed() }),
        check: () => expect(integration()?.connection?.state).toBe('connected'),
      },
    };

    /** @returns whether the try died, that is, had so many steps */
    async function dieAndRepeat(what: keyof typeof cases, moment: 'before' | 'after', step: number): Promise<boolean> {
      api = new MemoryApi();
      const id = await api.integration();
      await api.task(id, { schedule: { kind: 'interval', everySeconds: 60 } });
      const etag = (await api.call('GET', `${path}/${id}`)).headers['etag'] ?? '';
      const { status, send, check } = cases[what];
      api.deps.faults.crashAt(step, moment);
      await send(id, etag);
      const died = api.deps.faults.crashed;
      api.deps.faults.restart();
      api.deps.clock.advance(61_000);
      expect([moment, step, (await send(id, etag)).status]).toEqual([moment, step, status]);
      check();
      return died;
    }

    it.each(Object.keys(cases) as (keyof typeof cases)[])('its repeat ends as one undisturbed %s', async (what) => {
      for (const moment of ['before', 'after'] as const) {
        let step = 1;
        while (await dieAndRepeat(what, moment, step)) step += 1;
        expect(step).toBeGreaterThan(3);
      }
    });
  });

  it('takes an abandoned request over once, however many try', async () => {
    api.deps.faults.crashAt(2, 'before');
    await create();
    api.deps.faults.restart();
    expect((await create()).status).toBe(409);
    api.deps.clock.advance(60_000);
    const answers = await Promise.all(Array.from({ length: 5 }, () => create()));
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    expect(api.deps.integrations.all()).toHaveLength(1);
  });
});
