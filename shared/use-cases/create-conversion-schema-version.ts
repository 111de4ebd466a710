import type { createConversionSchemaVersion as route } from '../contracts/conversion-schemas.ts';
import { AppError } from '../core/app-error.ts';
import { describeConversionSchema } from '../core/describe-conversion-schema.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { addVersion, mostVersions } from '../core/versions.ts';
import { changeDocument } from './change-document.ts';
import { checkTargets } from './check-mapping.ts';
import { findConversionSchema } from './find-conversion-schema.ts';
import { recordAudit } from './record-audit.ts';
import { storeTargets } from './store-targets.ts';

type Needs = Pick<
  Deps,
  'conversionSchemas' | 'conversionContents' | 'shardTypes' | 'expressions' | 'audit' | 'newId' | 'now'
>;

/** Adds a version; the published one stays. Throws `not-found`, `precondition-failed`, `invalid-request`. */
export async function createConversionSchemaVersion(
  deps: Needs,
  scope: Scope,
  { params, body, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  await findConversionSchema(deps, scope, params);
  await checkTargets(deps, scope, body.targets);
  const contentId = await storeTargets(deps, scope, params, body.targets);
  const at = attempt.at.toISOString();
  const { document, etag } = await changeDocument(deps.conversionSchemas, scope, {
    find: () => findConversionSchema(deps, scope, params),
    change: (current) => {
      const versions = addVersion(current.versions, { contentId, note: body.note, at });
      if (versions.length > mostVersions) {
        const message = `would be more than ${mostVersions} versions`;
        throw new AppError('invalid-request', { errors: [{ in: 'body', field: '/targets', message }] });
      }
      return { ...current, versions, updatedAt: at };
    },
    ifMatch,
    repeated: attempt.repeated,
  });
  const detail = `version ${document.versions.at(-1)?.version}`;
  await recordAudit(deps, scope, { action: 'conversion-schema.changed', subject: document.id, detail });
  return { body: describeConversionSchema(document), etag };
}
