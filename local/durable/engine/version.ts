export interface VersionSettings {
  /** The version of new instances, and that of this app. */
  readonly defaultVersion: string | undefined;
  readonly versionMatchStrategy: 'None' | 'Strict' | 'CurrentOrOlder';
  readonly versionFailureStrategy: 'Reject' | 'Fail';
}

/**
 * Compares versions as the extension does: none is older than any, those that .NET's System.Version reads are compared by
 * their parts, all others as text in any case of letters.
 * @returns below 0 when `one` is older
 */
export const compareVersions = (one: string | undefined, other: string | undefined): number => {
  const [first, second] = [one ?? '', other ?? ''];
  if (first === '' || second === '') {
    return Number(first !== '') - Number(second !== '');
  }
  const [firstParts, secondParts] = [parseVersion(first), parseVersion(second)];
  if (firstParts === undefined || secondParts === undefined) {
    const [lower, otherLower] = [first.toLowerCase(), second.toLowerCase()];
    return lower < otherLower ? -1 : Number(lower > otherLower);
  }
  for (let index = 0; index < 4; index++) {
    // A part that is not there is older than 0, as in System.Version.
    const difference = (firstParts[index] ?? -1) - (secondParts[index] ?? -1);
    if (difference !== 0) {
      return Math.sign(difference);
    }
  }
  return 0;
};

/** Two to four numbers. */
const parseVersion = (text: string): readonly number[] | undefined => {
  const parts = text.trim().split('.');
  const isVersion = parts.length >= 2 && parts.length <= 4 && parts.every((part) => /^\d{1,9}$/.test(part));
  return isVersion ? parts.map(Number) : undefined;
};

/** Why this app may not run an instance of that version; undefined when it may. */
export const findVersionMismatch = (
  version: string | undefined,
  { defaultVersion, versionMatchStrategy }: VersionSettings,
): string | undefined => {
  const difference = compareVersions(version, defaultVersion);
  if (versionMatchStrategy === 'Strict' && difference !== 0) {
    return `The orchestration version '${version ?? ''}' does not match the worker version '${defaultVersion ?? ''}'.`;
  }
  // Without a version of its own an app has never said what it can run: it runs everything, as before there were versions.
  if (versionMatchStrategy === 'CurrentOrOlder' && difference > 0 && (defaultVersion ?? '') !== '') {
    return `The orchestration version '${version ?? ''}' is greater than the worker version '${defaultVersion ?? ''}'.`;
  }
  return undefined;
};
