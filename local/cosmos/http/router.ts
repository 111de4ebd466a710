import { unsupported } from '../errors.ts';
import type { Catalog } from '../store/catalog.ts';
import { deletePartitionRoute, itemRoute, itemsRoute, owningContainer } from './item-routes.ts';
import type { Reply, Request } from './message.ts';
import {
  accountReply,
  containerRoute,
  databaseRoute,
  offersRoute,
  partitionKeyRangesRoute,
} from './metadata-routes.ts';

/** Resources of the service that this server does not have, by the segment that names them. */
const UNSUPPORTED_RESOURCES: Record<string, string> = {
  sprocs: 'Stored procedures',
  triggers: 'Triggers',
  udfs: 'User-defined functions',
  conflicts: 'The conflict feed',
  users: 'Users',
  permissions: 'Permissions',
  clientencryptionkeys: 'Client encryption keys',
};

/** Type and link of the resource that a request is signed for. */
export function signedResource(segments: readonly string[]): { resourceType: string; resourceLink: string } {
  if (segments[0] === 'offers') return { resourceType: 'offers', resourceLink: (segments[1] ?? '').toLowerCase() };
  if (segments[4] === 'operations') return { resourceType: 'colls', resourceLink: segments.slice(0, 4).join('/') };
  const isFeed = segments.length % 2 === 1;
  return {
    resourceType: (isFeed ? segments.at(-1) : segments.at(-2)) ?? '',
    resourceLink: (isFeed ? segments.slice(0, -1) : segments).join('/'),
  };
}

function containerChild(catalog: Catalog, request: Request): Reply {
  const child = request.segments[4];
  if (child === 'docs')
    return request.segments.length === 5 ? itemsRoute(catalog, request) : itemRoute(catalog, request);
  if (child === 'pkranges') {
    return partitionKeyRangesRoute(catalog, owningContainer(catalog, request), request);
  }
  if (child === 'operations') return deletePartitionRoute(catalog, request);
  throw unsupported(UNSUPPORTED_RESOURCES[child ?? ''] ?? `The resource '${child ?? ''}'`);
}

/** Finds who answers a request. @throws CosmosError */
export function route(catalog: Catalog, endpoint: string, request: Request): Reply {
  const { segments } = request;
  if (segments.length === 0 && request.method === 'GET') {
    return accountReply(endpoint, catalog.database.isStale ? 'Session' : 'Strong');
  }
  if (segments[0] === 'offers') return offersRoute(catalog, request);
  if (segments[0] !== 'dbs' || segments.length > 6) throw unsupported(`The path /${segments.join('/')}`);
  if (segments.length <= 2) return databaseRoute(catalog, request);
  if (segments[2] !== 'colls')
    throw unsupported(UNSUPPORTED_RESOURCES[segments[2] ?? ''] ?? `The resource '${segments[2]}'`);
  return segments.length <= 4 ? containerRoute(catalog, request) : containerChild(catalog, request);
}
