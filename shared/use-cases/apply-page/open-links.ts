import { shortHash } from '../../core/canonical.ts';
import type { LinkDocument } from '../../core/documents/link.ts';
import type { Claim, Matcher } from '../../core/identity/compile-match-rules.ts';
import type { MergeInput } from '../../core/merge-source.ts';
import { isOlder, type Observation, observedAs } from '../../core/observation.ts';
import type { Scope } from '../../core/scope.ts';
import type { Item, Linked, Placed, Stores } from './item.ts';

export async function readLinks(deps: Pick<Stores, 'links'>, scope: Scope, items: readonly Item[]): Promise<void> {
  if (items.length === 0) return;
  const links = await deps.links.getMany(
    scope,
    items.map((item) => ({ id: item.observation.linkId })),
  );
  for (const [index, item] of items.entries()) {
    item.link = links[index];
    item.fresh = false;
    item.shard = undefined;
  }
}

/** The items without a link that get one; a deleted record that was never here needs none. */
export function takeMissing(items: readonly Item[]): Item[] {
  const missing = items.filter((item) => item.link === undefined);
  for (const item of missing) if (item.observation.deleted) item.outcome = 'skipped';
  return missing.filter((item) => item.outcome === undefined);
}

/**
 * Creates links, `pending`, each naming its shard. Who loses the creation goes on with the winner's link.
 *
 * @param shardIdOf the shard that a record joins or proposes
 * @returns the items whose links are another worker's
 */
export async function createLinks(
  deps: Pick<Stores, 'links'>,
  scope: Scope,
  input: MergeInput,
  wanted: readonly Item[],
  shardIdOf: (item: Item) => string,
): Promise<Item[]> {
  const proposals = wanted.map((item) => proposeLink(input, item.observation, shardIdOf(item), item.claims));
  const results = await deps.links.writeMany(
    scope,
    proposals.map((document) => ({ kind: 'create', document })),
  );
  const lost: Item[] = [];
  for (const [index, item] of wanted.entries()) {
    const result = results[index];
    const document = proposals[index];
    if (result?.ok && document !== undefined) {
      item.link = { document, etag: result.etag };
      item.fresh = true;
      item.revision = document.claims?.revision;
    } else {
      lost.push(item);
    }
  }
  await readLinks(deps, scope, lost);
  return lost;
}

function proposeLink(
  input: MergeInput,
  observation: Observation,
  shardId: string,
  claims: readonly Claim[],
): LinkDocument {
  return {
    id: observation.linkId,
    tenantId: input.tenantId,
    schemaVersion: 1,
    integrationId: input.integrationId,
    object: observation.feed.object,
    externalId: observation.externalId,
    shardTypeId: observation.feed.shardTypeId,
    shardId,
    state: 'pending',
    observed: observedAs(observation, input.sighting),
    ...(claims.length === 0 ? {} : { claims: { keys: keysOf(claims), revision: 1 } }),
  };
}

/**
 * Lists on the links what their records are about to claim, besides what they claimed before: only then may an entry be written.
 *
 * @returns the items whose links list all of it; the others take another pass
 */
export async function listClaims(
  deps: Pick<Stores, 'links'>,
  scope: Scope,
  linked: readonly Linked[],
): Promise<Linked[]> {
  const ready: Linked[] = [];
  const wanted = linked.filter((each) => {
    const { claims } = each.link.document;
    const listed = claims !== undefined && claims.revision === each.item.revision;
    if (!listed && (claims !== undefined || each.item.claims.length > 0)) return true;
    ready.push(each);
    return false;
  });
  const documents = wanted.map(({ item, link, shardId }): LinkDocument => {
    const before = link.document.claims;
    const keys = [...new Set([...(before?.keys ?? []), ...keysOf(item.claims)])].sort();
    const claims = { keys, revision: (before?.revision ?? 0) + 1 };
    return { ...link.document, shardId, state: 'pending', claims };
  });
  const results = await deps.links.writeMany(
    scope,
    documents.map((document, index) => ({ kind: 'replace', document, etag: wanted[index]?.link.etag ?? '' })),
  );
  for (const [index, each] of wanted.entries()) {
    const result = results[index];
    const document = documents[index];
    if (!result?.ok || document === undefined) continue;
    const link = { document, etag: result.etag };
    each.item.link = link;
    each.item.revision = document.claims?.revision;
    ready.push({ ...each, link });
  }
  return ready;
}

function keysOf(claims: readonly Claim[]): string[] {
  return claims.map(({ key }) => key).sort();
}

/** The last write of a record. A link that someone else moved meanwhile is judged again in the next pass. */
export async function settleLinks(
  deps: Pick<Stores, 'links'>,
  scope: Scope,
  input: MergeInput,
  placed: readonly Placed[],
): Promise<void> {
  const results = await deps.links.writeMany(
    scope,
    placed.map((each) => ({ kind: 'replace', etag: each.link.etag, document: settledLink(input, each) })),
  );
  for (const [index, { item, last }] of placed.entries()) {
    if (!results[index]?.ok) continue;
    item.outcome = last.outcome;
    item.settled = true;
  }
}

function settledLink(input: MergeInput, { item, link, shardId, last }: Placed): LinkDocument {
  const { observation } = item;
  // The answer to a write may come after a later look.
  const isLate = isOlder(link.document, observation, input.sighting);
  const version = isLate ? link.document.version : (observation.version ?? link.document.version);
  const claims = settledClaims(input, item, link.document);
  return {
    ...link.document,
    shardId,
    state: 'settled',
    hash: observation.hash,
    ...(version === undefined ? {} : { version }),
    observed: isLate ? link.document.observed : observedAs(observation, input.sighting),
    last,
    ...(claims === undefined ? {} : { claims }),
  };
}

function settledClaims({ matcher }: MergeInput, item: Item, link: LinkDocument): LinkDocument['claims'] {
  if (link.claims === undefined) return undefined;
  const hash = matcher === undefined ? {} : { hash: hashClaims(matcher.rulesPrint, item.claims) };
  return { keys: keysOf(item.claims), revision: link.claims.revision, ...hash };
}

/** The same claims under the same rules have been looked at when the link was settled. */
export function hasSettledClaims(matcher: Matcher, item: Item, link: LinkDocument): boolean {
  if (link.claims === undefined) return item.claims.length === 0;
  return link.state === 'settled' && link.claims.hash === hashClaims(matcher.rulesPrint, item.claims);
}

function hashClaims(rulesPrint: string, claims: readonly Claim[]): string {
  return shortHash(`${rulesPrint} ${JSON.stringify(claims.map(({ key, form }) => [key, form ?? null]))}`);
}
