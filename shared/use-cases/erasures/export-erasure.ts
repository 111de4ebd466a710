import type { exportErasure as route } from '../../contracts/erasures.ts';
import { AppError } from '../../core/app-error.ts';
import { decodeCursor, encodeCursor } from '../../core/cursor.ts';
import { erasureRules } from '../../core/erasure-rules.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Deps, EstateDocument } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { blobOf, bytesOfBody } from './delivery-body.ts';
import { findErasure } from './find-erasure.ts';
import { judgeDocument } from './judge-document.ts';

/** Looked at for one page; of a person most have nothing. */
const documentsPerPage = 200;

/** An answer is about as long at most; one document more may be 2 MB. */
const largestPageBytes = 4_000_000;

const names = Object.keys(erasureRules).filter((name) => erasureRules[name]?.tenant === true);

/** What a prepared erasure is going to erase, page by page, container by container. Throws `not-found`, `wrong-state`. */
export async function exportErasure(
  deps: Pick<Deps, 'erasures' | 'estate' | 'deliveryBodies'>,
  scope: Scope,
  { params, query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await findErasure(deps, scope, params.erasureId);
  const { subject } = document;
  if (document.state !== 'prepared' || subject === undefined)
    throw new AppError('wrong-state', { detail: `The erasure is ${document.state}: it can no longer be exported.` });
  const asked = { erasureId: document.id };
  const place = query.cursor === undefined ? (names[0] ?? '') : decodeCursor(query.cursor, 'erasure', asked);
  const [name = ''] = place.split(' ', 1);
  const after = place === name ? undefined : place.slice(name.length + 1);
  let page = await deps.estate.list(scope, name, after, documentsPerPage);
  const items: { container: string; document: JsonObject }[] = [];
  let bytes = 0;
  for (const [index, each] of page.documents.entries()) {
    if ((await judgeDocument(deps, scope, each, subject, document.id)) === 'keep') continue;
    const exported = await withBody(deps, scope, each);
    items.push({ container: each.container, document: exported });
    bytes += JSON.stringify(exported).length;
    if (bytes < largestPageBytes) continue;
    page = await deps.estate.list(scope, name, after, index + 1);
    break;
  }
  const next = page.next === undefined ? names[names.indexOf(name) + 1] : `${name} ${page.next}`;
  return { body: { items, ...(next === undefined ? {} : { nextCursor: encodeCursor(next, 'erasure', asked) }) } };
}

/** The body of a delivery that is kept in a Blob is exported with it. */
async function withBody(
  deps: Pick<Deps, 'deliveryBodies'>,
  scope: Scope,
  { container, body: document }: EstateDocument,
): Promise<JsonObject> {
  const { body } = document;
  if (container !== 'deliveries' || blobOf(document) === undefined || !isJsonObject(body)) return document;
  const bytes = await bytesOfBody(deps, scope, document);
  return bytes === undefined
    ? document
    : { ...document, body: { ...body, encoding: 'base64', content: bytes.toString('base64') } };
}
