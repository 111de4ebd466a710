import { badRequest, unsupported } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject, ownProperty } from '../json.ts';
import { parseDefinition, splitPath } from '../partition-key.ts';
import { indexingPolicyOf } from './indexing-policy.ts';

/** What a client may say about a container, checked. */
export interface ContainerDefinition {
  readonly id: string;
  readonly value: JsonObject;
}

const DEFAULT_INDEXING_POLICY = {
  indexingMode: 'consistent',
  automatic: true,
  includedPaths: [{ path: '/*' }],
  excludedPaths: [{ path: '/"_etag"/?' }],
};

/** Settings that change what the service answers and that this server does not have. */
const UNSUPPORTED_SETTINGS = ['clientEncryptionPolicy', 'vectorEmbeddingPolicy', 'fullTextPolicy', 'changeFeedPolicy'];

/** Checks the id of a database or container. @throws CosmosError 400 */
export function checkResourceId(value: Json | undefined): string {
  const id = ownProperty(value, 'id');
  if (typeof id !== 'string' || id === '' || id.length > 255 || /[/\\?#]/.test(id) || id.endsWith(' ')) {
    throw badRequest(
      "The id must be a string of 1 to 255 characters without '/', '\\', '?', '#' or a space at its end.",
    );
  }
  return id;
}

/** Checks a container's definition. @throws CosmosError 400 */
export function parseContainer(value: Json): ContainerDefinition {
  const id = checkResourceId(value);
  if (!isJsonObject(value)) throw badRequest('The container must be a JSON object.');
  for (const name of UNSUPPORTED_SETTINGS) {
    if (value[name] !== undefined && value[name] !== null) throw unsupported(`The container setting '${name}'`);
  }
  parseDefinition(value['partitionKey']);
  const ttl = value['defaultTtl'];
  if (
    ttl !== undefined &&
    ttl !== null &&
    (typeof ttl !== 'number' || !Number.isInteger(ttl) || ttl === 0 || ttl < -1)
  ) {
    throw badRequest('The defaultTtl must be -1 or a positive integer of seconds.');
  }
  uniqueKeysOf(value);
  indexingPolicyOf(value);
  return { id, value };
}

/** Adds the service's defaults and drops what a client must not set. */
export function completeContainer(definition: ContainerDefinition): JsonObject {
  const { value, id } = definition;
  const partitionKey = value['partitionKey'] as JsonObject;
  const complete: JsonObject = {
    id,
    indexingPolicy: { ...DEFAULT_INDEXING_POLICY, ...(value['indexingPolicy'] as JsonObject | undefined) },
    partitionKey: {
      paths: partitionKey['paths'],
      kind: partitionKey['kind'] ?? 'Hash',
      version: partitionKey['version'] ?? 2,
    },
    uniqueKeyPolicy: value['uniqueKeyPolicy'] ?? { uniqueKeys: [] },
    conflictResolutionPolicy: value['conflictResolutionPolicy'] ?? {
      mode: 'LastWriterWins',
      conflictResolutionPath: '/_ts',
      conflictResolutionProcedure: '',
    },
    geospatialConfig: value['geospatialConfig'] ?? { type: 'Geography' },
  };
  if (typeof value['defaultTtl'] === 'number') complete['defaultTtl'] = value['defaultTtl'];
  return complete;
}

/** The unique keys of a container: each a list of paths, split into property names. @throws CosmosError 400 */
export function uniqueKeysOf(container: JsonObject): string[][][] {
  const keys = ownProperty(container['uniqueKeyPolicy'], 'uniqueKeys');
  if (keys === undefined || keys === null) return [];
  if (!Array.isArray(keys)) throw badRequest('uniqueKeyPolicy.uniqueKeys must be an array.');
  return keys.map((key) => {
    const paths = ownProperty(key, 'paths');
    if (!Array.isArray(paths) || paths.length === 0) throw badRequest('A unique key needs at least one path.');
    return paths.map((path) => splitPath(String(path)));
  });
}
