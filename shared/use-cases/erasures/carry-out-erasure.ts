import { credentialSecretName } from '../../core/credential.ts';
import type { ErasureDocument } from '../../core/documents/erasure.ts';
import { dueKey } from '../../core/due.ts';
import { erasureRules } from '../../core/erasure-rules.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Deps, EstateDocument } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { NamedRecord } from '../../core/suppressions.ts';
import { webhookSecretName } from '../../core/webhooks/webhook-secret.ts';
import { signingSecretName } from '../outgoing/post-dispatch.ts';
import { recordAudit } from '../record-audit.ts';
import { suppressionKeyName } from '../suppressions/load-suppressions.ts';
import { suppressRecords } from '../suppressions/suppress-records.ts';
import { blobOf } from './delivery-body.ts';
import { type Subject, widenSubject } from './find-person.ts';
import { judgeDocument } from './judge-document.ts';
import { wakeErasure } from './wake-erasure.ts';

const documentsPerStep = 200;

/**
 * Work that was under way when the erasure began writes after it. The containers are gone through once, and again when every slice that began before has
 * ended, or lost its lease; then until nothing is found, but not for ever.
 */
const mostRounds = 10;

const names = Object.keys(erasureRules);

/** Goes on with an erasure, container by container; its place is written after each step, so that a crash repeats one step, which does no harm. */
export async function carryOutErasure(deps: Deps, scope: Scope, erasureId: string): Promise<void> {
  const startedAtMs = deps.now().getTime();
  for (;;) {
    const stored = await deps.erasures.get(scope, { id: erasureId });
    if (stored?.document.state !== 'running' || stored.document.subject === undefined) break;
    const { notBefore } = stored.document.place;
    const restMs = notBefore === undefined ? 0 : Date.parse(notBefore) - deps.now().getTime();
    if (restMs > 0) return wakeErasure(deps, scope, erasureId, restMs);
    const document = await takeStep(deps, scope, stored.document, stored.document.subject);
    await deps.erasures.write(scope, { kind: 'replace', document, etag: stored.etag });
    if (deps.now().getTime() - startedAtMs >= deps.engine.sliceMs) return wakeErasure(deps, scope, erasureId);
  }
  await deps.due.remove(dueKey('erasure', scope.tenantId, erasureId));
}

async function takeStep(deps: Deps, scope: Scope, erasure: ErasureDocument, known: Subject): Promise<ErasureDocument> {
  const { place, erased } = erasure;
  const name = names[place.container];
  if (name === undefined) return endRound(deps, scope, erasure, known);
  const isBegun = place.container > 0 || place.after !== undefined;
  const subject = isBegun ? known : await beginRound(deps, scope, erasure, known);
  const { changed, round, notBefore } = place;
  const kept = notBefore === undefined ? {} : { notBefore };
  if (erasureRules[name]?.tenant !== true) {
    return { ...erasure, place: { container: place.container + 1, changed, round, ...kept } };
  }
  const page = await deps.estate.list(scope, name, place.after, documentsPerStep);
  let found = 0;
  for (const document of page.documents) {
    const verdict = await judgeDocument(deps, scope, document, subject, erasure.id);
    if (verdict === 'keep') continue;
    found += 1;
    if (verdict === 'remove') await remove(deps, scope, erasure, document);
    // What was changed meanwhile is looked at again in the next round.
    else await deps.estate.replace(scope, document, verdict);
  }
  const container = page.next === undefined ? place.container + 1 : place.container;
  const after = page.next === undefined ? {} : { after: page.next };
  return {
    ...erasure,
    subject,
    place: { container, ...after, changed: changed + found, round, ...kept },
    erased: found === 0 ? erased : { ...erased, [name]: (erased[name] ?? 0) + found },
  };
}

/** Before anything goes: whoever meets her records from now on skips them. */
async function beginRound(deps: Deps, scope: Scope, erasure: ErasureDocument, known: Subject): Promise<Subject> {
  const subject = await widenSubject(deps, scope, known);
  if (erasure.suppresses) await suppressRecords(deps, scope, erasure.id, subject.records);
  return subject;
}

/** What is kept elsewhere goes first: without the document nobody would know of it. */
async function remove(deps: Deps, scope: Scope, erasure: ErasureDocument, document: EstateDocument): Promise<void> {
  const { container, body } = document;
  // Also of records that came to her after all that is known of her was read.
  if (container === 'links' && erasure.suppresses) await suppressRecords(deps, scope, erasure.id, [recordOf(body)]);
  if (container === 'config' && body['kind'] === 'suppression') await deps.secrets.erase(scope, suppressionKeyName);
  const id = String(body['id']);
  if (container === 'config' && body['kind'] === 'integration') {
    await deps.secrets.erase(scope, credentialSecretName(id));
    await deps.secrets.erase(scope, webhookSecretName(id));
  }
  if (container === 'config' && body['kind'] === 'subscription') await deps.secrets.erase(scope, signingSecretName(id));
  const blob = container === 'deliveries' ? blobOf(body) : undefined;
  if (blob !== undefined) await deps.deliveryBodies.erase(scope, blob);
  await deps.estate.remove(scope, document);
}

function recordOf(link: JsonObject): NamedRecord {
  const [integrationId, object, externalId] = [link['integrationId'], link['object'], link['externalId']].map(String);
  return { integrationId: integrationId ?? '', object: object ?? '', externalId: externalId ?? '' };
}

async function endRound(
  deps: Deps,
  scope: Scope,
  erasure: ErasureDocument,
  subject: Subject,
): Promise<ErasureDocument> {
  const { subject: _subject, ...rest } = erasure;
  const { changed, round } = erasure.place;
  const quietAtMs = Date.parse(erasure.startedAt ?? erasure.createdAt) + deps.engine.sliceMs + deps.engine.leaseMs;
  if (round === 0 || (changed > 0 && round < mostRounds)) {
    const place = { container: 0, changed: 0, round: round + 1, notBefore: new Date(quietAtMs).toISOString() };
    return { ...erasure, place };
  }
  if (changed > 0)
    deps.log.alert('an erasure kept finding something', { tenantId: scope.tenantId, erasureId: erasure.id });
  if (subject.kind === 'tenant') await deps.deliveryBodies.erase(scope);
  await recordAudit(deps, scope, { action: 'erasure.done', subject: erasure.id, detail: erasure.of });
  return { ...rest, state: 'done', finishedAt: deps.now().toISOString() };
}
