import { describe, expect, it } from 'vitest';
import { credentialSecretName } from '../../../../shared/core/credential.ts';
import { getErasure } from '../../../../shared/use-cases/erasures/get-erasure.ts';
import {
  attempt,
  begin,
  email,
  everything,
  exported,
  erasedName as name,
  nothing,
  personId,
  prepare,
  start,
} from '../../../kit/erasure-harness.ts';
import { refusal } from '../../../kit/person.ts';
import type { SyncHarness } from '../../../kit/sync-harness.ts';

function expectNoTrace(harness: SyncHarness, shardId: string, where = ''): void {
  const text = everything(harness);
  const found = [name, email, personId, shardId].filter((trace) => text.includes(trace));
  expect(found, where).toEqual([]);
}

describe('the erasure of a person', () => {
  it('leaves no trace of her in any container or Blob, and everything of the others', async () => {
    const { harness, shardId } = await begin();
    const before = everything(harness);
    for (const trace of [name, email, personId, shardId]) expect(before).toContain(trace);
    const others = (await harness.shards()).size - 1;
    const id = await prepare(harness, { of: 'person', shardId });
    const text = await exported(harness, id);
    for (const trace of [name, email, personId, shardId]) expect(text).toContain(trace);
    expect(text).not.toContain('Person 7');
    await start(harness, id);
    await harness.settle();
    expectNoTrace(harness, shardId);
    expect((await harness.shards()).size).toBe(others);
    expect((await harness.links()).length).toBe(others);
    expect(harness.deps.holds.all()).toMatchObject([{ state: 'open' }]);
    expect(harness.deps.estate.all('acme').some(({ body }) => body['id'] === 'dlv_2')).toBe(true);
    const done = await getErasure(harness.deps, harness.scope, {
      ...nothing,
      params: { erasureId: id },
      attempt: attempt(harness),
    });
    expect(done.body).toMatchObject({
      state: 'done',
      erased: { shards: 1, links: 1, deliveries: 1, events: 1, transient: 1 },
    });
    expect(harness.deps.audit.all().map(({ action, subject, detail }) => [action, subject, detail])).toEqual([
      ['erasure.prepared', id, 'person'],
      ['erasure.started', id, 'person'],
      ['erasure.done', id, 'person'],
    ]);
    expect(await refusal(exported(harness, id))).toBe('wrong-state');
  });

  it('takes another one that was prepared and never started with it', async () => {
    const { harness, shardId } = await begin();
    await prepare(harness, { of: 'person', shardId });
    await start(harness, await prepare(harness, { of: 'person', shardId }));
    await harness.settle();
    expectNoTrace(harness, shardId);
    expect(harness.deps.erasures.all()).toMatchObject([{ state: 'done' }]);
  });

  it.each(['before', 'after'] as const)(
    'goes to its end whatever step it crashes at (%s it took)',
    async (moment) => {
      const first = await begin();
      const before = first.harness.deps.faults.steps;
      await start(first.harness, await prepare(first.harness, { of: 'person', shardId: first.shardId }));
      await first.harness.settle();
      const steps = first.harness.deps.faults.steps - before;
      // The first three prepare and begin it: a person sees them fail.
      for (let step = 6; step <= steps; step += 3) {
        const { harness, shardId } = await begin();
        const id = await prepare(harness, { of: 'person', shardId });
        await start(harness, id);
        harness.deps.faults.crashAt(step - 5, moment);
        await harness.settle();
        expectNoTrace(harness, shardId, `step ${step}`);
        expect(harness.deps.erasures.all(), `step ${step}`).toMatchObject([{ state: 'done' }]);
      }
    },
    60_000,
  );
});

describe('the erasure of a tenant', () => {
  it('takes everything but the word that it was done, and nothing of another tenant', async () => {
    const { harness } = await begin();
    const { deps, scope } = harness;
    const { integrationId } = await harness.task();
    const version = await deps.secrets.put(scope, credentialSecretName(integrationId), 'secret');
    deps.shards.plant('other', { id: 'shd_other', tenantId: 'other', data: { name } } as never);
    expect(await refusal(prepare(harness, { of: 'tenant', confirm: 'other' }))).toBe('invalid-request');
    const id = await prepare(harness, { of: 'tenant', confirm: 'acme' });
    expect(await exported(harness, id)).toContain('Person 7');
    await start(harness, id);
    await harness.settle();
    const left = deps.estate.all('acme').map(({ container, body }) => [container, body['kind'] ?? body['action']]);
    expect(left.sort()).toEqual([
      ['audit', 'erasure.done'],
      ['reviews', 'erasure'],
    ]);
    expect(deps.deliveryBodies.texts()).toEqual([]);
    await expect(deps.secrets.get(scope, credentialSecretName(integrationId), version)).rejects.toThrow();
    expect(everything(harness, 'other')).toContain('shd_other');
  });
});
