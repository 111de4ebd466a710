import { randomBytes } from 'node:crypto';
import type { IdKind } from '../../shared/contracts/identifiers.ts';
import { defaultHoldThresholds } from '../../shared/contracts/tasks.ts';
import type { ApiKeyDocument, AuditDocument, IdempotencyDocument } from '../../shared/core/documents/access.ts';
import type { PlannedObject } from '../../shared/core/documents/conversion.ts';
import type { HealthDueDocument, TaskDueDocument } from '../../shared/core/documents/due.ts';
import type { EventDocument } from '../../shared/core/documents/event.ts';
import type { ExecutionDocument, PageDocument } from '../../shared/core/documents/execution.ts';
import type { FailedRecordDocument, LogDocument } from '../../shared/core/documents/execution-details.ts';
import type { IntegrationDocument } from '../../shared/core/documents/integration.ts';
import { healthIdOf, type IntegrationHealthDocument } from '../../shared/core/documents/integration-health.ts';
import type { LeaseDocument } from '../../shared/core/documents/lease.ts';
import type { LinkDocument } from '../../shared/core/documents/link.ts';
import type { ShardDocument } from '../../shared/core/documents/shard.ts';
import type { TaskDocument } from '../../shared/core/documents/task.ts';
import type { TenantSlotsDocument } from '../../shared/core/documents/tenant-slots.ts';
import { dueKey, healthDueKey } from '../../shared/core/due.ts';
import { composeId } from '../../shared/core/ids.ts';

const at = '2030-01-01T00:00:00.000Z';
const noCounts = { received: 0, created: 0, updated: 0, unchanged: 0, conflicted: 0, skipped: 0, failed: 0 };
const mapping = {
  object: 'companies',
  shardTypeId: 'company',
  fields: [{ to: 'name', from: 'name', transforms: [], required: true }],
};

/** A valid id that no other test has. */
export function sampleId(kind: IdKind): string {
  return composeId(kind, Date.parse(at), randomBytes(10));
}

/** A tenant that no other test has. */
export function sampleTenant(): string {
  return `t-${randomBytes(6).toString('hex')}`;
}

/** The mapping as a run has it. */
export const samplePlanned: PlannedObject = {
  object: mapping.object,
  mappingVersion: 'sample',
  targets: [{ shardTypeId: mapping.shardTypeId, fields: mapping.fields, reverse: [], partial: false }],
  shardTypes: {},
};

