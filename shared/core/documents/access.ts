import { z } from 'zod';
import { roles } from '../../contracts/route.ts';

/** An API key, container `config`. Only a hash of the secret part is kept. */
export const apiKeyDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('api-key'),
  schemaVersion: z.literal(1),
  name: z.string(),
  role: z.enum(roles),
  secretHash: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  lastUsedAt: z.string().optional(),
  /** When its coming end was logged. */
  expiryNotedAt: z.string().optional(),
});

export type ApiKeyDocument = z.infer<typeof apiKeyDocument>;

/** One entry of the audit trail, container `audit`, append only. Never holds a secret. */
export const auditDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  month: z.string(),
  schemaVersion: z.literal(1),
  at: z.string(),
  actor: z.strictObject({ kind: z.enum(['user', 'api-key', 'system']), id: z.string() }),
  action: z.string(),
  subject: z.string(),
  outcome: z.enum(['ok', 'failed']),
  detail: z.string().optional(),
  traceparent: z.string(),
});

export type AuditDocument = z.infer<typeof auditDocument>;

/** What an `Idempotency-Key` stands for, container `transient`, kept for a day. */
export const idempotencyDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  kind: z.literal('idempotency'),
  schemaVersion: z.literal(1),
  /** Hash of method, path and body: another request under the same key is refused. */
  requestHash: z.string(),
  /** Instant (epoch ms) from which new ids of the request are derived, so that a repeat after a crash makes the same ids. */
  seed: z.string(),
  state: z.enum(['started', 'done']),
  startedAt: z.string(),
  response: z.strictObject({ status: z.int(), etag: z.string().optional(), body: z.json().optional() }).optional(),
  ttl: z.int(),
});

export type IdempotencyDocument = z.infer<typeof idempotencyDocument>;
