import { type Role, roles } from '../contracts/route.ts';
import { isApiKeySecret, parseApiKey } from '../core/api-key.ts';
import { AppError } from '../core/app-error.ts';
import type { ApiKeyDocument } from '../core/documents/access.ts';
import type { Deps, Stored, VerifiedToken } from '../core/ports.ts';
import { type Actor, type Scope, systemScope } from '../core/scope.ts';

const hourMs = 3_600_000;
/** Longer than any token of ours; what is longer is not worth a signature check. */
const maximumTokenLength = 16_384;

/** The two headers that a caller may sign in with. */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly apiKey: string | undefined;
}

type Needs = Pick<Deps, 'tokens' | 'apiKeys' | 'now'>;

/**
 * Who calls, and for which tenant. A caller sends one credential: a bearer token or an API key.
 *
 * @throws AppError `unauthenticated` whatever is wrong with the credential; `unavailable` when tokens can't be verified at the moment
 */
export async function authenticate(deps: Needs, credentials: Credentials, traceparent: string): Promise<Scope> {
  const { authorization, apiKey } = credentials;
  if (authorization !== undefined && apiKey !== undefined) {
    throw new AppError('unauthenticated', { detail: 'Send either Authorization or X-Api-Key, not both.' });
  }
  if (authorization !== undefined) return authenticateToken(deps, authorization, traceparent);
  if (apiKey !== undefined) return authenticateKey(deps, apiKey, traceparent);
  throw new AppError('unauthenticated', { detail: 'Send a bearer token or an X-Api-Key.' });
}

/** Throws `forbidden` when the actor's role is below the one that is needed. */
export function authorise(actor: Actor, needed: Role): void {
  if (roles.indexOf(actor.role) < roles.indexOf(needed)) {
    throw new AppError('forbidden', { detail: `This needs the role ${needed}; yours is ${actor.role}.` });
  }
}

async function authenticateToken(deps: Needs, authorization: string, traceparent: string): Promise<Scope> {
  const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
  const verified = token === undefined || token.length > maximumTokenLength ? undefined : await verify(deps, token);
  if (verified === undefined) throw new AppError('unauthenticated', { detail: 'The bearer token is not valid.' });
  return {
    tenantId: verified.tenantId,
    actor: { kind: 'user', id: verified.subject, role: verified.role },
    traceparent,
  };
}

async function verify(deps: Needs, token: string): Promise<VerifiedToken | undefined> {
  try {
    return await deps.tokens.verify(token);
  } catch (cause) {
    throw new AppError('unavailable', { detail: 'Sign-in tokens cannot be verified at the moment.', cause });
  }
}

async function authenticateKey(deps: Needs, text: string, traceparent: string): Promise<Scope> {
  const refusal = () => new AppError('unauthenticated', { detail: 'The API key is not valid.' });
  const parts = parseApiKey(text);
  if (parts === undefined) throw refusal();
  const keyScope = systemScope(parts.tenantId, 'sign-in', traceparent);
  const stored = await deps.apiKeys.get(keyScope, { id: parts.id });
  if (stored === undefined || !isApiKeySecret(parts.secret, stored.document.secretHash)) throw refusal();
  const now = deps.now();
  if (Date.parse(stored.document.expiresAt) <= now.getTime()) throw refusal();
  await noteUse(deps, keyScope, stored, now);
  const { tenantId, id, role } = stored.document;
  return { tenantId, actor: { kind: 'api-key', id, role }, traceparent };
}

/** At most one write an hour and key. Who loses the race need not write: the winner noted the same hour. */
async function noteUse(deps: Needs, scope: Scope, stored: Stored<ApiKeyDocument>, now: Date): Promise<void> {
  const { lastUsedAt } = stored.document;
  if (lastUsedAt !== undefined && now.getTime() - Date.parse(lastUsedAt) < hourMs) return;
  const document: ApiKeyDocument = { ...stored.document, lastUsedAt: now.toISOString() };
  await deps.apiKeys.write(scope, { kind: 'replace', document, etag: stored.etag });
}
