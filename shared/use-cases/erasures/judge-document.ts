import { type Erasure, type ErasureSubject, erasureRules } from '../../core/erasure-rules.ts';
import type { EstateDocument } from '../../core/ports.ts';

/** What becomes of a stored document. The erasure's own documents stay. */
export function judgeDocument(
  { container, body }: EstateDocument,
  subject: ErasureSubject,
  erasureId: string,
): Erasure {
  const rule = erasureRules[container];
  if (rule === undefined) throw new RangeError(`There is no rule for ${container}`);
  if (body['id'] === erasureId || body['erasureId'] === erasureId) return 'keep';
  if (subject.kind === 'tenant') return rule.tenant ? 'remove' : 'keep';
  return rule.person(body, subject);
}
