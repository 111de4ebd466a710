import { z } from 'zod';

/** Prefixes of our ids. An id is `prefix_` + 26 characters of Crockford base32 over a UUIDv7, so ids of one kind sort by creation time. */
export const idPrefixes = {
  integration: 'int',
  task: 'tsk',
  execution: 'exe',
  shard: 'shd',
  conversionSchema: 'cvs',
  apiKey: 'key',
  audit: 'aud',
  log: 'log',
  event: 'evt',
  subscription: 'sub',
  dispatch: 'dsp',
  eventReplay: 'erp',
  delivery: 'dlv',
  arrival: 'arr',
  replay: 'rpl',
  message: 'msg',
  merge: 'mrg',
  mergeCandidate: 'mca',
  hold: 'hld',
  conflictResolution: 'rsl',
  erasure: 'ers',
  suppression: 'sup',
  request: 'req',
} as const;

export type IdKind = keyof typeof idPrefixes;

const idOf = (kind: IdKind) =>
  z
    .string()
    .regex(
      new RegExp(`^${idPrefixes[kind]}_[0-9a-hjkmnp-tv-z]{26}$`),
      `must be an id that begins with "${idPrefixes[kind]}_"`,
    );

export const integrationId = idOf('integration');
/** Stands where an integration stands otherwise: for records that were made through this API. */
export const apiOrigin = 'api';
export const originId = z.union([integrationId, z.literal(apiOrigin)]);

export const taskId = idOf('task');
export const executionId = idOf('execution');
export const shardId = idOf('shard');
export const conversionSchemaId = idOf('conversionSchema');
export const apiKeyId = idOf('apiKey');
export const mergeId = idOf('merge');
export const mergeCandidateId = idOf('mergeCandidate');
export const holdId = idOf('hold');
export const erasureId = idOf('erasure');
export const suppressionId = idOf('suppression');
export const eventId = idOf('event');
export const subscriptionId = idOf('subscription');
export const dispatchId = idOf('dispatch');
export const eventReplayId = idOf('eventReplay');
export const deliveryId = idOf('delivery');
export const replayId = idOf('replay');
export const conflictResolutionId = idOf('conflictResolution');

/** Derived from where the conflict came up, so it does not sort by time. */
export const conflictId = z
  .string()
  .regex(/^conflict_[A-Za-z0-9_-]{22}$/, 'must be an id that begins with "conflict_"');

/** A customer of the deployment, as its sign-in names it. */
export const tenantId = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'must be 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit',
  );

export const providerId = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a provider id such as "custom-rest"');

export const shardTypeId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be a shard type id such as "contact"')
  .refine((id) => id !== 'constructor' && id !== 'prototype', 'must not be constructor or prototype');

/** As the provider names a kind of its records. */
export const objectName = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, "must be the provider's object name");

/** An instant: ISO 8601 in UTC with milliseconds. */
export const instant = z.iso.datetime();

/**
 * Text that a person typed: any script, but no NUL and no lone surrogate, which neither JSON stores nor logs carry faithfully.
 */
export const text = (maximum: number, minimum = 1) =>
  z
    .string()
    .min(minimum)
    .max(maximum)
    .refine(
      (value) => value.isWellFormed() && !value.includes('\u0000'),
      'must not contain NUL or unpaired surrogate characters',
    );

/** A dotted path into a record, for example `address.city`. Own properties only; `__proto__` and its kin are refused. */
export const fieldPath = z
  .string()
  .max(256)
  .regex(/^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+){0,15}$/, 'must be a dotted path such as "address.city"')
  .refine(
    (path) => !path.split('.').some((part) => part === '__proto__' || part === 'constructor' || part === 'prototype'),
    'must not name __proto__, constructor or prototype',
  );
