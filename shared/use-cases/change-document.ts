import { AppError } from '../core/app-error.ts';
import { sameValue } from '../core/canonical.ts';
import { type IfMatch, isMatch } from '../core/etag.ts';
import type { Json } from '../core/json.ts';
import type { Collection, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** Losing this many races in a row means that something writes without end. */
const maximumTries = 20;

export interface Change<T> {
  /** Reads the document anew; throws where there is none. */
  readonly find: () => Promise<Stored<T>>;
  /** What it shall become. May throw to refuse. `isMatch`: it is the version that the caller saw; else what it becomes is not written. */
  readonly change: (current: T, isMatch: boolean) => T | Promise<T>;
  readonly ifMatch?: IfMatch | undefined;
  /** The request may have been carried out before: a document that already is as wanted is then ours, whatever its version. */
  readonly repeated?: boolean;
}

/**
 * Changes one document conditionally: with `ifMatch` only the version that the caller saw, else the newest, read again after each lost race.
 *
 * @throws AppError `precondition-failed`; `unavailable` when the races don't end; what `find` and `change` throw
 */
export async function changeDocument<T extends { readonly id: string }>(
  collection: Collection<T>,
  scope: Scope,
  { find, change, ifMatch, repeated }: Change<T>,
): Promise<Stored<T>> {
  for (let attempt = 0; attempt < maximumTries; attempt += 1) {
    const current = await find();
    const matches = isMatch(ifMatch, current.etag);
    const document = await change(current.document, matches);
    if (!matches) {
      if (repeated === true && sameValue(current.document as unknown as Json, document as unknown as Json))
        return current;
      throw new AppError('precondition-failed');
    }
    const result = await collection.write(scope, { kind: 'replace', document, etag: current.etag });
    if (result.ok) return { document, etag: result.etag };
  }
  throw new AppError('unavailable', { detail: 'It is being changed too often at the moment.' });
}

/** Creates a document. On a repeated try the one that is there under the same id is the first try's. */
export async function createDocument<T extends { readonly id: string }>(
  collection: Collection<T>,
  scope: Scope,
  document: T,
  repeated: boolean,
): Promise<Stored<T>> {
  const result = await collection.write(scope, { kind: 'create', document });
  if (result.ok) return { document, etag: result.etag };
  const present = repeated ? await collection.get(scope, { id: document.id }) : undefined;
  if (present === undefined) throw new Error(`The new id ${document.id} is taken`);
  return present;
}
