import type { deleteConversionSchema as route } from '../contracts/conversion-schemas.ts';
import { AppError } from '../core/app-error.ts';
import { contentKey } from '../core/documents/conversion.ts';
import { isMatch } from '../core/etag.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findConversionSchema } from './find-conversion-schema.ts';
import { recordAudit } from './record-audit.ts';
import { findTaskOf } from './visit-tasks.ts';

type Needs = Pick<Deps, 'conversionSchemas' | 'conversionContents' | 'tasks' | 'audit' | 'newId' | 'now'>;

/** Losing this many races in a row means that something writes without end. */
const maximumTries = 20;

/** Removes a conversion schema, then what its versions say. Throws `not-found`, `precondition-failed`, `in-use`. */
export async function deleteConversionSchema(
  deps: Needs,
  scope: Scope,
  input: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { conversionSchemaId } = input.params;
  try {
    await remove(deps, scope, input);
  } catch (error) {
    if (!(input.attempt.repeated && error instanceof AppError && error.code === 'not-found')) throw error;
  }
  await recordAudit(deps, scope, { action: 'conversion-schema.deleted', subject: conversionSchemaId });
  return { body: undefined };
}

async function remove(deps: Needs, scope: Scope, { params, ifMatch }: InputOf<typeof route>): Promise<void> {
  for (let attempt = 0; attempt < maximumTries; attempt += 1) {
    const { document, etag } = await findConversionSchema(deps, scope, params);
    if (!isMatch(ifMatch, etag)) throw new AppError('precondition-failed');
    const user = await findTaskOf(deps, scope, params.integrationId, (each) =>
      'conversionSchemaId' in each ? each.conversionSchemaId === document.id : false,
    );
    if (user !== undefined) throw new AppError('in-use', { detail: `The task "${user.name}" uses it.` });
    const result = await deps.conversionSchemas.remove(scope, { id: document.id }, etag);
    if (result !== 'removed') continue;
    const contents = new Set(document.versions.map((entry) => entry.contentId));
    for (const contentId of contents) {
      await deps.conversionContents.remove(scope, { id: contentKey(document.id, contentId) });
    }
    return;
  }
  throw new AppError('unavailable', { detail: 'It is being changed too often at the moment.' });
}
