import type { exportErasure as route } from '../../contracts/erasures.ts';
import { AppError } from '../../core/app-error.ts';
import { decodeCursor, encodeCursor } from '../../core/cursor.ts';
import { erasureRules } from '../../core/erasure-rules.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { findErasure } from './find-erasure.ts';
import { judgeDocument } from './judge-document.ts';

/** Looked at for one page; of a person most have nothing. */
const documentsPerPage = 200;

const names = Object.keys(erasureRules).filter((name) => erasureRules[name]?.tenant === true);

/** What a prepared erasure is going to erase, page by page, container by container. Throws `not-found`, `wrong-state`. */
export async function exportErasure(
  deps: Pick<Deps, 'erasures' | 'estate'>,
  scope: Scope,
  { params, query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await findErasure(deps, scope, params.erasureId);
  const { subject } = document;
  if (document.state !== 'prepared' || subject === undefined)
    throw new AppError('wrong-state', { detail: `The erasure is ${document.state}: it can no longer be exported.` });
  const asked = { erasureId: document.id };
  const place = query.cursor === undefined ? (names[0] ?? '') : decodeCursor(query.cursor, 'erasure', asked);
  const [name = '', after] = place.split(' ', 2);
  const page = await deps.estate.list(scope, name, after, documentsPerPage);
  const items = page.documents.filter((each) => judgeDocument(each, subject, document.id) !== 'keep');
  const next = page.next === undefined ? names[names.indexOf(name) + 1] : `${name} ${page.next}`;
  return {
    body: {
      items: items.map(({ container, body }) => ({ container, document: body })),
      ...(next === undefined ? {} : { nextCursor: encodeCursor(next, 'erasure', asked) }),
    },
  };
}
