import type { Collections } from '../core/ports.ts';
import { type CollectionSpec, collections, type TenantDocument } from './collections.ts';
import { CosmosCollection, type StoreTools } from './cosmos-collection.ts';

/** Every kind of document that has a port of its own, in Cosmos. */
export function openCollections(tools: StoreTools): Collections {
  const opened = Object.entries(collections).map(([name, spec]) => [
    name,
    new CosmosCollection(spec as CollectionSpec<TenantDocument>, tools),
  ]);
  return Object.fromEntries(opened) as unknown as Collections;
}
