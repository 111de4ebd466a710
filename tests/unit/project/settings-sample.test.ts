import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readConfig } from '../../../shared/azure/config.ts';

it('the sample of local settings is a valid configuration', async () => {
  const { Values } = JSON.parse(await readFile('local.settings.sample.json', 'utf8'));
  expect(readConfig(Values).cosmos.createContainers).toBe(true);
});
