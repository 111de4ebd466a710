import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineRoute } from '../../../../shared/contracts/route.ts';
import { AppError } from '../../../../shared/core/app-error.ts';
import { endpoint, publicEndpoint } from '../../../../shared/core/endpoint.ts';
import type { RouteOutput } from '../../../../shared/core/route-input.ts';
import { answerRequest } from '../../../../shared/use-cases/answer-request.ts';
import { MemoryApi } from './api.ts';

const route = defineRoute({
  id: 'probe',
  method: 'GET',
  path: 'probe',
  summary: '',
  tag: 'Probe',
  role: 'operator',
  concurrency: 'answers-etag',
  success: { status: 200, body: z.strictObject({ shown: z.string() }), description: '' },
  problems: [],
});

async function probe(run: () => Promise<RouteOutput<{ shown: string }>>, authorization?: string) {
  const api = new MemoryApi();
  const failures: string[] = [];
  const answer = await answerRequest(
    async () => api.deps,
    endpoint(route, run),
    {
      requestId: 'req_1',
      path: '/api/probe',
      search: '',
      params: {},
      header: (name) =>
        name === 'authorization' ? (authorization ?? `Bearer ${api.token('demo', 'operator')}`) : undefined,
      readBody: async () => new Uint8Array(),
    },
    (message) => failures.push(message),
  );
  return { ...answer, body: JSON.parse(answer.body ?? 'null') as unknown, alerts: api.deps.log.alerts, failures };
}

describe('answerRequest', () => {
  it('answers with the common headers and a quoted ETag', async () => {
    const answer = await probe(async () => ({ body: { shown: 'a' }, etag: '"7"' }));
    expect(answer).toMatchObject({
      status: 200,
      body: { shown: 'a' },
      headers: {
        'x-request-id': 'req_1',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-type': 'application/json; charset=utf-8',
        etag: '"7"',
      },
    });
  });

  it('lets nothing out that the contract does not name: 500, and an alert', async () => {
    const leaking = { shown: 'a', secretHash: 'b' };
    const answer = await probe(async () => ({ body: leaking }));
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).not.toContain('secretHash');
    expect(answer.alerts).toHaveLength(1);
  });

  it('answers a bug with a request id and no detail, and logs its cause', async () => {
    const answer = await probe(async () => {
      throw new TypeError('password=hunter2');
    });
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({
      type: 'urn:castiel:problem:internal',
      title: 'Something went wrong on our side',
      status: 500,
      code: 'internal',
      instance: '/api/probe',
      requestId: 'req_1',
    });
    expect(answer.alerts[0]?.fields).toMatchObject({
      requestId: 'req_1',
      route: 'probe',
      error: expect.any(TypeError),
    });
  });

  it('answers an expected failure by its code, and logs its cause without an alert', async () => {
    const answer = await probe(async () => {
      throw new AppError('unavailable', { detail: 'Later.', cause: new Error('socket') });
    });
    expect(answer).toMatchObject({
      status: 503,
      body: { detail: 'Later.' },
      headers: { 'retry-after': '5' },
      alerts: [],
    });
  });

  it('signs in before anything else runs', async () => {
    let ran = false;
    const answer = await probe(async () => {
      ran = true;
      return { body: { shown: 'a' } };
    }, 'Bearer nothing');
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('Bearer');
    expect(ran).toBe(false);
  });

  it('answers a public route without dependencies, and reports to the host when they fail', async () => {
    const publicRoute = defineRoute({ ...route, role: 'public' });
    const failures: string[] = [];
    const request = {
      requestId: 'req_1',
      path: '/api/probe',
      search: '',
      params: {},
      header: () => undefined,
      readBody: async () => new Uint8Array(),
    };
    const broken = () => Promise.reject(new Error('no configuration'));
    const report = (message: string) => failures.push(message);
    const alive = publicEndpoint(publicRoute, async () => ({ body: { shown: 'a' } }));
    expect((await answerRequest(broken, alive, request, report)).status).toBe(200);
    expect(failures).toEqual([]);
    const needy = publicEndpoint(publicRoute, async (getDeps) => {
      await getDeps();
      return { body: { shown: 'a' } };
    });
    expect((await answerRequest(broken, needy, request, report)).status).toBe(500);
    expect(failures).toHaveLength(1);
  });
});
