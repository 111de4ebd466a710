import { z } from 'zod';
import * as apiKeys from '../../../../shared/contracts/api-keys.ts';
import * as connections from '../../../../shared/contracts/connections.ts';
import { listIntegrationHealth } from '../../../../shared/contracts/integration-health.ts';
import * as integrations from '../../../../shared/contracts/integrations.ts';
import * as merges from '../../../../shared/contracts/merges.ts';
import type { ProblemDocument } from '../../../../shared/contracts/problem.ts';
import type { Role } from '../../../../shared/contracts/route.ts';
import * as shards from '../../../../shared/contracts/shards.ts';
import * as tasks from '../../../../shared/contracts/tasks.ts';
import type { Adapter, Credential } from '../../../../shared/core/adapter.ts';
import { endpoint } from '../../../../shared/core/endpoint.ts';
import { findEntry } from '../../../../shared/core/find-entry.ts';
import type { Deps } from '../../../../shared/core/ports.ts';
import { answerRequest } from '../../../../shared/use-cases/answer-request.ts';
import { connectWithKey } from '../../../../shared/use-cases/connect-with-key.ts';
import { createApiKey } from '../../../../shared/use-cases/create-api-key.ts';
import { createIntegration } from '../../../../shared/use-cases/create-integration.ts';
import { createTask } from '../../../../shared/use-cases/create-task.ts';
import { deleteIntegration } from '../../../../shared/use-cases/delete-integration.ts';
import { deleteTask } from '../../../../shared/use-cases/delete-task.ts';
import { disconnect } from '../../../../shared/use-cases/disconnect.ts';
import { createShard } from '../../../../shared/use-cases/edit-shards/create-shard.ts';
import { deleteShard } from '../../../../shared/use-cases/edit-shards/delete-shard.ts';
import { updateShard } from '../../../../shared/use-cases/edit-shards/update-shard.ts';
import { getIntegration } from '../../../../shared/use-cases/get-integration.ts';
import { getShard } from '../../../../shared/use-cases/get-shard.ts';
import { listApiKeys } from '../../../../shared/use-cases/list-api-keys.ts';
import { listIntegrationHealth as listHealth } from '../../../../shared/use-cases/list-integration-health.ts';
import { listIntegrations } from '../../../../shared/use-cases/list-integrations.ts';
import { listShards } from '../../../../shared/use-cases/list-shards.ts';
import { listMerges } from '../../../../shared/use-cases/merge-shards/list-merges.ts';
import { undoMerge } from '../../../../shared/use-cases/merge-shards/undo-merge.ts';
import { revokeApiKey } from '../../../../shared/use-cases/revoke-api-key.ts';
import { testConnection } from '../../../../shared/use-cases/test-connection.ts';
import { updateIntegration } from '../../../../shared/use-cases/update-integration.ts';
import { updateTask } from '../../../../shared/use-cases/update-task.ts';
import { createMemoryDeps, type MemoryDeps } from '../../../kit/memory-ports.ts';

/** The desk in the us has no people. */
const deskSettings = z.strictObject({ region: z.enum(['eu', 'us']), pageSize: z.int().default(50) });

/** A provider whose `check` does what the test says. */
class DeskProvider {
  readonly seen: Credential[] = [];
  onCheck: (credential: Credential) => void | Promise<void> = () => undefined;

  readonly adapter: Adapter = {
    id: 'desk',
    label: 'Desk',
    description: 'A provider for tests',
    settings: deskSettings,
    auth: ['api-key', 'basic', 'none'],
    requestsPerMinute: 100,
    baseUrl: () => 'https://desk.example',
    authorisation: () => ({ kind: 'none' }),
    objects: (settings) =>
      deskSettings.parse(settings).region === 'us' ? [] : [{ name: 'people', incremental: true, maxPageSize: 1000 }],
    check: async () => {
      const credential = this.seen.at(-1);
      if (credential !== undefined) await this.onCheck(credential);
    },
  };
}

