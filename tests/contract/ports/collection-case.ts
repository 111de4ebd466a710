import type { TenantDocument } from '../../../shared/azure/collections.ts';
import type { ContainerName } from '../../../shared/azure/containers.ts';
import type { Collection, Key } from '../../../shared/core/ports.ts';
import type { Stores } from './port-harness.ts';

/** One collection as the suite sees it: how to open it, make a document, find it and change it. */
export interface CollectionCase<T extends TenantDocument = TenantDocument> {
  readonly name: string;
  readonly container: ContainerName;
  readonly open: (stores: Stores) => Collection<T>;
  /** A new document; with `like`, another version of that one. */
  readonly sample: (tenantId: string, like?: T) => T;
  readonly keyOf: (document: T) => Key;
  /** The same document with one visible change. */
  readonly change: (document: T) => T;
  readonly listable: boolean;
}

/** Forgets the type of the documents, so that one suite takes every collection. */
export function collectionCase<T extends TenantDocument>(typed: CollectionCase<T>): CollectionCase {
  return typed as unknown as CollectionCase;
}

export const byId = (document: TenantDocument): Key => ({ id: document.id });
