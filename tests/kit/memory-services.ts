import { AppError, CorruptDocument } from '../../shared/core/app-error.ts';
import { sameValue } from '../../shared/core/canonical.ts';
import type { DueLane } from '../../shared/core/due.ts';
import { copyJson, type Json, type JsonObject } from '../../shared/core/json.ts';
import type {
  DueEntry,
  DueStore,
  EstateDocument,
  Log,
  QueueMeasure,
  SecretStore,
  Stored,
  TokenVerifier,
  VerifiedToken,
  WorkQueue,
} from '../../shared/core/ports.ts';
import type { Scope } from '../../shared/core/scope.ts';
import type { Faults } from './faults.ts';
import type { EstatePart } from './memory-estate.ts';
import { storedJson } from './stored-json.ts';

export class MemoryDueStore<T extends DueEntry> implements DueStore<T>, EstatePart {
  readonly container = 'due';
  readonly #name: string;
  readonly #faults: Faults;
  readonly #schema: DueLane<T>['schema'];
  readonly #entries = new Map<string, { readonly raw: Json; readonly etag: string; document?: T }>();
  #writes = 0;

  constructor(name: string, lane: DueLane<T>, faults: Faults) {
    this.#name = name;
    this.#schema = lane.schema;
    this.#faults = faults;
  }

  async put(document: T): Promise<void> {
    await this.#faults.enter(this.#name, 'put', 1);
    this.#faults.step(`${this.#name} put ${document.id}`, () => this.#set(document));
  }

  async get(key: Pick<DueEntry, 'id' | 'bucket'>): Promise<Stored<T> | undefined> {
    await this.#faults.enter(this.#name, 'get', 1);
    return this.#read(placeOf(key));
  }

  async reschedule(entry: Stored<T>, dueAt: string): Promise<'moved' | 'stale' | 'gone'> {
    await this.#faults.enter(this.#name, 'reschedule', 1);
    return this.#faults.step(`${this.#name} reschedule ${entry.document.id}`, () => {
      const present = this.#entries.get(placeOf(entry.document));
      if (present === undefined) return 'gone';
      if (present.etag !== entry.etag) return 'stale';
      this.#set({ ...entry.document, dueAt });
      return 'moved';
    });
  }

  async remove(key: Pick<DueEntry, 'id' | 'bucket'>, etag?: string): Promise<void> {
    await this.#faults.enter(this.#name, 'remove', 1);
    this.#faults.step(`${this.#name} remove ${key.id}`, () => {
      const present = this.#entries.get(placeOf(key));
      if (etag === undefined || present?.etag === etag) this.#entries.delete(placeOf(key));
    });
  }

  async listDue(now: string, limit: number): Promise<Stored<T>[]> {
    await this.#faults.enter(this.#name, 'listDue', 1);
    return this.all()
      .filter((entry) => entry.document.dueAt <= now)
      .sort((a, b) => (a.document.dueAt < b.document.dueAt ? -1 : 1))
      .slice(0, limit);
  }

  raws(tenantId: string): EstateDocument[] {
    return [...this.#entries.values()].flatMap(({ raw, etag }) => {
      const body = copyJson(raw) as JsonObject;
      return body['tenantId'] === tenantId ? [{ container: this.container, body, etag }] : [];
    });
  }

  swap({ body, etag }: EstateDocument, next: JsonObject | undefined): boolean {
    for (const [place, entry] of this.#entries) {
      if (entry.etag !== etag || !sameValue(entry.raw, body)) continue;
      if (next === undefined) this.#entries.delete(place);
      else this.#entries.set(place, { raw: storedJson(next), etag: `"swapped-${etag}"` });
      return true;
    }
    return false;
  }

  all(): Stored<T>[] {
    return [...this.#entries.keys()].flatMap((place) => this.#read(place) ?? []);
  }

  #set(document: T): void {
    this.#writes += 1;
    this.#entries.set(placeOf(document), { raw: storedJson(document), etag: `"${this.#writes}"` });
  }

  #read(place: string): Stored<T> | undefined {
    const entry = this.#entries.get(place);
    if (entry === undefined) return undefined;
    if (entry.document === undefined) {
      const parsed = this.#schema.safeParse(entry.raw);
      if (!parsed.success) throw new CorruptDocument(`${this.#name}/${place}`, parsed.error.message);
      entry.document = parsed.data;
    }
    return { document: copyJson(entry.document as unknown as Json) as unknown as T, etag: entry.etag };
  }
}

function placeOf(key: Pick<DueEntry, 'id' | 'bucket'>): string {
  return `${key.bucket}/${key.id}`;
}

