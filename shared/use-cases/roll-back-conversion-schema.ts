import type { rollBackConversionSchema as route } from '../contracts/conversion-schemas.ts';
import { AppError } from '../core/app-error.ts';
import { describeConversionSchema } from '../core/describe-conversion-schema.ts';
import type { ConversionSchemaDocument } from '../core/documents/conversion.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { publishVersion } from '../core/versions.ts';
import { changeDocument } from './change-document.ts';
import { findConversionSchema, findVersion } from './find-conversion-schema.ts';
import { type ScanNeeds, scanForIntegration } from './push/scan-for-task.ts';
import { recordAudit } from './record-audit.ts';

/** Publishes a version before the published one. Throws `not-found`, `not-published`, `precondition-failed`, `invalid-request`. */
export async function rollBackConversionSchema(
  deps: ScanNeeds & Pick<Deps, 'audit'>,
  scope: Scope,
  { params, body, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document, etag } = await changeDocument(deps.conversionSchemas, scope, {
    find: () => findConversionSchema(deps, scope, params),
    change: (current) => rolledBack(current, body.version, attempt),
    ifMatch,
    repeated: attempt.repeated,
  });
  await scanForIntegration(deps, scope, params.integrationId);
  const detail = `version ${document.published}`;
  await recordAudit(deps, scope, { action: 'conversion-schema.rolled-back', subject: document.id, detail });
  return { body: describeConversionSchema(document), etag };
}

function rolledBack(
  current: ConversionSchemaDocument,
  wanted: number,
  attempt: { readonly at: Date; readonly repeated: boolean },
): ConversionSchemaDocument {
  const { version } = findVersion(current, wanted);
  if (current.published === undefined) throw new AppError('not-published');
  if (version > current.published || (version === current.published && !attempt.repeated)) {
    const message = `must be a version before the published one, ${current.published}`;
    throw new AppError('invalid-request', { errors: [{ in: 'body', field: '/version', message }] });
  }
  return publishVersion(current, version, attempt.at.toISOString());
}
