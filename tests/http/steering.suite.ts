import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import type { CallOptions } from './api-caller.ts';
import type { App } from './start-app.ts';
import { hasEnded, hasRead, SteeredTenant, strict } from './steered-tenant.ts';

const contacts = 40;

/** Runs as people stop them and go on with them. The callers check each answer against the OpenAPI document. */
export function steeringSuite(app: () => App): void {
  let crm: CrmControl & { close(): Promise<void> };
  let tenant: SteeredTenant;

  beforeAll(async () => {
    crm = await openOwnCrm({ contacts });
    tenant = await SteeredTenant.create(app(), crm, strict);
  });

  afterAll(async () => {
    await crm?.close();
  });

  it('pauses, resumes and cancels, and a repeated key asks once', async () => {
    await crm.setFaults({ kind: 'slow', ms: 300 });
    const id = await tenant.run();
    await tenant.followUntil(id, hasRead);
    expect((await tenant.call('pauseExecution', id)).json).toMatchObject({ state: 'paused' });
    const paused = await tenant.followUntil(id, (run) => run['state'] === 'paused');
    expect(paused['progress']).toMatchObject({ phase: 'paused', object: 'contacts' });
    expect((await tenant.call('resumeExecution', id)).json).toMatchObject({ state: 'queued' });
    await tenant.followUntil(id, (run) => run['state'] === 'running');
    const headers = { 'idempotency-key': randomUUID() };
    const first = await tenant.call('cancelExecution', id, { headers });
    expect(['cancelling', 'cancelled']).toContain(first.json['state']);
    const run = await tenant.followUntil(id, hasEnded);
    expect(run).toMatchObject({ state: 'cancelled', progress: { phase: 'ended' } });
    expect(run['counts']).toMatchObject({ received: Number(run['pages']) * 5 });
    const again = await tenant.call('cancelExecution', id, { headers });
    expect([again.raw, again.headers.get('idempotency-replayed')]).toEqual([first.raw, 'true']);
    expect((await tenant.call('cancelExecution', id)).json).toMatchObject({ state: 'cancelled' });
    await crm.setFaults();
  });

  it('refuses what the state does not allow, and says which it is', async () => {
    await crm.setFaults({ kind: 'slow', ms: 1000, times: 1 });
    const id = await tenant.run();
    for (const body of [undefined, { records: 'all' }, { records: 'failed' }]) {
      const answer = await tenant.send('retryExecution', id, body === undefined ? {} : { body });
      expect(answer.problem).toMatchObject({
        status: 409,
        code: 'wrong-state',
        detail: expect.stringMatching(/has not ended/),
      });
    }
    await tenant.followUntil(id, hasEnded);
    for (const verb of ['pause', 'resume', 'cancel']) {
      const { problem } = await tenant.send(`${verb}Execution`, id);
      expect([verb, problem]).toMatchObject([
        verb,
        { status: 409, code: 'wrong-state', detail: 'The execution is partial.' },
      ]);
    }
  });

  it('refuses bodies and queries that it does not know', async () => {
    const id = await tenant.runToEnd();
    const cases: [string, CallOptions, object][] = [
      ['retryExecution', { body: { records: 'some' } }, { in: 'body', field: '/records' }],
      ['retryExecution', { body: { only: 'failed' } }, { in: 'body', field: '/only' }],
      ['followExecution', { query: { waitSeconds: 31 } }, { in: 'query', field: 'waitSeconds' }],
      ['followExecution', { query: { after: 'not a version' } }, { in: 'query', field: 'after' }],
      ['listExecutionLogs', { query: { level: 'debug' } }, { in: 'query', field: 'level' }],
      ['listFailedRecords', { query: { state: 'lost' } }, { in: 'query', field: 'state' }],
      ['retryFailedRecord', { params: { failedRecordId: 'fr_short' } }, { in: 'path', field: 'failedRecordId' }],
    ];
    for (const [operation, options, error] of cases) {
      const answer = await tenant.send(operation, id, options);
      expect([operation, answer.status]).toEqual([operation, 400]);
      expect(answer.problem.errors).toContainEqual(expect.objectContaining(error));
    }
    const from = await tenant.tenant.admin.send('listTenantExecutions', { query: { from: 'yesterday' } });
    expect(from.problem.errors).toMatchObject([{ in: 'query', field: 'from' }]);
  });
}
