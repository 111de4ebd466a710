import { credentialSecretName } from '../../core/credential.ts';
import type { ErasureDocument } from '../../core/documents/erasure.ts';
import { dueKey } from '../../core/due.ts';
import { type ErasureSubject, erasureRules } from '../../core/erasure-rules.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Deps, EstateDocument } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { webhookSecretName } from '../../core/webhooks/webhook-secret.ts';
import { signingSecretName } from '../outgoing/post-dispatch.ts';
import { recordAudit } from '../record-audit.ts';
import { judgeDocument } from './judge-document.ts';
import { wakeErasure } from './wake-erasure.ts';

const documentsPerStep = 200;

/** Work that was under way writes after it: the containers are gone through until nothing is found, but not for ever. */
const mostRounds = 10;

const names = Object.keys(erasureRules);

/** Goes on with an erasure, container by container; its place is written after each step, so that a crash repeats one step, which does no harm. */
export async function carryOutErasure(deps: Deps, scope: Scope, erasureId: string): Promise<void> {
  const startedAtMs = deps.now().getTime();
  for (;;) {
    const stored = await deps.erasures.get(scope, { id: erasureId });
    if (stored?.document.state !== 'running' || stored.document.subject === undefined) break;
    const document = await takeStep(deps, scope, stored.document, stored.document.subject);
    await deps.erasures.write(scope, { kind: 'replace', document, etag: stored.etag });
    if (deps.now().getTime() - startedAtMs >= deps.engine.sliceMs) return wakeErasure(deps, scope, erasureId);
  }
  await deps.due.remove(dueKey('erasure', scope.tenantId, erasureId));
}

async function takeStep(
  deps: Deps,
  scope: Scope,
  erasure: ErasureDocument,
  subject: ErasureSubject,
): Promise<ErasureDocument> {
  const { place, erased } = erasure;
  const name = names[place.container];
  if (name === undefined) return endRound(deps, scope, erasure, subject);
  const { changed, round } = place;
  if (erasureRules[name]?.tenant !== true) {
    return { ...erasure, place: { container: place.container + 1, changed, round } };
  }
  const page = await deps.estate.list(scope, name, place.after, documentsPerStep);
  let found = 0;
  for (const document of page.documents) {
    const verdict = judgeDocument(document, subject, erasure.id);
    if (verdict === 'keep') continue;
    found += 1;
    if (verdict === 'remove') await remove(deps, scope, document);
    else await deps.estate.replace(scope, document, verdict);
  }
  const container = page.next === undefined ? place.container + 1 : place.container;
  const after = page.next === undefined ? {} : { after: page.next };
  return {
    ...erasure,
    place: { container, ...after, changed: changed + found, round },
    erased: found === 0 ? erased : { ...erased, [name]: (erased[name] ?? 0) + found },
  };
}

/** What is kept elsewhere goes first: without the document nobody would know of it. */
async function remove(deps: Deps, scope: Scope, document: EstateDocument): Promise<void> {
  const { container, body } = document;
  const id = String(body['id']);
  if (container === 'config' && body['kind'] === 'integration') {
    await deps.secrets.erase(scope, credentialSecretName(id));
    await deps.secrets.erase(scope, webhookSecretName(id));
  }
  if (container === 'config' && body['kind'] === 'subscription') await deps.secrets.erase(scope, signingSecretName(id));
  const blob = container === 'deliveries' ? (body['body'] as JsonObject | undefined) : undefined;
  if (blob?.['kind'] === 'blob') await deps.deliveryBodies.erase(scope, String(blob['name']));
  await deps.estate.remove(scope, document);
}

async function endRound(
  deps: Deps,
  scope: Scope,
  erasure: ErasureDocument,
  subject: ErasureSubject,
): Promise<ErasureDocument> {
  const { subject: _subject, ...rest } = erasure;
  const { changed, round } = erasure.place;
  if (changed > 0 && round < mostRounds) return { ...erasure, place: { container: 0, changed: 0, round: round + 1 } };
  if (subject.kind === 'tenant') await deps.deliveryBodies.erase(scope);
  await recordAudit(deps, scope, { action: 'erasure.done', subject: erasure.id, detail: erasure.of });
  return { ...rest, state: 'done', finishedAt: deps.now().toISOString() };
}
