import type { updateConversionSchema as route } from '../contracts/conversion-schemas.ts';
import { describeConversionSchema } from '../core/describe-conversion-schema.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { changeDocument } from './change-document.ts';
import { findConversionSchema } from './find-conversion-schema.ts';
import { recordAudit } from './record-audit.ts';

/** Renames a conversion schema. Throws `not-found`, `precondition-failed`. */
export async function updateConversionSchema(
  deps: Pick<Deps, 'conversionSchemas' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { params, body, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document, etag } = await changeDocument(deps.conversionSchemas, scope, {
    find: () => findConversionSchema(deps, scope, params),
    change: (current) => ({ ...current, name: body.name, updatedAt: attempt.at.toISOString() }),
    ifMatch,
    repeated: attempt.repeated,
  });
  await recordAudit(deps, scope, { action: 'conversion-schema.updated', subject: document.id });
  return { body: describeConversionSchema(document), etag };
}