export function sampleIntegration(tenantId: string, change: Partial<IntegrationDocument> = {}): IntegrationDocument {
  return {
    id: sampleId('integration'),
    tenantId,
    kind: 'integration',
    schemaVersion: 1,
    provider: 'custom-rest',
    name: 'CRM',
    settings: { baseUrl: 'https://crm.example' },
    enabled: true,
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}

export function sampleIntegrationHealth(
  tenantId: string,
  change: Partial<IntegrationHealthDocument> = {},
): IntegrationHealthDocument {
  const integrationId = change.integrationId ?? sampleId('integration');
  return {
    id: healthIdOf(integrationId),
    tenantId,
    kind: 'integration-health',
    schemaVersion: 1,
    integrationId,
    health: 'healthy',
    since: at,
    reasons: [],
    checkedAt: at,
    ...change,
  };
}

export function sampleTask(tenantId: string, change: Partial<TaskDocument> = {}): TaskDocument {
  return {
    id: sampleId('task'),
    tenantId,
    kind: 'task',
    schemaVersion: 1,
    integrationId: sampleId('integration'),
    name: 'Companies',
    direction: 'pull',
    creates: true,
    conflicts: { policy: 'manual', fields: {}, remindAfterMinutes: 1440, onDeadline: 'internal_wins' },
    mode: 'incremental',
    objects: [mapping],
    schedule: { kind: 'manual' },
    enabled: true,
    pageSize: 500,
    lookBackSeconds: 120,
    bulk: 'auto',
    deletions: 'ignore',
    holds: defaultHoldThresholds,
    watermarks: {},
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}

export function sampleApiKey(tenantId: string, change: Partial<ApiKeyDocument> = {}): ApiKeyDocument {
  return {
    id: sampleId('apiKey'),
    tenantId,
    kind: 'api-key',
    schemaVersion: 1,
    name: 'A key',
    role: 'viewer',
    secretHash: 'c0ffee',
    createdAt: at,
    expiresAt: '2031-01-01T00:00:00.000Z',
    ...change,
  };
}

export function sampleExecution(tenantId: string, change: Partial<ExecutionDocument> = {}): ExecutionDocument {
  const id = change.id ?? sampleId('execution');
  return {
    id,
    executionId: id,
    tenantId,
    kind: 'execution',
    schemaVersion: 1,
    integrationId: sampleId('integration'),
    taskId: sampleId('task'),
    state: 'running',
    mode: 'full',
    trigger: 'manual',
    plan: { objects: [samplePlanned], pageSize: 500, deletions: 'ignore', since: {} },
    checkpoint: { objectIndex: 0, restarted: false },
    progress: {},
    watermarks: {},
    counts: noCounts,
    pages: 0,
    fence: 1,
    attempt: 0,
    revivals: 0,
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}

export function samplePage(tenantId: string, change: Partial<PageDocument> = {}): PageDocument {
  const page = change.page ?? 0;
  return {
    id: `page-${String(page).padStart(8, '0')}`,
    executionId: sampleId('execution'),
    tenantId,
    kind: 'page',
    schemaVersion: 1,
    page,
    object: 'companies',
    state: 'applying',
    fence: 1,
    linkIds: ['a', 'b'],
    counts: noCounts,
    at,
    ...change,
  };
}

export function sampleLogEntry(tenantId: string, change: Partial<LogDocument> = {}): LogDocument {
  const executionId = change.executionId ?? sampleId('execution');
  return {
    id: sampleId('log'),
    executionId,
    runId: executionId,
    tenantId,
    kind: 'log',
    schemaVersion: 1,
    at,
    level: 'info',
    event: 'state-changed',
    message: 'The run is queued.',
    actor: { kind: 'system', id: 'test' },
    ...change,
  };
}

export function sampleFailedRecord(tenantId: string, change: Partial<FailedRecordDocument> = {}): FailedRecordDocument {
  return {
    id: `fr_${randomBytes(16).toString('base64url')}`,
    executionId: sampleId('execution'),
    tenantId,
    kind: 'failed-record',
    schemaVersion: 1,
    state: 'failed',
    object: 'companies',
    shardTypeId: 'company',
    externalId: '1',
    reason: 'Required field "name" is missing or empty.',
    page: 0,
    record: { city: 'Celje' },
    seen: { fence: 1, page: 0 },
    at,
    ...change,
  };
}

export function sampleShard(tenantId: string, change: Partial<ShardDocument> = {}): ShardDocument {
  return {
    id: sampleId('shard'),
    tenantId,
    schemaVersion: 1,
    shardTypeId: 'company',
    status: 'active',
    revision: 1,
    data: { name: 'Žito d.o.o.', address: { city: 'Ljubljana' }, value: 'Reserved' },
    text: 'žito d.o.o. ljubljana',
    sources: {},
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}

export function sampleLink(tenantId: string, change: Partial<LinkDocument> = {}): LinkDocument {
  return {
    id: randomBytes(16).toString('hex'),
    tenantId,
    schemaVersion: 1,
    integrationId: 'int_00000000000000000000000000',
    object: 'companies',
    externalId: '1',
    shardTypeId: 'company',
    shardId: sampleId('shard'),
    state: 'pending',
    observed: { fence: 1, page: 0 },
    ...change,
  };
}

export function sampleLease(tenantId: string, change: Partial<LeaseDocument> = {}): LeaseDocument {
  return { id: sampleId('task'), tenantId, schemaVersion: 1, fence: 1, expiresAt: at, ...change };
}

export function sampleTenantSlots(tenantId: string, change: Partial<TenantSlotsDocument> = {}): TenantSlotsDocument {
  const held = [{ holder: sampleId('message'), expiresAt: at }];
  return { id: `slots-${sampleId('message')}`, tenantId, kind: 'slots', schemaVersion: 1, held, ...change };
}

export function sampleAudit(tenantId: string, change: Partial<AuditDocument> = {}): AuditDocument {
  return {
    id: sampleId('audit'),
    tenantId,
    month: '2030-01',
    schemaVersion: 1,
    at,
    actor: { kind: 'user', id: 'ana' },
    action: 'integration.create',
    subject: 'int_1',
    outcome: 'ok',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    ...change,
  };
}

export function sampleEvent(tenantId: string, change: Partial<EventDocument> = {}): EventDocument {
  return {
    id: sampleId('event'),
    tenantId,
    schemaVersion: 1,
    type: 'sync.completed',
    at,
    subject: sampleId('execution'),
    data: { integrationId: sampleId('integration') },
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    ...change,
  };
}

export function sampleIdempotency(tenantId: string, change: Partial<IdempotencyDocument> = {}): IdempotencyDocument {
  return {
    id: randomBytes(16).toString('hex'),
    tenantId,
    kind: 'idempotency',
    schemaVersion: 1,
    requestHash: 'beef',
    seed: '1893456000000',
    state: 'started',
    startedAt: at,
    ttl: 86_400,
    ...change,
  };
}

export function sampleDue(tenantId: string, change: Partial<TaskDueDocument> = {}): TaskDueDocument {
  const taskId = change.taskId ?? sampleId('task');
  const kind = change.kind ?? 'schedule';
  return {
    ...dueKey(kind, tenantId, taskId),
    schemaVersion: 1,
    kind,
    tenantId,
    integrationId: 'int_00000000000000000000000000',
    taskId,
    dueAt: at,
    ...change,
  };
}

export function sampleHealthDue(tenantId: string, change: Partial<HealthDueDocument> = {}): HealthDueDocument {
  const integrationId = change.integrationId ?? sampleId('integration');
  return {
    ...healthDueKey(tenantId, integrationId),
    schemaVersion: 1,
    kind: 'health',
    tenantId,
    integrationId,
    dueAt: at,
    ...change,
  };
}
