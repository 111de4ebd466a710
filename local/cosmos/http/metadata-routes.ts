import { physicalRanges } from '../effective-key.ts';
import { badRequest, unsupported } from '../errors.ts';
import { type Json, ownProperty } from '../json.ts';
import { METADATA_CHARGE } from '../operations/charge.ts';
import { offerId } from '../resource-id.ts';
import type { Catalog, ContainerEntry, DatabaseEntry } from '../store/catalog.ts';
import { checkResourceId } from '../store/container-definition.ts';
import { header, isHeaderTrue, jsonBody, type Reply, type Request } from './message.ts';

function resourceReply(status: number, resource: { readonly [key: string]: unknown }): Reply {
  return {
    status,
    body: JSON.stringify(resource),
    charge: METADATA_CHARGE,
    headers: { etag: String(resource['_etag']) },
  };
}

const NO_CONTENT: Reply = { status: 204, charge: METADATA_CHARGE };

function listReply(rid: string, name: string, resources: readonly unknown[]): Reply {
  return {
    status: 200,
    body: JSON.stringify({ _rid: rid, [name]: resources, _count: resources.length }),
    charge: METADATA_CHARGE,
  };
}

/** The throughput that a create request asks for; autoscale counts with its maximum. */
function throughputOf(request: Request): number | null {
  const manual = header(request, 'x-ms-offer-throughput');
  if (manual !== undefined) return Number(manual);
  const autoscale = header(request, 'x-ms-cosmos-offer-autopilot-settings');
  return autoscale === undefined ? null : Number((JSON.parse(autoscale) as { maxThroughput: number }).maxThroughput);
}

/** The account document; it names the endpoint that the client already used, so that discovery stays on it. */
export function accountReply(endpoint: string, consistency: 'Strong' | 'Session'): Reply {
  const location = { name: 'Local', databaseAccountEndpoint: `${endpoint}/` };
  const account = {
    _self: '',
    id: 'local',
    _rid: 'local',
    media: '//media/',
    addresses: '//addresses/',
    _dbs: '//dbs/',
    writableLocations: [location],
    readableLocations: [location],
    enableMultipleWriteLocations: false,
    userReplicationPolicy: { asyncReplication: false, minReplicaSetSize: 1, maxReplicasetSize: 4 },
    userConsistencyPolicy: { defaultConsistencyLevel: consistency },
    systemReplicationPolicy: { minReplicaSetSize: 1, maxReplicasetSize: 4 },
    readPolicy: { primaryReadCoefficient: 1, secondaryReadCoefficient: 1 },
    queryEngineConfiguration: '{}',
  };
  return { status: 200, body: JSON.stringify(account), charge: 0 };
}

/** `/dbs` and `/dbs/{id}` */
export function databaseRoute(catalog: Catalog, request: Request): Reply {
  const id = request.segments[1];
  if (isHeaderTrue(request, 'x-ms-documentdb-isquery')) throw unsupported('A query over databases');
  if (id === undefined && request.method === 'POST') {
    return resourceReply(
      201,
      catalog.createDatabase(checkResourceId(jsonBody(request)), throughputOf(request)).resource,
    );
  }
  if (id === undefined && request.method === 'GET') {
    return listReply(
      '',
      'Databases',
      catalog.databases().map((entry) => entry.resource),
    );
  }
  if (id !== undefined && request.method === 'GET') return resourceReply(200, catalog.findDatabase(id).resource);
  if (id !== undefined && request.method === 'DELETE') {
    catalog.deleteDatabase(id);
    return NO_CONTENT;
  }
  throw unsupported(`${request.method} on a database`);
}

