import type { LinkDocument } from '../../core/documents/link.ts';
import type { Matcher } from '../../core/identity/compile-match-rules.ts';
import { takeEntries } from '../../core/identity/key-entries.ts';
import type { Deps, Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Item, Placed } from './item.ts';

/** Takes back what records claimed before and no longer show. Their links list it until they are settled, so that a repeat does it again. */
export async function releaseClaims(deps: Pick<Deps, 'keys'>, scope: Scope, placed: readonly Placed[]): Promise<void> {
  const releases: Release[] = [];
  for (const { item, link } of placed) {
    const { claims } = link.document;
    const kept = new Set(item.claims.map(({ key }) => key));
    const keys = claims?.keys.filter((key) => !kept.has(key)) ?? [];
    if (claims !== undefined && keys.length > 0) {
      releases.push({ linkId: link.document.id, keys, revision: claims.revision });
    }
  }
  await takeBack(deps, scope, releases);
}

/**
 * Takes back what was claimed for a look that turned out to be late: a newer one may have settled the link between our listing of a key and our entry. Such
 * an entry does not count, but nobody else knows of it; a repeat of a page whose worker died there comes here too.
 */
export async function releaseStrays(
  deps: Pick<Deps, 'links' | 'keys'>,
  scope: Scope,
  matcher: Matcher,
  items: readonly Item[],
): Promise<void> {
  const late = items.filter(
    (item) => !item.settled && item.link !== undefined && (item.revision !== undefined || item.outcome === 'skipped'),
  );
  if (late.length === 0) return;
  const links = await deps.links.getMany(
    scope,
    late.map((item) => ({ id: item.observation.linkId })),
  );
  const releases = late.flatMap((item, index): Release[] => {
    const claims = links[index]?.document.claims;
    const claimed = [...item.claims, ...matcher.claimsOf(item.observation.data)].map(({ key }) => key);
    const keys = [...new Set(claimed)].filter((key) => claims?.keys.includes(key) !== true);
    return keys.length === 0 ? [] : [{ linkId: item.observation.linkId, keys, revision: claims?.revision ?? 0 }];
  });
  await takeBack(deps, scope, releases);
}

interface Release {
  readonly linkId: string;
  readonly keys: readonly string[];
  /** Entries of later revisions stay. */
  readonly revision: number;
}

async function takeBack(deps: Pick<Deps, 'keys'>, scope: Scope, releases: readonly Release[]): Promise<void> {
  const byKey = new Map<string, Map<string, number>>();
  for (const { linkId, keys, revision } of releases) {
    for (const key of keys) byKey.set(key, (byKey.get(key) ?? new Map()).set(linkId, revision));
  }
  let open = [...byKey.keys()];
  while (open.length > 0) {
    const stored = await deps.keys.getMany(
      scope,
      open.map((key) => ({ id: key, partition: key })),
    );
    const changes = open.flatMap((key, index) => {
      const present = stored[index];
      if (present === undefined) return [];
      const document = takeEntries(present.document, byKey.get(key) ?? new Map());
      return document === present.document ? [] : [{ key, document, etag: present.etag }];
    });
    const results = await deps.keys.writeMany(
      scope,
      changes.map(({ document, etag }) => ({ kind: 'replace', document, etag })),
    );
    open = changes.flatMap(({ key }, index) => (results[index]?.ok ? [] : [key]));
  }
}

/** What a link shall list from now on, and nothing else. */
export interface Reduction {
  readonly link: Stored<LinkDocument>;
  readonly keys: readonly string[];
}

/**
 * Takes back what the links of an interrupted page claim for records that nobody looks at any more. The links' revisions move first: a worker that still
 * goes on with one of them cannot settle it, and claims anew.
 */
export async function reduceClaims(
  deps: Pick<Deps, 'links' | 'keys'>,
  scope: Scope,
  reductions: readonly Reduction[],
): Promise<void> {
  const fenced = await replaceClaims(deps, scope, reductions, ({ revision, keys }) => ({
    keys,
    revision: revision + 1,
  }));
  const releases = fenced.map(({ link, keys }): Release => {
    const { id, claims } = link.document;
    const gone = claims?.keys.filter((key) => !keys.includes(key)) ?? [];
    return { linkId: id, keys: gone, revision: (claims?.revision ?? 0) - 1 };
  });
  await takeBack(deps, scope, releases);
  await replaceClaims(deps, scope, fenced, ({ revision }, keys) => ({ keys: [...keys], revision }));
}

type Claims = NonNullable<LinkDocument['claims']>;

/** Leaves out links that somebody changed meanwhile. */
async function replaceClaims(
  deps: Pick<Deps, 'links'>,
  scope: Scope,
  reductions: readonly Reduction[],
  change: (claims: Claims, keys: readonly string[]) => Claims,
): Promise<Reduction[]> {
  const documents = reductions.map(({ link: { document }, keys }) => ({
    ...document,
    claims: change(document.claims ?? { keys: [], revision: 0 }, keys),
  }));
  const results = await deps.links.writeMany(
    scope,
    documents.map((document, index) => ({ kind: 'replace', document, etag: reductions[index]?.link.etag ?? '' })),
  );
  return reductions.flatMap(({ keys }, index) => {
    const result = results[index];
    const document = documents[index];
    return result?.ok && document !== undefined ? [{ link: { document, etag: result.etag }, keys }] : [];
  });
}
