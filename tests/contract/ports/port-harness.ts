import type { ContainerName } from '../../../shared/azure/containers.ts';
import type { Collections, Deps } from '../../../shared/core/ports.ts';
import { type Scope, systemScope } from '../../../shared/core/scope.ts';

/** The stores of `Deps`. */
export type Stores = Collections & Pick<Deps, 'runs' | 'due' | 'healthDue'>;

/** One implementation of the stores, and the ways around its ports that a test needs. */
export interface StoreHarness {
  readonly stores: Stores;
  /** The same stores as other processes have them. */
  readonly rivals: readonly Stores[];
  /** Puts a raw document into a container past every check. `id` and partition fields are those that the service sees. */
  plant(container: ContainerName, raw: { readonly id: string; readonly tenantId: string }): Promise<void>;
  /** How often people were alerted so far. */
  alerts(): number;
  close(): Promise<void>;
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

export function scopeOf(tenantId: string): Scope {
  return systemScope(tenantId, 'port-test', traceparent);
}