export class MemorySecretStore implements SecretStore {
  readonly #faults: Faults;
  readonly #secrets = new Map<string, Map<string, string>>();
  #versions = 0;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  async put(scope: Scope, name: string, value: string): Promise<string> {
    await this.#faults.enter('secrets', 'put', 1);
    return this.#faults.step(`secrets put ${name}`, () => {
      this.#versions += 1;
      const version = this.#versions.toString(16).padStart(32, '0');
      const place = JSON.stringify([scope.tenantId, name]);
      this.#secrets.set(place, new Map(this.#secrets.get(place)).set(version, value));
      return version;
    });
  }

  async get(scope: Scope, name: string, version: string): Promise<string> {
    await this.#faults.enter('secrets', 'get', 1);
    const value = this.#secrets.get(JSON.stringify([scope.tenantId, name]))?.get(version);
    if (value === undefined) throw new AppError('not-connected', { detail: 'The stored credential is gone.' });
    return value;
  }

  async erase(scope: Scope, name: string): Promise<void> {
    await this.#faults.enter('secrets', 'erase', 1);
    this.#faults.step(`secrets erase ${name}`, () => this.#secrets.delete(JSON.stringify([scope.tenantId, name])));
  }

  /** Number of secrets kept, of all tenants. */
  get size(): number {
    return this.#secrets.size;
  }
}

export interface ReceivedMessage<Envelope> {
  readonly envelope: Envelope;
  readonly dequeueCount: number;
  /** Deletes the message; without it, it comes again when its visibility timeout is over. */
  readonly complete: () => void;
}

/** At least once, like the real queue: a received message stays hidden for a while and comes back unless it is completed. */
export class MemoryWorkQueue<Envelope> implements WorkQueue<Envelope> {
  readonly #name: string;
  readonly #faults: Faults;
  readonly #nowMs: () => number;
  readonly poison: { readonly delivered: unknown; readonly reason: string }[] = [];
  readonly #messages: { text: string; visibleAtMs: number; dequeueCount: number }[] = [];

  /** @param name the port's, by which faults know it */
  constructor(name: string, faults: Faults, nowMs: () => number) {
    this.#name = name;
    this.#faults = faults;
    this.#nowMs = nowMs;
  }

  async send(envelope: Envelope, delayMs = 0): Promise<void> {
    await this.#faults.enter(this.#name, 'send', 1);
    this.#faults.step(`${this.#name} send`, () => {
      this.#messages.push({
        text: JSON.stringify(envelope),
        visibleAtMs: this.#nowMs() + delayMs,
        dequeueCount: 0,
      });
    });
  }

  async collect(delivered: unknown): Promise<unknown> {
    return delivered;
  }

  async measure(): Promise<QueueMeasure> {
    await this.#faults.enter(this.#name, 'measure', 1);
    const oldestMs = Math.max(...this.#messages.map(({ visibleAtMs }) => this.#nowMs() - visibleAtMs));
    return { depth: this.#messages.length, poison: this.poison.length, ...(oldestMs < 0 ? {} : { oldestMs }) };
  }

  async setAside(delivered: unknown, reason: string): Promise<void> {
    await this.#faults.enter(this.#name, 'setAside', 1);
    this.#faults.step(`${this.#name} setAside`, () => this.poison.push({ delivered, reason }));
  }

  /** The next visible message, as the host would hand it to a function. */
  receive(visibilityTimeoutMs = 60_000): ReceivedMessage<Envelope> | undefined {
    const message = this.#messages.find((candidate) => candidate.visibleAtMs <= this.#nowMs());
    if (message === undefined) return undefined;
    message.visibleAtMs = this.#nowMs() + visibilityTimeoutMs;
    message.dequeueCount += 1;
    return {
      envelope: JSON.parse(message.text) as Envelope,
      dequeueCount: message.dequeueCount,
      complete: () => {
        const index = this.#messages.indexOf(message);
        if (index >= 0) this.#messages.splice(index, 1);
      },
    };
  }

  get waiting(): number {
    return this.#messages.length;
  }

  /** When the next message becomes visible, epoch ms; for a test to move its clock there. */
  get nextVisibleAtMs(): number | undefined {
    return this.#messages.length === 0 ? undefined : Math.min(...this.#messages.map((message) => message.visibleAtMs));
  }
}

export interface LogEntry {
  readonly level: 'info' | 'warn' | 'alert';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export class MemoryLog implements Log {
  readonly entries: LogEntry[] = [];

  info(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.entries.push({ level: 'info', message, fields });
  }

  warn(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.entries.push({ level: 'warn', message, fields });
  }

  alert(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.entries.push({ level: 'alert', message, fields });
  }

  get alerts(): readonly LogEntry[] {
    return this.entries.filter((entry) => entry.level === 'alert');
  }
}

export class MemoryTokens implements TokenVerifier {
  readonly #tokens = new Map<string, VerifiedToken>();

  /** A token that `verify` accepts. */
  issue(verified: VerifiedToken): string {
    const token = `memory-token-${this.#tokens.size + 1}`;
    this.#tokens.set(token, verified);
    return token;
  }

  async verify(token: string): Promise<VerifiedToken | undefined> {
    return this.#tokens.get(token);
  }
}
