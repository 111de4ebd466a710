import { createApiKey, listApiKeys, revokeApiKey } from './api-keys.ts';
import { connectWithKey, disconnect, getConnection, testConnection } from './connections.ts';
import {
  createConversionSchema,
  createConversionSchemaVersion,
  deleteConversionSchema,
  dryRunConversionSchema,
  getConversionSchema,
  getConversionSchemaVersion,
  listConversionSchemas,
  listConversionSchemaVersions,
  publishConversionSchema,
  rollBackConversionSchema,
  suggestMapping,
  testConversionSchema,
  updateConversionSchema,
} from './conversion-schemas.ts';
import { getExecution, listExecutions, runTask } from './executions.ts';
import { live, ready } from './health.ts';
import {
  createIntegration,
  deleteIntegration,
  getIntegration,
  listCatalog,
  listIntegrations,
  updateIntegration,
} from './integrations.ts';
import type { Route } from './route.ts';
import {
  checkShardType,
  createShardType,
  deleteShardType,
  getShardType,
  listShardTypes,
  listShardTypeVersions,
  updateShardType,
} from './shard-types.ts';
import { getShard, listShards } from './shards.ts';
import { createTask, deleteTask, getTask, listTasks, updateTask } from './tasks.ts';

/** Every operation of the API, in the order in which the OpenAPI document shows them. */
export const routes: readonly Route[] = [
  listCatalog,
  listIntegrations,
  createIntegration,
  getIntegration,
  updateIntegration,
  deleteIntegration,
  connectWithKey,
  disconnect,
  getConnection,
  testConnection,
  listConversionSchemas,
  createConversionSchema,
  getConversionSchema,
  updateConversionSchema,
  deleteConversionSchema,
  listConversionSchemaVersions,
  createConversionSchemaVersion,
  getConversionSchemaVersion,
  publishConversionSchema,
  rollBackConversionSchema,
  testConversionSchema,
  dryRunConversionSchema,
  suggestMapping,
  listTasks,
  createTask,
  getTask,
  updateTask,
  deleteTask,
  runTask,
  listExecutions,
  getExecution,
  listShards,
  getShard,
  listShardTypes,
  createShardType,
  getShardType,
  updateShardType,
  deleteShardType,
  listShardTypeVersions,
  checkShardType,
  listApiKeys,
  createApiKey,
  revokeApiKey,
  live,
  ready,
];
