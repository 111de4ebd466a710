import type { Log, Refusals } from '../core/ports.ts';
import {
  mergeRefusals,
  noRefusals,
  type Refusal,
  type RefusalRecord,
  recordRefusal,
} from '../core/webhooks/refusal-record.ts';

/** An integration that there is. */
interface Subject {
  readonly tenantId: string;
  readonly integrationId: string;
}

export interface RefusalBookOptions {
  /** Stores what was noted of an integration; rejects when that has to wait. */
  readonly write: (subject: Subject, noted: RefusalRecord) => Promise<void>;
  /** Calls once, after so many milliseconds. */
  readonly later: (ms: number, call: () => Promise<void>) => void;
  readonly log: Log;
}

const pauseMs = 5_000;
/** One after the other, in the order of their first refusal: four a second at most, whatever comes. */
const mostWrites = 20;
/** More are not looked after at once; what is refused for others is only counted. */
const mostSubjects = 1_000;

/**
 * Takes down in this process what was refused, and has it stored by and by: noting costs a request no write, and a flood is no more writes than a drop.
 * What was noted in the last seconds is lost with the process.
 */
export class RefusalBook implements Refusals {
  readonly #options: RefusalBookOptions;
  readonly #noted = new Map<string, { readonly subject: Subject; readonly record: RefusalRecord }>();
  #nobodys = 0;
  #isAwaited = false;

  constructor(options: RefusalBookOptions) {
    this.#options = options;
  }

  note(subject: Subject | undefined, refusal: Refusal): void {
    const key = subject && `${subject.tenantId}/${subject.integrationId}`;
    const present = key === undefined ? undefined : this.#noted.get(key);
    const hasRoom = present !== undefined || this.#noted.size < mostSubjects;
    if (subject === undefined || key === undefined || !hasRoom) this.#nobodys += 1;
    else this.#add(key, subject, recordRefusal(refusal));
    this.#await();
  }

  #add(key: string, subject: Subject, record: RefusalRecord): void {
    const present = this.#noted.get(key)?.record ?? noRefusals;
    this.#noted.set(key, { subject, record: mergeRefusals(present, record) });
  }

  #await(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    this.#options.later(pauseMs, () => this.#write());
  }

  async #write(): Promise<void> {
    const { log, write } = this.#options;
    if (this.#nobodys > 0) log.info('webhooks were refused that no integration takes', { count: this.#nobodys });
    this.#nobodys = 0;
    for (const [key, { subject, record }] of [...this.#noted].slice(0, mostWrites)) {
      this.#noted.delete(key);
      log.info('webhooks were refused', { ...subject, days: record.days });
      try {
        await write(subject, record);
      } catch (error) {
        log.warn('refusals of webhooks could not be written down yet', { ...subject, error });
        this.#add(key, subject, record);
      }
    }
    this.#isAwaited = false;
    if (this.#noted.size > 0) this.#await();
  }
}
