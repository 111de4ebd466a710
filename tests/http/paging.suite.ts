import { beforeAll, expect, it } from 'vitest';
import type { CallOptions } from './api-caller.ts';
import { type App, createTenant, syncTenant, type Tenant } from './start-app.ts';

export function pagingSuite(app: () => App): void {
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await createTenant(app());
    await syncTenant(tenant);
  });

  async function walk(
    id: string,
    query: Record<string, string | number>,
    options: CallOptions = {},
  ): Promise<string[]> {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await tenant.admin.call(id, {
        ...options,
        query: { ...query, ...(cursor === undefined ? {} : { cursor }) },
      });
      expect(page.items.length).toBeGreaterThan(0);
      seen.push(...page.items.map((item) => String(item['id'])));
      cursor = page.json['nextCursor'] as string | undefined;
    } while (cursor !== undefined);
    return seen;
  }

  it('shows every shard once, newest first, whatever the page size', async () => {
    const all = await walk('listShards', { limit: 100 });
    expect(new Set(all).size).toBe(160);
    expect(all).toEqual([...all].sort().reverse());
    for (const limit of [7, 40, 80]) expect(await walk('listShards', { limit })).toEqual(all);
    const byType = await Promise.all(
      ['company', 'contact', 'deal'].map((type) => walk('listShards', { limit: 13, type })),
    );
    expect(byType.map((ids) => ids.length)).toEqual([60, 80, 20]);
    expect(byType.flat().sort()).toEqual([...all].sort());
  });

  it('shows every event once, newest first', async () => {
    for (let run = 0; run < 3; run += 1) await syncTenant(tenant);
    const all = await walk('listEvents', { limit: 100, type: 'sync.completed' });
    expect(all).toHaveLength(4);
    expect(all).toEqual([...all].sort().reverse());
    expect(await walk('listEvents', { limit: 1, type: 'sync.completed' })).toEqual(all);
  });

  it('stays in place while new items come in', async () => {
    const integration = (await tenant.admin.call('getIntegration', { params: { integrationId: tenant.integrationId } }))
      .json;
    const body = { provider: integration['provider'], name: 'More', settings: integration['settings'] };
    for (let index = 0; index < 4; index += 1) await tenant.admin.call('createIntegration', { body });
    const before = await walk('listIntegrations', { limit: 100 });
    const first = await tenant.admin.call('listIntegrations', { query: { limit: 2 } });
    await tenant.admin.call('createIntegration', { body });
    const cursor = first.text('nextCursor');
    const second = await tenant.admin.call('listIntegrations', { query: { limit: 100, cursor } });
    expect([...first.items, ...second.items].map((item) => item['id'])).toEqual(before);
  });

  it('refuses a cursor of another list, another filter, or none', async () => {
    const { admin, integrationId } = tenant;
    const { json } = await admin.call('listShards', { query: { limit: 1, type: 'deal' } });
    const cursor = String(json['nextCursor']);
    const wrong: [string, CallOptions][] = [
      ['listShards', { query: { cursor } }],
      ['listShards', { query: { cursor, type: 'company' } }],
      ['listIntegrations', { query: { cursor } }],
      ['listExecutions', { params: { integrationId }, query: { cursor } }],
      ['listShards', { query: { cursor: cursor.slice(3), type: 'deal' } }],
      ['listShards', { query: { cursor: 'bm8' } }],
    ];
    for (const [id, options] of wrong) {
      const { status, problem } = await admin.send(id, options);
      expect([id, status, problem.errors?.[0]]).toMatchObject([id, 400, { in: 'query', field: 'cursor' }]);
    }
  });
}
