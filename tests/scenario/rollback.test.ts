import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listLeftRecords, rollBackExecution } from '../../shared/contracts/rollbacks.ts';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant, type FollowedRun, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

const answer = rollBackExecution.success.body;
const leftPage = listLeftRecords.success.body;
type Answer = NonNullable<typeof answer>['_output'];

/** A run of this many records is taken back after this many of them were edited. */
const many = 20_000;
const edited = many / 100;

const objects = [
  {
    object: 'contacts',
    shardTypeId: 'contact',
    fields: ['email', 'jobTitle'].map((field) => ({ from: field, to: field })),
  },
];

/** In one request to the CRM. */
const editsAtOnce = 1000;

describe('rolling back', () => {
  let room: RunningTwin;

  beforeAll(async () => {
    room = await runTwin({ appEnvironment: { ENGINE_LEASE_MS: '10000', ENGINE_WATCH_MS: '1000' } });
  });

  afterAll(async () => {
    await room?.close();
  });

  const withTenant = async (
    contacts: number,
    pageSize: number,
    test: (tenant: TenantOnTwin, crm: CrmControl) => Promise<void>,
  ): Promise<void> => {
    const crm = await openOwnCrm({ contacts });
    try {
      await test(await createTenant(room, { crm, task: { pageSize, objects } }), crm);
    } finally {
      await crm.close();
    }
  };

  const retitle = async (crm: CrmControl, ids: readonly string[], title: (index: number) => string): Promise<void> => {
    for (let at = 0; at < ids.length; at += editsAtOnce) {
      await crm.edit(
        ...ids.slice(at, at + editsAtOnce).map((id, index) => ({
          kind: 'update' as const,
          type: 'contacts' as const,
          id,
          patch: { jobTitle: title(at + index) },
        })),
      );
    }
  };

  /** The end of a run comes just before its task is free. */
  const ask = (tenant: TenantOnTwin, executionId: string, body: object): Promise<Answer> =>
    pollUntil('A free task', async () => {
      const path = `${tenant.base}/executions/${executionId}/rollback`;
      return tenant.client.call('POST', path, answer ?? never(), body).catch((problem: { code?: string }) => {
        if (problem.code === 'already-running') return undefined;
        throw problem;
      });
    });

  const rollBack = async (tenant: TenantOnTwin, executionId: string, body: object = {}): Promise<FollowedRun> =>
    tenant.follow((await ask(tenant, executionId, body)).execution?.id ?? '');

  const run = (tenant: TenantOnTwin, mode?: 'full'): Promise<FollowedRun> =>
    pollUntil(
      'A free task',
      () =>
        tenant.run(mode).catch((problem: { code?: string }) => {
          if (problem.code === 'already-running') return undefined;
          throw problem;
        }),
      180_000,
    );

  const titles = async (tenant: TenantOnTwin): Promise<Map<string, unknown>> =>
    new Map([...(await tenant.stored())].map(([record, { data }]) => [record.split(' ')[1] ?? '', data['jobTitle']]));

  it(
    'of 20,000 records after 1 % were edited restores 99 %, lists 1 %, and the next pull leaves it so',
    () =>
      withTenant(many, 1000, async (tenant, crm) => {
        const ids = await crm.list('contacts');
        expect(await run(tenant)).toMatchObject({ state: 'succeeded', counts: { created: many } });
        const before = await titles(tenant);
        await retitle(crm, ids, (index) => `Wrong ${index}`);
        const bad = await run(tenant);
        expect(bad).toMatchObject({ state: 'succeeded', counts: { updated: many } });
        const since = ids.filter((_id, index) => index % 100 === 7);
        await retitle(crm, since, (index) => `Edited ${index}`);
        const later = await run(tenant);
        expect(later.counts.updated).toBe(edited);

        const { foreseen } = await ask(tenant, bad.id, { preview: true });
        expect(foreseen).toMatchObject({
          complete: true,
          counts: { restored: many - edited, left: edited, deleted: 0 },
        });
        const rollback = await rollBack(tenant, bad.id);
        expect(rollback).toMatchObject({
          state: 'partial',
          rollbackOf: bad.id,
          counts: { received: many, updated: many - edited, skipped: edited, failed: 0 },
        });
        const edits = new Map(since.map((id, index) => [id, `Edited ${index}`]));
        const expected = new Map(ids.map((id) => [id, edits.get(id) ?? before.get(id)]));
        expect(await titles(tenant)).toEqual(expected);
        const left = await listLeft(tenant, rollback.id);
        expect(left).toHaveLength(edited);
        expect(left.every(({ reason, by }) => reason === 'changed-since' && by?.id === later.id)).toBe(true);

        for (const mode of [undefined, 'full'] as const) {
          expect(await run(tenant, mode)).toMatchObject({ state: 'succeeded', counts: { created: 0, updated: 0 } });
          expect(await titles(tenant)).toEqual(expected);
        }
      }),
    480_000,
  );

  it('goes on after the host was killed, is rolled back itself, and gives way to the provider only when told to', () =>
    withTenant(400, 10, async (tenant, crm) => {
      const ids = await crm.list('contacts');
      await run(tenant);
      const before = await titles(tenant);
      await retitle(crm, ids, (index) => `Wrong ${index}`);
      const bad = await run(tenant);
      const wrong = await titles(tenant);

      const started = (await ask(tenant, bad.id, {})).execution?.id ?? '';
      await pollUntil('A page', async () => ((await tenant.execution(started)).pages > 2 ? true : undefined));
      await room.twin.stopApp('SIGKILL');
      await room.twin.restartApp();
      const rollback = await tenant.follow(started);
      expect(rollback).toMatchObject({ state: 'succeeded', counts: { received: 400, updated: 400 } });
      expect(await titles(tenant)).toEqual(before);

      expect(await rollBack(tenant, rollback.id)).toMatchObject({ state: 'succeeded', counts: { updated: 400 } });
      expect(await titles(tenant)).toEqual(wrong);

      expect(await rollBack(tenant, bad.id, { acceptProvider: true })).toMatchObject({ counts: { updated: 400 } });
      expect(await titles(tenant)).toEqual(before);
      expect(await run(tenant, 'full')).toMatchObject({ state: 'succeeded', counts: { updated: 400 } });
      expect(await titles(tenant)).toEqual(wrong);
    }));
});

async function listLeft({ client, base }: TenantOnTwin, executionId: string) {
  const all: NonNullable<typeof leftPage>['_output']['items'] = [];
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const query: string = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await client.call(
      'GET',
      `${base}/executions/${executionId}/left-records?limit=100${query}`,
      leftPage ?? never(),
    );
    all.push(...page.items);
    cursor = page.nextCursor;
  }
  return all;
}

function never(): never {
  throw new Error('The route answers nothing');
}