const endpoints = [
  endpoint(integrations.listIntegrations, listIntegrations),
  endpoint(integrations.createIntegration, createIntegration),
  endpoint(integrations.getIntegration, getIntegration),
  endpoint(integrations.updateIntegration, updateIntegration),
  endpoint(integrations.deleteIntegration, deleteIntegration),
  endpoint(connections.connectWithKey, connectWithKey),
  endpoint(connections.disconnect, disconnect),
  endpoint(connections.testConnection, testConnection),
  endpoint(tasks.createTask, createTask),
  endpoint(tasks.updateTask, updateTask),
  endpoint(tasks.deleteTask, deleteTask),
  endpoint(shards.listShards, listShards),
  endpoint(shards.createShard, createShard),
  endpoint(shards.getShard, getShard),
  endpoint(shards.updateShard, updateShard),
  endpoint(shards.deleteShard, deleteShard),
  endpoint(merges.listMerges, listMerges),
  endpoint(merges.undoMerge, undoMerge),
  endpoint(listIntegrationHealth, listHealth),
  endpoint(apiKeys.listApiKeys, listApiKeys),
  endpoint(apiKeys.createApiKey, createApiKey),
  endpoint(apiKeys.revokeApiKey, revokeApiKey),
];

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tenant?: string;
  readonly role?: Role;
}

export interface CallResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed body; a test asks for what it expects. */
  readonly body: Record<string, unknown> & Partial<ProblemDocument>;
}

/** The API on stores in memory: the whole road of a request but for the host. */
export class MemoryApi {
  readonly desk = new DeskProvider();
  readonly deps: MemoryDeps;
  /** What requests are answered with; a test may put something between. */
  given: Deps;
  readonly #tokens = new Map<string, string>();
  #requests = 0;

  constructor() {
    this.deps = createMemoryDeps({
      adapters: [this.desk.adapter],
      openCall: ({ settings, credential }) => {
        this.desk.seen.push(credential);
        return { settings, http: () => Promise.reject(new Error('not called')) };
      },
    });
    this.given = this.deps;
  }

  token(tenant: string, role: Role): string {
    const key = `${tenant} ${role}`;
    const token =
      this.#tokens.get(key) ?? this.deps.tokens.issue({ tenantId: tenant, subject: `user of ${tenant}`, role });
    this.#tokens.set(key, token);
    return token;
  }

  async call(method: string, target: string, options: CallOptions = {}): Promise<CallResult> {
    const [path = '', search = ''] = target.split('?');
    const found = findEntry(
      endpoints.map((served) => ({ ...served.route, served })),
      method,
      path,
    );
    if (found.kind !== 'found') throw new Error(`No endpoint ${method} ${path}`);
    const headers: Record<string, string> = {
      authorization: `Bearer ${this.token(options.tenant ?? 'demo', options.role ?? 'admin')}`,
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    };
    this.#requests += 1;
    const answer = await answerRequest(
      async () => this.given,
      found.entry.served,
      {
        requestId: `req_${this.#requests}`,
        path: `/api/${path}`,
        search,
        params: found.params,
        header: (name) => (headers[name] === '' ? undefined : headers[name]),
        readBody: async () => new TextEncoder().encode(options.body === undefined ? '' : JSON.stringify(options.body)),
      },
      (message) => {
        throw new Error(message);
      },
    );
    return {
      status: answer.status,
      headers: answer.headers,
      body: answer.body === undefined ? {} : (JSON.parse(answer.body) as CallResult['body']),
    };
  }

  /** A new integration; its id. */
  async integration(options: Pick<CallOptions, 'tenant'> = {}): Promise<string> {
    const body = { provider: 'desk', name: 'Desk', settings: { region: 'eu' } };
    return String((await this.call('POST', 'tenant/integrations', { ...options, body })).body['id']);
  }

  /** A new task of it; its id. */
  async task(integrationId: string, body: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const result = await this.call('POST', `tenant/integrations/${integrationId}/tasks`, {
      body: { ...taskBody, ...body },
    });
    return String(result.body['id']);
  }
}

export const taskBody = {
  name: 'People',
  objects: [{ object: 'people', shardTypeId: 'contact', fields: [{ to: 'name', from: 'name' }] }],
};
