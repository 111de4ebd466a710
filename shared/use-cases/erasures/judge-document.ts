import { type Erasure, type ErasureSubject, erasureRules } from '../../core/erasure-rules.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Deps, EstateDocument } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { mostKeys } from '../deliveries/read-delivery.ts';
import { bytesOfBody } from './delivery-body.ts';

/** What becomes of a stored document. The erasure's own documents stay. */
export async function judgeDocument(
  deps: Pick<Deps, 'deliveryBodies'>,
  scope: Scope,
  { container, body }: EstateDocument,
  subject: ErasureSubject,
  erasureId: string,
): Promise<Erasure> {
  const rule = erasureRules[container];
  if (rule === undefined) throw new RangeError(`There is no rule for ${container}`);
  if (body['id'] === erasureId || body['erasureId'] === erasureId) return 'keep';
  if (subject.kind === 'tenant') return rule.tenant ? 'remove' : 'keep';
  const verdict = rule.person(body, subject);
  if (container !== 'deliveries' || verdict !== 'keep') return verdict;
  return (await tellsOf(deps, scope, body, subject)) ? 'remove' : 'keep';
}

const endedStates: unknown[] = ['processed', 'ignored', 'dead'];

/** A delivery that was never read, or is about more records than its keys name, may tell of the person all the same. One that is still to be processed says so itself, then. */
async function tellsOf(
  deps: Pick<Deps, 'deliveryBodies'>,
  scope: Scope,
  delivery: JsonObject,
  { records }: ErasureSubject,
): Promise<boolean> {
  const keys = Array.isArray(delivery['recordKeys']) ? delivery['recordKeys'].length : 0;
  if (!endedStates.includes(delivery['state']) || (keys > 0 && keys < mostKeys)) return false;
  const own = records.filter(({ integrationId }) => integrationId === delivery['integrationId']);
  if (own.length === 0) return false;
  const bytes = await bytesOfBody(deps, scope, delivery);
  // An erasure that was cut short has taken the Blob and left the document.
  if (bytes === undefined) return true;
  const text = bytes.toString('utf8');
  return own.some(({ externalId }) => standsIn(text, externalId));
}

/** As a word of its own: ids may be part of longer ones. */
function standsIn(text: string, id: string): boolean {
  const isPart = (letter: string | undefined) => letter !== undefined && /[\p{L}\p{N}]/u.test(letter);
  for (let at = text.indexOf(id); at >= 0; at = text.indexOf(id, at + 1)) {
    if (!isPart(text[at - 1]) && !isPart(text[at + id.length])) return true;
  }
  return false;
}
