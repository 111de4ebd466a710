import { CosmosClient } from '@azure/cosmos';
import { expect, it } from 'vitest';
import { collections } from '../../shared/azure/collections.ts';
import { type App, createTenant } from './start-app.ts';

const readWithinMs = 60_000;

export function corruptDocumentSuite(app: () => App): void {
  it('answers 500 without a detail, raises an alert, and touches nothing', async () => {
    const { admin, integrationId, tenantId } = await createTenant(app());
    const { endpoint, key } = app().twin.cosmos;
    const client = new CosmosClient({ endpoint, key });
    const item = client.database('castiel').container(collections.integrations.container).item(integrationId, tenantId);
    const { resource } = await item.read<{ id: string }>();
    if (resource === undefined) throw new Error('The integration is not where the test looks for it');
    await item.replace({ ...resource, enabled: 'perhaps-secret' });
    const params = { integrationId };
    for (const [id, options] of [
      ['getIntegration', { params }],
      ['updateIntegration', { params, body: { enabled: true } }],
      ['listIntegrations', {}],
    ] as const) {
      const answer = await admin.send(id, options);
      expect([id, answer.status, answer.problem.code]).toEqual([id, 500, 'internal']);
      expect(answer.problem.detail).toBeUndefined();
      expect(answer.raw).not.toContain('perhaps-secret');
      await until(() => app().alerts.some((line) => line.includes(answer.problem.requestId)));
    }
    expect((await item.read<{ enabled: unknown }>()).resource?.enabled).toBe('perhaps-secret');
    client.dispose();
  });
}

/** Log lines arrive on their own way. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + readWithinMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('No alert was raised');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
