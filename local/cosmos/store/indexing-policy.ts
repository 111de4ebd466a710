import { badRequest } from '../errors.ts';
import { type Json, type JsonObject, ownProperty } from '../json.ts';
import { splitPath } from '../partition-key.ts';

/** One part of a composite index. */
export interface CompositePart {
  readonly path: readonly string[];
  readonly descending: boolean;
}

/** What of a container's indexing policy decides whether a query is served. */
export interface IndexingPolicy {
  readonly composites: readonly (readonly CompositePart[])[];
  /** Whether a property has an index of its own, so that results can be sorted by it. */
  isIndexed(path: readonly (string | number)[]): boolean;
}

/** A path of the policy: names, and whether everything below counts (`/*`) or the value alone (`/?`). */
interface PolicyPath {
  readonly steps: readonly string[];
  readonly isSubtree: boolean;
  readonly isIncluded: boolean;
}

function parsePolicyPath(entry: Json, isIncluded: boolean): PolicyPath {
  const path = ownProperty(entry, 'path');
  const isSubtree = typeof path === 'string' && path.endsWith('/*');
  if (typeof path !== 'string' || !(isSubtree || path.endsWith('/?'))) {
    throw badRequest(`The indexing path ${JSON.stringify(path)} is invalid: it must end with /? or /*.`);
  }
  return { steps: path.length === 2 ? [] : splitPath(path.slice(0, -2)), isSubtree, isIncluded };
}

function pathsOf(policy: Json | undefined, name: string, isIncluded: boolean): PolicyPath[] {
  const entries = ownProperty(policy, name);
  return Array.isArray(entries) ? entries.map((entry) => parsePolicyPath(entry, isIncluded)) : [];
}

function matches(policyPath: PolicyPath, path: readonly (string | number)[]): boolean {
  const { steps, isSubtree } = policyPath;
  if (isSubtree ? path.length < steps.length : path.length !== steps.length) return false;
  return steps.every((step, index) => step === path[index] || (step === '[]' && typeof path[index] === 'number'));
}

function compositesOf(policy: Json | undefined): CompositePart[][] {
  const indexes = ownProperty(policy, 'compositeIndexes');
  if (!Array.isArray(indexes)) return [];
  return indexes.map((index) => {
    if (!Array.isArray(index) || index.length < 2)
      throw badRequest('A composite index must be an array of two or more paths.');
    return index.map((part) => ({
      path: splitPath(String(ownProperty(part, 'path'))),
      descending: ownProperty(part, 'order') === 'descending',
    }));
  });
}

/** Reads a container's indexing policy. @throws CosmosError 400 */
export function indexingPolicyOf(container: JsonObject): IndexingPolicy {
  const policy = container['indexingPolicy'];
  const paths = [...pathsOf(policy, 'includedPaths', true), ...pathsOf(policy, 'excludedPaths', false)];
  const isOff = ownProperty(policy, 'indexingMode') === 'none';
  return {
    composites: compositesOf(policy),
    isIndexed(path) {
      if (isOff) return false;
      // The service always indexes these two.
      if (path.length === 1 && (path[0] === 'id' || path[0] === '_ts')) return true;
      // The most precise path decides; for equally long ones `/?` is more precise than `/*`.
      const precision = ({ steps, isSubtree }: PolicyPath): number => steps.length * 2 + (isSubtree ? 0 : 1);
      const best = paths.filter((candidate) => matches(candidate, path)).sort((a, b) => precision(b) - precision(a))[0];
      return best?.isIncluded ?? false;
    },
  };
}
