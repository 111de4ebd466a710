import type { connectWithKey as route } from '../contracts/connections.ts';
import type { Credential } from '../core/adapter.ts';
import { AppError } from '../core/app-error.ts';
import { credentialSecretName, formatCredential } from '../core/credential.ts';
import { describeConnection } from '../core/describe-integration.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { changeDocument } from './change-document.ts';
import { findAdapter } from './find-adapter.ts';
import { findIntegration } from './find-integration.ts';
import { resumeLane } from './push/resume-push.ts';
import { recordAudit } from './record-audit.ts';
import { watchIntegration } from './watch-integration.ts';

/** A shorter credential would be half told by its last characters. */
const shortestHinted = 12;

/**
 * Connects, or changes the credential. It becomes a new version of the integration's secret, then the document names that version. Who loses the
 * race for the document puts the secret again, because a disconnect may have erased it in between; a version that nobody names does no harm.
 *
 * @throws AppError `not-found`; `invalid-request` naming `/kind` for a way that the provider does not have, `/expiresAt` for an end that has passed
 */
export async function connectWithKey(
  deps: Pick<
    Deps,
    | 'integrations'
    | 'healthDue'
    | 'adapters'
    | 'secrets'
    | 'audit'
    | 'newId'
    | 'now'
    | 'pushLanes'
    | 'pushQueue'
    | 'due'
    | 'engine'
  >,
  scope: Scope,
  { params, body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { expiresAt, ...credential } = body;
  if (expiresAt !== undefined && Date.parse(expiresAt) <= attempt.at.getTime()) {
    throw new AppError('invalid-request', {
      errors: [{ in: 'body', field: '/expiresAt', message: 'must be in the future' }],
    });
  }
  const { document } = await changeDocument(deps.integrations, scope, {
    find: () => findIntegration(deps, scope, params.integrationId),
    change: async (current) => {
      const accepted = findAdapter(deps, current.provider).auth;
      if (!accepted.includes(body.kind)) {
        throw new AppError('invalid-request', {
          errors: [{ in: 'body', field: '/kind', message: `must be one of: ${accepted.join(', ')}` }],
        });
      }
      const hint = hintOf(credential);
      const at = attempt.at.toISOString();
      return {
        ...current,
        connection: {
          state: 'connected' as const,
          kind: body.kind,
          ...(body.kind === 'none'
            ? {}
            : {
                secretVersion: await deps.secrets.put(
                  scope,
                  credentialSecretName(current.id),
                  formatCredential(credential),
                ),
              }),
          ...(hint === undefined ? {} : { hint }),
          fence: (current.connection?.fence ?? 0) + 1,
          connectedAt: at,
          ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
        },
        updatedAt: at,
      };
    },
  });
  await watchIntegration(deps, scope, document.id);
  await resumeLane(deps, scope, document.id);
  await recordAudit(deps, scope, { action: 'connection.connected', subject: document.id, detail: body.kind });
  return { body: describeConnection(document) };
}

function hintOf(credential: Credential): string | undefined {
  const shown = recognisedBy(credential);
  return shown !== undefined && shown.length >= shortestHinted ? `…${shown.slice(-4)}` : undefined;
}

/** A password is often short and of a person's making: there the name is what people recognise. */
function recognisedBy(credential: Credential): string | undefined {
  switch (credential.kind) {
    case 'api-key':
      return credential.key;
    case 'bearer':
      return credential.token;
    case 'basic':
      return credential.username;
    case 'none':
      return undefined;
  }
}
