import type { Ask } from './answered-page.ts';
import { findNextPosition, planPage } from './paging.ts';
import type { Position } from './position.ts';
import { type ReadItems, readByOffset } from './read-by-offset.ts';
import { readByPage } from './read-by-page.ts';
import type { ObjectSettings } from './settings.ts';

/**
 * Reads the items at `position`, from the start where there is none. `size` is how many are wanted; `secretParam` is the query parameter
 * that carries the credential. Throws `AdapterFailure`.
 */
export async function readItems(
  object: ObjectSettings,
  position: Position | undefined,
  { ask, size, secretParam }: { readonly ask: Ask; readonly size: number; readonly secretParam: string | undefined },
): Promise<ReadItems> {
  const { paging } = object;
  if (paging.kind === 'page' && !paging.stable) {
    const at = position?.kind === 'checked-page' ? position : undefined;
    return await readByPage(paging, at, { ask, fields: object, size });
  }
  if (paging.kind === 'offset' && !paging.stable) {
    const at = position?.kind === 'checked-offset' ? position : undefined;
    return await readByOffset(paging, at, { ask, fields: object, size, maxSize: object.maxPageSize });
  }
  const page = await ask(planPage(paging, position, size));
  return { items: page.items, next: findNextPosition(paging, position, page, { size, secretParam }) };
}
