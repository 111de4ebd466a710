import { createHash, createHmac } from 'node:crypto';
import { AppError } from '../core/app-error.ts';
import type { IdempotencyDocument } from '../core/documents/access.ts';
import type { Json } from '../core/json.ts';
import type { Deps, Stored } from '../core/ports.ts';
import { deriveIds } from '../core/request-ids.ts';
import type { Attempt } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { failureOf, rememberedFailure } from './remembered-failure.ts';

/** A try that shows no end after this long has died: the next one takes over. */
const abandonedAfterMs = 60_000;
const keptForSeconds = 86_400;

export interface IdempotentRequest {
  /** `Idempotency-Key` as sent. */
  readonly key: string;
  readonly routeId: string;
  /** Everything that makes the request what it is: path, query, conditions, body. */
  readonly content: readonly (string | Uint8Array)[];
}

/** An answer as it can be given again. */
export interface RememberedAnswer {
  readonly status: number;
  readonly etag?: string | undefined;
  readonly body?: Json | undefined;
}

/** What a try works with: its ids are the same in every try of the request. */
export interface Try {
  readonly attempt: Attempt;
  readonly newId: Deps['newId'];
}

type Needs = Pick<Deps, 'idempotency' | 'now' | 'log'>;

/**
 * Carries out a request once per key, tenant, route and actor. An equal request gets the first answer again; what the caller can't change by
 * repeating (success and refusals of the request itself) is remembered for a day, everything else may be tried again at once.
 *
 * @throws AppError `idempotency-key-reused` for another request under the key, `request-in-progress` while the first one runs; what `work` throws
 */
export async function runIdempotently(
  deps: Needs,
  scope: Scope,
  request: IdempotentRequest,
  work: (given: Try) => Promise<RememberedAnswer>,
): Promise<RememberedAnswer & { readonly replayed: boolean }> {
  const claim = await claimRequest(deps, scope, request);
  const { document } = claim.stored;
  if (document.state === 'done') return { ...replay(document), replayed: true };
  const seedMs = Number(document.seed);
  try {
    const answer = await work({
      attempt: { at: new Date(seedMs), repeated: claim.repeated },
      newId: deriveIds(`${scope.tenantId} ${document.id}`, seedMs),
    });
    await settle(deps, scope, claim.stored, { state: 'done', response: present(answer) });
    return { ...answer, replayed: false };
  } catch (error) {
    const response = error instanceof AppError ? rememberedFailure(error) : undefined;
    // The seed stays in either case, so that the next try finds what this one did; an instant long ago lets it begin at once.
    const outcome =
      response === undefined ? { startedAt: new Date(0).toISOString() } : { state: 'done' as const, response };
    await settle(deps, scope, claim.stored, outcome);
    throw error;
  }
}

interface Claim {
  readonly stored: Stored<IdempotencyDocument>;
  readonly repeated: boolean;
}

async function claimRequest(deps: Needs, scope: Scope, request: IdempotentRequest): Promise<Claim> {
  const now = deps.now();
  const document: IdempotencyDocument = {
    id: documentId(scope, request),
    tenantId: scope.tenantId,
    kind: 'idempotency',
    schemaVersion: 1,
    requestHash: requestHash(request),
    seed: String(now.getTime()),
    state: 'started',
    startedAt: now.toISOString(),
    ttl: keptForSeconds,
  };
  for (;;) {
    const created = await deps.idempotency.write(scope, { kind: 'create', document });
    if (created.ok) return { stored: { document, etag: created.etag }, repeated: false };
    const stored = await deps.idempotency.get(scope, { id: document.id });
    if (stored === undefined) continue;
    if (stored.document.requestHash !== document.requestHash) throw new AppError('idempotency-key-reused');
    if (stored.document.state === 'done') return { stored, repeated: true };
    return takeOver(deps, scope, stored, now);
  }
}

async function takeOver(deps: Needs, scope: Scope, stored: Stored<IdempotencyDocument>, now: Date): Promise<Claim> {
  const inProgress = now.getTime() - Date.parse(stored.document.startedAt) < abandonedAfterMs;
  if (inProgress) throw new AppError('request-in-progress');
  const document: IdempotencyDocument = { ...stored.document, startedAt: now.toISOString() };
  const result = await deps.idempotency.write(scope, { kind: 'replace', document, etag: stored.etag });
  if (!result.ok) throw new AppError('request-in-progress');
  return { stored: { document, etag: result.etag }, repeated: true };
}

/**
 * Notes how a try ended. Where that fails the caller still gets the truth about its request: a repeat finds the record started and does the
 * same again under the same ids.
 */
async function settle(
  deps: Needs,
  scope: Scope,
  stored: Stored<IdempotencyDocument>,
  outcome: Partial<Pick<IdempotencyDocument, 'state' | 'response' | 'startedAt'>>,
): Promise<void> {
  try {
    const document: IdempotencyDocument = { ...stored.document, ...outcome };
    await deps.idempotency.write(scope, { kind: 'replace', document, etag: stored.etag });
  } catch (error) {
    deps.log.alert('the end of an idempotent request could not be noted', { tenantId: scope.tenantId, error });
  }
}

/** Without the key's own text: whoever reads the store can't use it. */
function documentId(scope: Scope, { key, routeId }: IdempotentRequest): string {
  const { kind, id } = scope.actor;
  return createHash('sha256')
    .update(JSON.stringify([routeId, kind, id, key]))
    .digest('base64url');
}

/** Keyed, because the content may hold a credential, and a plain hash of a short one can be guessed. */
function requestHash({ key, content }: IdempotentRequest): string {
  const hash = createHmac('sha256', key);
  for (const part of content) hash.update(`${part.length}:`).update(part);
  return hash.digest('base64url');
}

function present({ status, etag, body }: RememberedAnswer): NonNullable<IdempotencyDocument['response']> {
  return { status, ...(etag === undefined ? {} : { etag }), ...(body === undefined ? {} : { body }) };
}

function replay(document: IdempotencyDocument): RememberedAnswer {
  if (document.response === undefined) throw new Error(`The finished request ${document.id} has no answer`);
  const failure = failureOf(document.response);
  if (failure !== undefined) throw failure;
  return document.response as RememberedAnswer;
}
