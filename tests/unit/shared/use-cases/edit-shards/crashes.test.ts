import { describe, expect, it } from 'vitest';
import type { CallResult } from '../api.ts';
import { ada, World } from './edited-world.ts';

describe('a crash at any step', () => {
  type Act = (world: World, headers: Record<string, string>) => Promise<CallResult>;
  const acts: readonly [string, Act, readonly unknown[]][] = [
    [
      'of a create',
      (each, headers) =>
        each.call('POST', 'tenant/shards', {
          body: { shardTypeId: 'contact', data: { ...ada, city: 'Bath' } },
          headers,
        }),
      [ada.email, 'older@example.org'],
    ],
    [
      'of a create that joins',
      (each, headers) =>
        each.call('POST', 'tenant/shards', {
          body: { shardTypeId: 'contact', data: { email: 'older@example.org', phone: '+386 1 234 56 78' } },
          headers,
        }),
      ['older@example.org'],
    ],
    [
      'of an edit',
      (each, headers) =>
        each.call('PATCH', `tenant/shards/${older}`, { body: { data: { email: 'newer@example.org' } }, headers }),
      ['newer@example.org'],
    ],
    ['of a delete', (each, headers) => each.call('DELETE', `tenant/shards/${older}`, { headers }), []],
  ];
  let older: unknown;

  async function begin(): Promise<World> {
    const fresh = new World();
    older = (await fresh.create({ email: 'older@example.org' })).body['id'];
    fresh.api.deps.clock.advance(1000);
    return fresh;
  }

  async function countSteps(act: Act): Promise<number> {
    const fresh = await begin();
    const before = fresh.api.deps.faults.steps;
    await act(fresh, { 'idempotency-key': 'k' });
    return fresh.api.deps.faults.steps - before;
  }

  it.each(acts)('%s loses and doubles nothing when the request is repeated', async (_name, act, emails) => {
    const steps = await countSteps(act);
    expect(steps).toBeGreaterThan(3);
    for (let step = 1; step <= steps; step += 1) {
      for (const moment of ['before', 'after'] as const) {
        const fresh = await begin();
        fresh.api.deps.faults.crashAt(step, moment);
        await act(fresh, { 'idempotency-key': 'k' });
        expect(fresh.api.deps.faults.crashed).toBe(true);
        fresh.api.deps.faults.restart();
        fresh.api.deps.clock.advance(61_000);
        const repeated = await act(fresh, { 'idempotency-key': 'k' });
        expect(repeated.status, `step ${step} ${moment}`).toBeLessThan(300);
        await fresh.tick();
        expect(fresh.emails(), `step ${step} ${moment}`).toEqual(emails);
        expect(fresh.identity.faults(), `step ${step} ${moment}`).toEqual([]);
        expect(fresh.api.deps.due.all()).toEqual([]);
      }
    }
  });

  it.each(acts)('%s leaves keys that are true when nobody repeats it', async (_name, act) => {
    const steps = await countSteps(act);
    for (let step = 1; step <= steps; step += 1) {
      const fresh = await begin();
      fresh.api.deps.faults.crashAt(step, 'after');
      await act(fresh, { 'idempotency-key': 'k' });
      fresh.api.deps.faults.restart();
      await fresh.tick();
      expect(fresh.identity.faults(), `step ${step}`).toEqual([]);
      const shown = fresh.emails();
      await fresh.identity.apply(
        ['older@example.org', 'newer@example.org', ada.email].map((email) => ({ id: email, email })),
      );
      expect(new Set(fresh.emails()).size, `step ${step}`).toBe(fresh.emails().length);
      expect(fresh.emails()).toEqual(expect.arrayContaining(shown));
    }
  });
});
