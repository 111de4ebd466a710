import { z } from 'zod';
import { counts } from './executions.ts';
import {
  conversionSchemaId,
  executionId,
  instant,
  integrationId,
  shardId,
  shardTypeId,
  subscriptionId,
  taskId,
  text,
} from './identifiers.ts';
import { health } from './integration-health.ts';

/** An id or a name as the product that publishes the event knows it. */
const foreign = text(200);

const runEnd = {
  integrationId,
  taskId,
  mode: z.enum(['full', 'incremental']),
  trigger: z.string().describe('What started the run'),
  counts,
  problem: z.string().optional().describe('Why it failed or is partial, in words'),
};

const shardChange = {
  shardId,
  shardTypeId,
  revision: z.int(),
  integrationIds: z.array(integrationId).describe('The integrations that feed the shard'),
};

const conflict = {
  integrationId,
  conflictId: z.string(),
  object: z.string(),
  shardId,
  shardTypeId,
  kind: z
    .enum(['fields', 'deletion'])
    .describe('`deletion`: the record was deleted on one side and edited on the other'),
  fields: z.array(z.string()).describe('Their names, at most fifty'),
};

const waitingConflict = {
  ...conflict,
  openedAt: instant,
  deadlineAt: instant.optional().describe('When it is decided without a person'),
};

const link = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .optional()
  .describe('Where a person can look at it');

/**
 * What each type of event tells, by version. `product`: published through the API by the product that embeds this one; `system`: told by this
 * one. A version is never changed once it was published: what is to be told otherwise is a new one.
 */
export const eventDefinitions = {
  'project.shared': {
    description: 'A project was shared with people',
    source: 'product',
    current: 1,
    versions: {
      1: z.strictObject({
        projectId: foreign,
        projectName: text(500).optional(),
        sharedBy: foreign,
        sharedWith: z.array(foreign).min(1).max(100),
        role: text(100).optional(),
        url: link,
      }),
    },
  },
  'collaborator.added': {
    description: 'Somebody joined a project',
    source: 'product',
    current: 1,
    versions: {
      1: z.strictObject({
        projectId: foreign,
        projectName: text(500).optional(),
        collaborator: z.strictObject({ id: foreign, name: text(500).optional(), email: text(320).optional() }),
        addedBy: foreign,
        role: text(100).optional(),
        url: link,
      }),
    },
  },
  'recommendation.ready': {
    description: 'A recommendation can be looked at',
    source: 'product',
    current: 1,
    versions: {
      1: z.strictObject({
        recommendationId: foreign,
        title: text(500),
        summary: text(4000).optional(),
        projectId: foreign.optional(),
        integrationId: integrationId.optional(),
        url: link,
      }),
    },
  },
  'activity.alert': {
    description: 'Something happened that people should look at',
    source: 'product',
    current: 1,
    versions: {
      1: z.strictObject({
        severity: z.enum(['info', 'warning', 'critical']),
        title: text(500),
        message: text(4000).optional(),
        projectId: foreign.optional(),
        integrationId: integrationId.optional(),
        url: link,
      }),
    },
  },
  'shard.created': {
    description: 'A shard came to be',
    source: 'system',
    current: 1,
    versions: { 1: z.strictObject(shardChange) },
  },
  'shard.updated': {
    description: 'The data or the status of a shard changed; quick changes are told as one',
    source: 'system',
    current: 1,
    versions: {
      1: z.strictObject({
        ...shardChange,
        status: z.enum(['active', 'deleted', 'archived', 'merged']),
        mergedInto: shardId.optional().describe('The shard that it is now'),
      }),
    },
  },
  'sync.completed': {
    description: 'A run ended; `partial` when some objects or records were left',
    source: 'system',
    current: 1,
    versions: { 1: z.strictObject({ ...runEnd, state: z.enum(['succeeded', 'partial']) }) },
  },
  'sync.failed': {
    description: 'A run failed',
    source: 'system',
    current: 1,
    versions: { 1: z.strictObject({ ...runEnd, state: z.literal('failed') }) },
  },
  'conflict.detected': {
    description: 'Both sides changed the same fields to different values, and a person has to decide',
    source: 'system',
    current: 1,
    versions: { 1: z.strictObject(conflict) },
  },
  'conflict.reminder': {
    description: 'A conflict still waits for a person',
    source: 'system',
    current: 1,
    versions: { 1: z.strictObject({ ...waitingConflict, number: z.int().describe('Counts its reminders') }) },
  },
  'conflict.escalated': {
    description: 'A conflict has waited for too long',
    source: 'system',
    current: 1,
    versions: { 1: z.strictObject(waitingConflict) },
  },
  'conflict.resolved': {
    description: 'A conflict is over: it was decided, its deadline decided, or it went away by itself',
    source: 'system',
    current: 1,
    versions: {
      1: z.strictObject({
        ...conflict,
        state: z.enum(['resolved', 'expired', 'settled']),
        by: z.enum(['person', 'resolution', 'deadline']).optional(),
      }),
    },
  },
  'hold.raised': {
    description: 'An action was stopped until a person approves it',
    source: 'system',
    current: 1,
    versions: {
      1: z.strictObject({
        integrationId,
        holdId: z.string(),
        taskId: taskId.optional(),
        executionId: executionId.optional(),
        conversionSchemaId: conversionSchemaId.optional(),
        reason: z.string(),
        affected: z.int().optional().describe('How many records it is about'),
      }),
    },
  },
  'integration.error': {
    description: 'The health of an integration changed; also told when it is good again',
    source: 'system',
    current: 1,
    versions: {
      1: z.strictObject({
        integrationId,
        health,
        reasons: z.array(z.strictObject({ code: z.string(), message: z.string() })),
      }),
    },
  },
  'connection.expiring': {
    description: 'The credential of a connection ends soon',
    source: 'system',
    current: 1,
    versions: { 1: z.strictObject({ integrationId, expiresAt: instant }) },
  },
  'subscription.disabled': {
    description: 'A subscription was disabled, because its receiver asked for it or failed for too long',
    source: 'system',
    current: 1,
    versions: {
      1: z.strictObject({
        subscriptionId,
        url: z.string().describe('Where it was posted to, without the query'),
        reason: z.enum(['gone', 'failing']),
        detail: z.string().describe('In words, for people'),
      }),
    },
  },
  'subscription.test': {
    description: 'A test of a subscription; it is sent to that one only and not kept among the events',
    source: 'system',
    current: 1,
    versions: { 1: z.strictObject({ subscriptionId, message: z.string() }) },
  },
} as const;

