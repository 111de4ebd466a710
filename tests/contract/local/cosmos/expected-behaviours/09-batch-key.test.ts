import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OperationInput } from '@azure/cosmos';
import { afterAll, beforeAll, expect } from 'vitest';
import { startCosmosProcess } from '../../../../chaos/cosmos-server.ts';
import { type Account, startAccount } from '../account.ts';
import { testBehaviours } from './behaviours.ts';

let account: Account;

beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account.close());

testBehaviours('09-batch-key', {
  'operations of a batch that name its key': async () => {
    const { items } = await account.container();
    await items.create({ id: 'there', pk: 'p' });
    const operations = [
      { operationType: 'Upsert', resourceBody: { id: 'there', pk: 'p', n: 1 } },
      { operationType: 'Replace', id: 'there', resourceBody: { id: 'there', pk: 'p', n: 2 } },
      { operationType: 'Read', id: 'there' },
      { operationType: 'Delete', id: 'there' },
    ].map((operation) => ({ ...operation, partitionKey: 'p' }));
    const { code, result } = await items.batch(operations as OperationInput[], 'p');
    expect([code, result?.map(({ statusCode }) => statusCode)]).toEqual([200, [200, 200, 200, 204]]);
  },
  'a restart keeps everything': async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'cosmos-'));
    const before = await startCosmosProcess(dataDir);
    const { resource } = await before.container.items.create({ id: 'a', pk: 'p', n: 1 });
    await before.end('SIGKILL');
    const after = await startCosmosProcess(dataDir);
    expect((await after.container.item('a', 'p').read()).resource).toEqual(resource);
    await after.end('SIGTERM');
    await rm(dataDir, { recursive: true });
  },
});
