import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { containerDefinitions, containers } from '../../../../shared/azure/containers.ts';

test('the deployment describes the very containers that the code opens', async () => {
  const file = new URL('../../../../infra-bicep/containers.json', import.meta.url);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(containerDefinitions());
});

test('every tenant-owned container is partitioned so that a tenant can be named', () => {
  const paths = Object.fromEntries(Object.values(containers).map((spec) => [spec.name, spec.partitionKeyPaths[0]]));
  expect(paths).toEqual({
    config: '/tenantId',
    shards: '/tenantId',
    links: '/tenantId',
    keys: '/tenantId',
    reviews: '/tenantId',
    journal: '/tenantId',
    executions: '/tenantId',
    audit: '/tenantId',
    events: '/tenantId',
    deliveries: '/tenantId',
    transient: '/tenantId',
    leases: '/id',
    'feed-leases': '/id',
    poison: '/tenantId',
    dispatches: '/tenantId',
    due: '/bucket',
  });
});
