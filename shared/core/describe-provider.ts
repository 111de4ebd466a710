import { z } from 'zod';
import type { catalogEntry } from '../contracts/integrations.ts';
import type { Adapter } from './adapter.ts';

type CatalogEntry = z.infer<typeof catalogEntry>;

/** An adapter never changes, and making its JSON Schema takes longer than all else that a catalog does. */
const described = new WeakMap<Adapter, CatalogEntry>();

/** A provider as the catalog shows it. */
export function describeProvider(adapter: Adapter): CatalogEntry {
  const known = described.get(adapter);
  if (known !== undefined) return known;
  const entry = describe(adapter);
  described.set(adapter, entry);
  return entry;
}

/** The settings' JSON Schema is the input side: what a caller may send. */
function describe(adapter: Adapter): CatalogEntry {
  const { $schema: _dialect, ...settingsSchema } = z.toJSONSchema(adapter.settings, {
    io: 'input',
    unrepresentable: 'any',
  });
  return {
    provider: adapter.id,
    label: adapter.label,
    description: adapter.description,
    auth: [...adapter.auth],
    capabilities: [
      ...(adapter.pull === undefined ? [] : ['pull' as const]),
      ...(adapter.push === undefined ? [] : ['push' as const]),
      ...(adapter.readDelivery === undefined ? [] : ['webhooks' as const]),
    ],
    requestsPerMinute: adapter.requestsPerMinute,
    settingsSchema,
  };
}
