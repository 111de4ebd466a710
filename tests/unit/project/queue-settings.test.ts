import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { defaultEngineSettings } from '../../../shared/core/engine-settings.ts';

it('a host goes on receiving while two tenants have all their slices on it', async () => {
  const { extensions } = JSON.parse(await readFile('host.json', 'utf8'));
  expect(extensions.queues.newBatchThreshold).toBeGreaterThanOrEqual(2 * defaultEngineSettings.slicesPerTenant);
});
