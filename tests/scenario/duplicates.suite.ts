import { expect, type TestAPI } from 'vitest';
import { z } from 'zod';
import { merge, mergeCandidate } from '../../shared/contracts/merges.ts';
import { pageOf } from '../../shared/contracts/page.ts';
import { shard } from '../../shared/contracts/shards.ts';
import type { MatchRuleSet } from '../../shared/core/documents/match-rules.ts';
import { compileMatchRules } from '../../shared/core/identity/compile-match-rules.ts';
import { openOwnCrm } from '../kit/crm-control.ts';
import { findIdentityFaults, type StoredIdentity } from '../kit/identity-faults.ts';
import type { RunningTwin } from '../kit/running-twin.ts';
import { createTenant } from '../kit/tenant-on-twin.ts';

const contacts = 400;
const compare = [{ fields: ['name.first', 'name.last'], as: 'person-name' as const, weight: 1 }];
const likeName = (field: 'email' | 'phone'): MatchRuleSet['rules'][number] => ({
  kind: 'fuzzy',
  name: `Same ${field}, like name`,
  key: [{ fields: [field], as: field, part: 'whole' }],
  compare,
  mergeAt: 0.9,
  reviewAt: 0.75,
});
const rules = { rules: [likeName('email'), likeName('phone')] };

/** Contacts that are in the CRM twice. */
export function duplicatesSuite(it: TestAPI, room: () => RunningTwin): void {
  it('become one shard by match rules, stay so, and are parted by an undo for good', async () => {
    const crm = await openOwnCrm({ contacts });
    try {
      const tenant = await createTenant(room(), { crm, task: { pageSize: 50 } });
      await tenant.client.call('POST', 'tenant/match-rules', z.unknown(), { shardTypeId: 'contact', ...rules });
      const run = await tenant.run();
      expect(run).toMatchObject({ state: 'succeeded', counts: { received: contacts, created: contacts } });
      const shards = await tenant.shards('contact');
      expect(shards.length).toBeLessThan(contacts);
      expect(shards.reduce((sum, { sources }) => sum + sources.length, 0)).toBe(contacts);
      expect(await faultsOf(room(), tenant.tenantId)).toEqual([]);
      const again = await tenant.run('full');
      expect(again.counts).toMatchObject({ received: contacts, unchanged: contacts });

      const [one, other] = shards.filter(({ sources }) => sources.length === 1);
      const body = { with: other?.id };
      const merged = await tenant.client.call('POST', `tenant/shards/${one?.id}/merge`, merge, body);
      const shown = await tenant.client.call('GET', `tenant/shards/${merged.mergedId}`, shard);
      expect(shown).toMatchObject({ id: merged.survivorId, mergedInto: merged.survivorId });
      await tenant.client.call('POST', `tenant/merges/${merged.id}/undo`, merge, {});
      const after = await tenant.shards('contact');
      expect(after.map(({ id, data }) => ({ id, data }))).toEqual(shards.map(({ id, data }) => ({ id, data })));
      const rejected = await tenant.client.call(
        'GET',
        'tenant/merge-candidates?state=rejected',
        pageOf(mergeCandidate),
      );
      expect(rejected.items).toHaveLength(1);
      expect(await faultsOf(room(), tenant.tenantId)).toEqual([]);
    } finally {
      await crm.close();
    }
  });
}

async function faultsOf({ database }: RunningTwin, tenantId: string): Promise<string[]> {
  const all = async (container: string, kind?: string): Promise<unknown[]> => {
    const query = kind === undefined ? 'SELECT * FROM c' : `SELECT * FROM c WHERE c.kind = '${kind}'`;
    const partitionKey = container === 'reviews' ? tenantId : [tenantId];
    return (await database.container(container).items.query(query, { partitionKey }).fetchAll()).resources;
  };
  const stored = {
    links: await all('links'),
    shards: await all('shards'),
    keys: await all('keys'),
    merges: await all('reviews', 'merge'),
  } as unknown as StoredIdentity;
  const set: MatchRuleSet = { version: 1, ...rules, strategy: 'newest', fieldStrategies: {} };
  return findIdentityFaults(compileMatchRules('contact', set), stored);
}
