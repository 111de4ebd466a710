import { createApiKey, listApiKeys, revokeApiKey } from './api-keys.ts';
import { connectWithKey, disconnect, getConnection, testConnection } from './connections.ts';
import { listEvents } from './events.ts';
import { listExecutionLogs, listFailedRecords, retryFailedRecord } from './execution-details.ts';
import {
  cancelExecution,
  followExecution,
  getExecution,
  listExecutions,
  listTenantExecutions,
  pauseExecution,
  resumeExecution,
  retryExecution,
  runTask,
} from './executions.ts';
import { live, ready } from './health.ts';
import { listIntegrationHealth } from './integration-health.ts';
import {
  createIntegration,
  deleteIntegration,
  getIntegration,
  listCatalog,
  listIntegrations,
  updateIntegration,
} from './integrations.ts';
import {
  createMatchRules,
  deleteMatchRules,
  dryRunMatchRules,
  getMatchRules,
  listMatchRules,
  listMatchRuleVersions,
  updateMatchRules,
} from './match-rules.ts';
import {
  acceptMergeCandidate,
  getMerge,
  getMergeCandidate,
  listMergeCandidates,
  listMerges,
  mergeShard,
  rejectMergeCandidate,
  undoMerge,
} from './merges.ts';
import type { Route } from './route.ts';
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
  listTasks,
  createTask,
  getTask,
  updateTask,
  deleteTask,
  runTask,
  listExecutions,
  listTenantExecutions,
  getExecution,
  followExecution,
  cancelExecution,
  pauseExecution,
  resumeExecution,
  retryExecution,
  listExecutionLogs,
  listFailedRecords,
  retryFailedRecord,
  listShards,
  getShard,
  mergeShard,
  listMatchRules,
  createMatchRules,
  getMatchRules,
  updateMatchRules,
  deleteMatchRules,
  listMatchRuleVersions,
  dryRunMatchRules,
  listMergeCandidates,
  getMergeCandidate,
  acceptMergeCandidate,
  rejectMergeCandidate,
  listMerges,
  getMerge,
  undoMerge,
  listEvents,
  listApiKeys,
  createApiKey,
  revokeApiKey,
  listIntegrationHealth,
  live,
  ready,
];
