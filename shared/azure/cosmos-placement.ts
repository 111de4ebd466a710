import type { PartitionKey } from '@azure/cosmos';
import type { Key } from '../core/ports.ts';
import type { CollectionSpec, TenantDocument } from './collections.ts';
import { containers } from './containers.ts';

/**
 * Where a tenant's documents of one collection are: always inside the tenant's own part of the key space.
 *
 * - `tenant`: the tenant is the partition.
 * - `document`: tenant, then the document's id.
 * - `field`: tenant, then another field (an execution, a month).
 * - `prefixed`: the id alone is the partition, so the stored id begins with the tenant.
 */
export interface Placement {
  readonly storedId: (tenantId: string, id: string) => string;
  readonly partitionKey: (tenantId: string, key: Key) => PartitionKey;
  /** The partition key that a query of the tenant is scoped to; `undefined` where a tenant has no partition of its own. */
  readonly queryKey: (tenantId: string, partition: string | undefined) => PartitionKey | undefined;
  /** The field that is the second level of the key, where `Key.partition` names its value. */
  readonly partitionField: string | undefined;
}

export function placementOf<T extends TenantDocument>(spec: CollectionSpec<T>): Placement {
  const paths: readonly string[] = containers[spec.container].partitionKeyPaths;
  const [first, second] = paths;
  const sameId = (_tenantId: string, id: string) => id;
  if (first === '/id') {
    const storedId = (tenantId: string, id: string) => `${tenantId}:${id}`;
    return {
      storedId,
      partitionKey: (tenantId, key) => storedId(tenantId, key.id),
      queryKey: () => undefined,
      partitionField: undefined,
    };
  }
  if (first !== '/tenantId') throw new Error(`The container ${spec.container} is not partitioned by tenant`);
  if (second === undefined) {
    return {
      storedId: sameId,
      partitionKey: (tenantId) => tenantId,
      queryKey: (tenantId) => tenantId,
      partitionField: undefined,
    };
  }
  if (second === '/id') {
    return {
      storedId: sameId,
      partitionKey: (tenantId, key) => [tenantId, key.id],
      queryKey: (tenantId) => [tenantId],
      partitionField: undefined,
    };
  }
  return {
    storedId: sameId,
    partitionKey: (tenantId, key) => {
      if (key.partition === undefined)
        throw new Error(`${spec.container} is partitioned: the key of ${key.id} lacks it`);
      return [tenantId, key.partition];
    },
    queryKey: (tenantId, partition) => (partition === undefined ? [tenantId] : [tenantId, partition]),
    partitionField: second.slice(1),
  };
}

/** Whether the service takes an id: up to 255 characters, none of which would end a path. Nothing is stored under any other. */
export function isStorableId(id: string): boolean {
  return id !== '' && id.length <= 255 && !/[/\\?#]/.test(id);
}
