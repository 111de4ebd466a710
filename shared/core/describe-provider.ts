import { z } from 'zod';
import type { catalogEntry } from '../contracts/integrations.ts';
import type { Adapter } from './adapter.ts';

/** A provider as the catalog shows it. The settings' JSON Schema is the input side: what a caller may send. */
export function describeProvider(adapter: Adapter): z.infer<typeof catalogEntry> {
  const { $schema: _dialect, ...settingsSchema } = z.toJSONSchema(adapter.settings, {
    io: 'input',
    unrepresentable: 'any',
  });
  return {
    provider: adapter.id,
    label: adapter.label,
    description: adapter.description,
    auth: [...adapter.auth],
    capabilities: adapter.pull === undefined ? [] : ['pull'],
    requestsPerMinute: adapter.requestsPerMinute,
    settingsSchema,
  };
}