type Definitions = typeof eventDefinitions;

/** What the product can tell: a closed list. */
export const eventTypes = Object.keys(eventDefinitions) as [EventType, ...EventType[]];

export type EventType = keyof Definitions;

/** What an event of a type tells, in its current version. */
export type EventData<T extends EventType> = z.input<Definitions[T]['versions'][Definitions[T]['current']]>;

/** The envelope in which an event travels to subscribers, and what it tells. */
const messageOf = (type: EventType, version: number, data: z.ZodType) =>
  z.strictObject({
    id: z.string().describe('The same in every repeat: what was seen before can be left'),
    type: z.literal(type),
    version: z.literal(version),
    timestamp: instant.describe('When it happened'),
    subject: z.string().describe('Id of what it happened to'),
    data,
  });

export interface PublishedEventSchema {
  readonly type: EventType;
  readonly version: number;
  readonly current: boolean;
  readonly source: 'product' | 'system';
  readonly description: string;
  /** JSON Schema (2020-12) of the whole message that subscribers receive. */
  readonly schema: Record<string, unknown>;
}

/** The JSON Schemas of a type's versions, newest first. */
export function schemasOf(type: EventType): PublishedEventSchema[] {
  const { description, source, current, versions } = eventDefinitions[type];
  return Object.entries(versions)
    .map(([key, data]) => {
      const version = Number(key);
      const schema = z.toJSONSchema(messageOf(type, version, data)) as Record<string, unknown>;
      return { type, version, current: version === current, source, description, schema };
    })
    .sort((one, other) => other.version - one.version);
}
