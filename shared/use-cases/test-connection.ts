import type { testConnection as route } from '../contracts/connections.ts';
import { AdapterFailure } from '../core/adapter.ts';
import { AppError } from '../core/app-error.ts';
import { isSameConnection } from '../core/credential.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { changeDocument } from './change-document.ts';
import { findIntegration } from './find-integration.ts';
import { openIntegration } from './open-integration.ts';
import { resumeLane } from './push/resume-push.ts';
import { watchIntegration } from './watch-integration.ts';

type Connection = NonNullable<IntegrationDocument['connection']>;

/**
 * Calls the provider and remembers what came of it. A rejected credential or an answer that makes no sense marks the connection as failing; a
 * provider that is slow, busy or unreachable says nothing about the connection.
 *
 * @throws AppError `not-found`, `not-connected`
 */
export async function testConnection(
  deps: Pick<
    Deps,
    | 'integrations'
    | 'healthDue'
    | 'adapters'
    | 'openCall'
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
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await findIntegration(deps, scope, params.integrationId);
  const { adapter, call } = await openIntegration(deps, scope, document);
  const startedMs = deps.now().getTime();
  let failure: AdapterFailure | undefined;
  try {
    await adapter.check(call);
  } catch (error) {
    if (!(error instanceof AdapterFailure)) throw error;
    failure = error;
  }
  const finished = deps.now();
  await remember(deps, scope, document, (connection) => judge(connection, failure, finished.toISOString()));
  await watchIntegration(deps, scope, document.id);
  if (failure === undefined) await resumeLane(deps, scope, document.id);
  return {
    body: { works: failure === undefined, durationMs: finished.getTime() - startedMs, problem: failure?.message },
  };
}

function judge(connection: Connection, failure: AdapterFailure | undefined, checkedAt: string): Connection {
  const { problem: _problem, ...rest } = connection;
  if (failure === undefined) return { ...rest, state: 'connected', checkedAt };
  const isPassing = failure.kind === 'unavailable' || failure.kind === 'rate-limited';
  return { ...rest, state: isPassing ? rest.state : 'failing', checkedAt, problem: failure.message };
}

/** Only for the credential that was tested: a newer one is not judged by it. */
async function remember(
  deps: Pick<Deps, 'integrations'>,
  scope: Scope,
  tested: IntegrationDocument,
  change: (connection: Connection) => Connection,
): Promise<void> {
  try {
    await changeDocument(deps.integrations, scope, {
      find: async () => {
        const stored = await deps.integrations.get(scope, { id: tested.id });
        if (stored === undefined || !isSameConnection(stored.document.connection, tested.connection))
          throw new AppError('not-found');
        return stored;
      },
      change: (current) =>
        current.connection === undefined ? current : { ...current, connection: change(current.connection) },
    });
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'not-found')) throw error;
  }
}