/** `/dbs/{id}/colls` and `/dbs/{id}/colls/{id}` */
export function containerRoute(catalog: Catalog, request: Request): Reply {
  const [, databaseId = '', , id] = request.segments;
  const owner = catalog.findDatabase(databaseId);
  if (isHeaderTrue(request, 'x-ms-documentdb-isquery')) throw unsupported('A query over containers');
  if (id === undefined && request.method === 'POST') {
    return resourceReply(201, catalog.createContainer(owner, jsonBody(request), throughputOf(request)).resource);
  }
  if (id === undefined && request.method === 'GET') {
    return listReply(
      owner.rid,
      'DocumentCollections',
      [...owner.containers.values()].map((entry) => entry.resource),
    );
  }
  if (id !== undefined && request.method === 'GET')
    return resourceReply(200, catalog.findContainer(databaseId, id).resource);
  if (id !== undefined && request.method === 'PUT') {
    return resourceReply(200, catalog.replaceContainer(owner, id, jsonBody(request)).resource);
  }
  if (id !== undefined && request.method === 'DELETE') {
    catalog.deleteContainer(owner, id);
    return NO_CONTENT;
  }
  throw unsupported(`${request.method} on a container`);
}

/** `/dbs/{id}/colls/{id}/pkranges` */
export function partitionKeyRangesRoute(catalog: Catalog, container: ContainerEntry, request: Request): Reply {
  const etag = `"${container.rid}-0"`;
  if (header(request, 'if-none-match') === etag) return { status: 304, charge: METADATA_CHARGE, headers: { etag } };
  const ranges = physicalRanges(catalog.partitionCount).map(({ min, max }, index, { length }) => ({
    id: String(index),
    minInclusive: min,
    maxExclusive: max,
    ridPrefix: index,
    throughputFraction: 1 / length,
    status: 'online',
    parents: [],
    _rid: `${container.rid}-${index}`,
    _self: `${String(container.resource['_self'])}pkranges/${index}/`,
    _etag: etag,
    _ts: container.resource['_ts'],
  }));
  const body = JSON.stringify({ _rid: container.rid, PartitionKeyRanges: ranges, _count: ranges.length });
  return { status: 200, body, charge: METADATA_CHARGE, headers: { etag } };
}

function offerOf(entry: ContainerEntry | DatabaseEntry): { readonly [key: string]: unknown } | undefined {
  if (entry.throughput === null) return undefined;
  return {
    id: offerId(entry.rid),
    _rid: entry.rid,
    _self: `offers/${offerId(entry.rid)}/`,
    _etag: entry.resource['_etag'],
    _ts: entry.resource['_ts'],
    offerVersion: 'V2',
    offerType: 'Invalid',
    resource: entry.resource['_self'],
    offerResourceId: entry.rid,
    content: { offerThroughput: entry.throughput },
  };
}

/** The throughput that a client puts into an offer. @throws CosmosError 400 for what the service does not sell. */
function offeredThroughput(offer: Json): number {
  const content = ownProperty(offer, 'content');
  const throughput = ownProperty(content, 'offerThroughput');
  if (typeof throughput !== 'number' || !Number.isInteger(throughput / 100) || throughput < 400) {
    throw badRequest('The offer throughput must be at least 400 and a multiple of 100.');
  }
  return throughput;
}

/** `/offers/{rid}` */
function offerRoute(catalog: Catalog, request: Request): Reply {
  const owner = catalog.findOffered(request.segments[1] ?? '');
  if (request.method === 'PUT') catalog.setThroughput(owner, offeredThroughput(jsonBody(request)));
  else if (request.method !== 'GET') throw unsupported(`${request.method} on an offer`);
  return resourceReply(200, offerOf(owner) ?? {});
}

/** `/offers`: the throughput of databases and containers, as the SDK asks for it. */
export function offersRoute(catalog: Catalog, request: Request): Reply {
  if (request.segments.length > 1) return offerRoute(catalog, request);
  const offers = catalog
    .throughputOwners()
    .map(offerOf)
    .filter((offer) => offer !== undefined);
  if (request.method === 'GET') return listReply('', 'Offers', offers);
  const query = (jsonBody(request) as { query?: unknown }).query;
  const resource = /^SELECT \* from root where root\.resource = "([^"]+)"$/.exec(String(query))?.[1];
  if (resource === undefined) throw badRequest('Offers can only be queried by their resource.');
  return listReply(
    '',
    'Offers',
    offers.filter((offer) => offer['resource'] === resource),
  );
}
