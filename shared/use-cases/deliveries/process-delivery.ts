import { AdapterFailure } from '../../core/adapter.ts';
import { AppError, CorruptDocument } from '../../core/app-error.ts';
import type { DeliveryDocument, DeliveryResult } from '../../core/documents/delivery.ts';
import { failureReactions } from '../../core/failure-reactions.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import {
  endDead,
  endIgnored,
  endProcessed,
  failUntil,
  lostWorker,
  mostLosses,
  nextTryMs,
} from '../../core/webhooks/advance-delivery.ts';
import { abandonChanges } from '../apply-changes.ts';
import { reportFailingConnection } from '../report-failing-connection.ts';
import { type AppliedHints, applyHints } from './apply-hints.ts';
import type { DeliverySource } from './delivery-source.ts';
import { type DeliveryHold, takeDelivery } from './hold-delivery.ts';
import { type ReadDelivery, readDelivery, recordKeys } from './read-delivery.ts';
import { sendDeliveries } from './send-deliveries.ts';

/** What a try came to. */
type Conclusion =
  | { readonly kind: 'processed'; readonly result: DeliveryResult }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'dead'; readonly reason: string; readonly result?: DeliveryResult };

/**
 * One try of a delivery, if it is due: takes it, reads it, does what it says, and writes down what came of it. Whatever goes wrong with it is noted and tried
 * again later, or makes it dead; so one delivery never holds up another.
 *
 * @param storm objects of which so many records are named that an incremental run is to read them
 * @throws what keeps the outcome itself from being written
 */
export async function processDelivery(
  deps: Deps,
  scope: Scope,
  source: DeliverySource,
  id: string,
  storm: ReadonlySet<string>,
): Promise<void> {
  const hold = await takeDelivery(deps, scope, id);
  if (hold === undefined) return;
  if ((hold.document.processing.losses ?? 0) > mostLosses) return die(deps, scope, source, hold, lostWorker);
  let conclusion: Conclusion | undefined;
  try {
    conclusion = await attempt(deps, scope, source, hold, storm);
  } catch (error) {
    return fail(deps, scope, source, hold, error);
  }
  if (conclusion === undefined) return;
  const now = deps.now().toISOString();
  const { document } = hold;
  if (conclusion.kind === 'processed') await hold.write(endProcessed(document, now, conclusion.result));
  else if (conclusion.kind === 'ignored')
    await end(deps, scope, source, hold, endIgnored(document, now, conclusion.reason));
  else await die(deps, scope, source, hold, conclusion.reason, conclusion.result);
}

async function attempt(
  deps: Deps,
  scope: Scope,
  source: DeliverySource,
  hold: DeliveryHold,
  storm: ReadonlySet<string>,
): Promise<Conclusion | undefined> {
  const reading = await readDelivery(deps, scope, source, hold.document);
  if (reading.kind === 'ignored') return reading;
  if (reading.kind === 'refused') return { kind: 'dead', reason: reading.reason };
  hold.name(recordKeys(reading));
  const applied = await applyHints(deps, scope, source, hold, reading.hints, storm);
  return applied === undefined ? undefined : conclude(reading, applied);
}

function conclude(
  { rejected }: Extract<ReadDelivery, { kind: 'hints' }>,
  { unread, ...applied }: AppliedHints,
): Conclusion {
  const failures = [...applied.failures, ...rejected].slice(0, 20);
  const failed = (applied.counts['failed'] ?? 0) + rejected.length;
  const result: DeliveryResult = {
    ...applied,
    failures,
    counts: failed === 0 ? applied.counts : { ...applied.counts, failed },
  };
  if (failed > 0) {
    const first = failures[0]?.reason ?? '';
    return { kind: 'dead', reason: `${failed} of its records could not be taken. ${first}`.trim(), result };
  }
  const did = Object.keys(applied.counts).length + applied.pulls.length;
  if (did > 0) return { kind: 'processed', result };
  const reason = unread.length > 0 ? `No task reads ${unread.join(', ')}.` : 'It holds nothing to be done.';
  return { kind: 'ignored', reason };
}

async function fail(
  deps: Deps,
  scope: Scope,
  source: DeliverySource,
  hold: DeliveryHold,
  error: unknown,
): Promise<void> {
  const { document } = hold;
  const reason = reasonOf(error);
  if (!(error instanceof AdapterFailure) && !(error instanceof AppError && error.code !== 'internal')) {
    deps.log.alert('a delivery could not be processed', { tenantId: scope.tenantId, deliveryId: document.id, error });
  }
  if (error instanceof AdapterFailure && failureReactions[error.kind].pausesConnection === true) {
    await reportFailingConnection(deps, scope, document.integrationId, source.integration?.connection, error.message);
  }
  const askedMs = error instanceof AdapterFailure ? error.retryAfterMs : undefined;
  const isLasting = error instanceof AdapterFailure && error.kind === 'record-rejected';
  const delayMs = isLasting ? undefined : nextTryMs(document.processing, deps.engine, askedMs, deps.random());
  if (delayMs === undefined) return die(deps, scope, source, hold, reason);
  const now = deps.now();
  const nextAttemptAt = new Date(now.getTime() + delayMs).toISOString();
  const isOurs = await hold.write(failUntil(document, now.toISOString(), reason, nextAttemptAt));
  // Should the message be lost, the clock finds the delivery.
  if (isOurs) await sendDeliveries(deps, scope, [document.id], delayMs);
}

function reasonOf(error: unknown): string {
  if (error instanceof AdapterFailure) return error.message;
  if (error instanceof AppError) return error.detail ?? 'It could not be processed.';
  if (error instanceof CorruptDocument) return error.message;
  return 'An unexpected error; the deployment log says which.';
}

async function die(
  deps: Deps,
  scope: Scope,
  source: DeliverySource,
  hold: DeliveryHold,
  reason: string,
  result?: DeliveryResult,
): Promise<void> {
  const { id, integrationId } = hold.document;
  if (await end(deps, scope, source, hold, endDead(hold.document, deps.now().toISOString(), reason, result)))
    deps.log.warn('a delivery is dead', { tenantId: scope.tenantId, integrationId, deliveryId: id, reason });
}

/** Nobody will repeat it: what a try that was cut short left on the way is taken back first. */
async function end(
  deps: Deps,
  scope: Scope,
  source: DeliverySource,
  hold: DeliveryHold,
  ended: DeliveryDocument,
): Promise<boolean> {
  const announced = hold.document.processing.announced ?? [];
  if (announced.length > 0) {
    const rules = await matchRulesOf(source).catch(() => undefined);
    await abandonChanges(deps, scope, rules, announced);
  }
  return hold.write(ended);
}

/** Rules of all that the integration's deliveries can feed. */
async function matchRulesOf(source: DeliverySource): Promise<Parameters<typeof abandonChanges>[2]> {
  const { adapter, settings } = source;
  if (adapter === undefined || settings === undefined) return undefined;
  const sets = [];
  for (const { name } of adapter.objects(settings)) {
    if (source.tasksOf(name).length > 0) sets.push(...(await source.intakesOf(name)));
  }
  return Object.assign({}, ...sets.map(({ matchRules }) => matchRules ?? {}));
}
