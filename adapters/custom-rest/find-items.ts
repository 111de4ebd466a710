import { AdapterFailure } from '../../shared/core/adapter.ts';
import { readPath } from '../kit/read-path.ts';

/** What is not where the records should be is never an empty page: it would pass for a finished read. */
export function findItems(body: unknown, itemsPath: string | undefined): readonly unknown[] {
  const items = itemsPath === undefined ? body : readPath(body, itemsPath);
  if (Array.isArray(items)) return items;
  const where = itemsPath === undefined ? 'The answer itself' : `What the answer has at "${itemsPath}"`;
  throw new AdapterFailure('unexpected-response', `${where} is not an array of records.`);
}
