import type { listApiKeys as route } from '../contracts/api-keys.ts';
import { describeApiKey } from '../core/describe-api-key.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { listPage } from './list-page.ts';

/** The tenant's API keys, newest first; never the keys themselves. */
export async function listApiKeys(
  deps: Pick<Deps, 'apiKeys'>,
  scope: Scope,
  { query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const body = await listPage({
    list: 'api-keys',
    asked: {},
    page: query,
    read: (range) => deps.apiKeys.list(scope, { filters: [], order: 'descending', ...range }),
    describe: describeApiKey,
  });
  return { body };
}
