import type { RecordType } from './record-types.ts';

/** Bodies of generated records, which cost more to make again than to keep: as long as somebody reads. */
export interface BodyCache {
  get(type: RecordType, index: number): string | undefined;
  /** Answers the body, kept or not. */
  keep(type: RecordType, index: number, body: string): string;
}

/** Characters, which bounds the memory of large datasets. */
const MOST_CHARACTERS = 24 * 1024 * 1024;
/** After so long without a reader the bodies are given up: what nobody reads need not fill a laptop's memory. */
const KEPT_UNUSED_MS = 1_000;

export const createBodyCache = (): BodyCache => {
  const bodies = {
    companies: new Map<number, string>(),
    contacts: new Map<number, string>(),
    deals: new Map<number, string>(),
  };
  let characters = 0;
  let isUsed = false;
  let watch: NodeJS.Timeout | undefined;

  const giveUpUnused = (): void => {
    if (isUsed) {
      isUsed = false;
      return;
    }
    for (const ofType of Object.values(bodies)) {
      ofType.clear();
    }
    characters = 0;
    clearInterval(watch);
    watch = undefined;
  };

  return {
    get: (type, index) => {
      isUsed = true;
      return bodies[type].get(index);
    },
    keep: (type, index, body) => {
      if (characters < MOST_CHARACTERS) {
        bodies[type].set(index, body);
        characters += body.length;
        watch ??= setInterval(giveUpUnused, KEPT_UNUSED_MS).unref();
      }
      return body;
    },
  };
};
