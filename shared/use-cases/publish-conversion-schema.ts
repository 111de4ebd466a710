import type { publishConversionSchema as route } from '../contracts/conversion-schemas.ts';
import { describeConversionSchema } from '../core/describe-conversion-schema.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { publishVersion } from '../core/versions.ts';
import { changeDocument } from './change-document.ts';
import { findConversionSchema, findVersion } from './find-conversion-schema.ts';
import { type ScanNeeds, scanForIntegration } from './push/scan-for-task.ts';
import { recordAudit } from './record-audit.ts';

/** Makes a version the one that runs use from their next start on. Throws `not-found`, `precondition-failed`. */
export async function publishConversionSchema(
  deps: ScanNeeds & Pick<Deps, 'audit'>,
  scope: Scope,
  { params, body, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document, etag } = await changeDocument(deps.conversionSchemas, scope, {
    find: () => findConversionSchema(deps, scope, params),
    change: (current) => publishVersion(current, findVersion(current, body?.version).version, attempt.at.toISOString()),
    ifMatch,
    repeated: attempt.repeated,
  });
  await scanForIntegration(deps, scope, params.integrationId);
  const detail = `version ${document.published}`;
  await recordAudit(deps, scope, { action: 'conversion-schema.published', subject: document.id, detail });
  return { body: describeConversionSchema(document), etag };
}
