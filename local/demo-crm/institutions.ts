import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface Institution {
  readonly domain: string;
  readonly names: readonly string[];
}

let loaded: readonly Institution[] | undefined;

/** The 23,974 institutions of `data/`, in the order of the file, as messy as they are (see `data/ATTRIBUTION.md`). */
export const loadInstitutions = (): readonly Institution[] => {
  loaded ??= parseInstitutions(gunzipSync(readFileSync(new URL('data/institutions.ndjson.gz', import.meta.url))));
  return loaded;
};

const parseInstitutions = (file: Buffer): readonly Institution[] =>
  JSON.parse(`[${file.toString('utf8').trimEnd().replaceAll('\n', ',')}]`);

/**
 * The institution behind a company's index. Past the end of the list it starts again with further campuses, which have
 * domains of their own.
 */
export const institutionAt = (institutions: readonly Institution[], index: number): Institution => {
  const institution = institutions[index % institutions.length];
  if (institution === undefined) {
    throw new RangeError('the list of institutions is empty');
  }
  const campus = Math.floor(index / institutions.length) + 1;
  return campus === 1
    ? institution
    : {
        domain: `campus${campus}.${institution.domain}`,
        names: institution.names.map((name) => `${name} (campus ${campus})`),
      };
};
