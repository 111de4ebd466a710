import type { Adapter } from '../shared/core/adapter.ts';
import { customRest } from './custom-rest/adapter.ts';
import { eraseSettings } from './kit/erase-settings.ts';
import { webhook } from './webhook/adapter.ts';

/** Every provider that an integration can be made of. */
export const adapters: readonly Adapter[] = [eraseSettings(customRest), eraseSettings(webhook)];

/** The adapter of a provider, or undefined when there is no such provider. */
export function findAdapter(id: string): Adapter | undefined {
  return adapters.find((adapter) => adapter.id === id);
}
