import type { Container, OperationInput, PartitionKey } from '@azure/cosmos';

/** What the SDK fills for each of the container's partition ranges. */
interface RangeBatch {
  readonly operations: object[];
  readonly indexes: number[];
}

type GroupOperations = (
  operations: readonly KeyedOperation[],
  definition: unknown,
  options: unknown,
  batches: readonly RangeBatch[],
) => void;

/** An operation of a bulk request that names its partition key. */
export type KeyedOperation = OperationInput & { readonly partitionKey: PartitionKey };

/**
 * Spares bulk requests to a container of one partition range the hash of every partition key. The SDK (4.10) computes it in JavaScript
 * with big integers, 16 µs for a key of two levels, only to look up the range; where there is but one, every key is in it. With more ranges,
 * or an SDK that is made differently inside, nothing changes.
 *
 * @returns whether the SDK is the one that this knows
 */
export function spareHashing(container: Container): boolean {
  const items = container.items as object as { groupOperationsBasedOnPartitionKey?: GroupOperations };
  const group = items.groupOperationsBasedOnPartitionKey;
  if (typeof group !== 'function' || group.length !== 4) return false;
  items.groupOperationsBasedOnPartitionKey = (operations, definition, options, batches) => {
    const [only] = batches;
    if (only === undefined || batches.length > 1) {
      group.call(items, operations, definition, options, batches);
      return;
    }
    for (const [index, operation] of operations.entries()) {
      const { partitionKey } = operation;
      const levels = Array.isArray(partitionKey) ? partitionKey : [partitionKey];
      only.operations.push({ ...operation, partitionKey: JSON.stringify(levels) });
      only.indexes.push(index);
    }
  };
  return true;
}
