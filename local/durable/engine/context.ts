import type { HubStore } from '../store/hub-store.ts';
import type { VersionSettings } from './version.ts';
import type { Worker } from './worker.ts';

export type DurableLog = (level: 'debug' | 'information' | 'warning' | 'error', message: string) => void;

export interface EngineSettings extends VersionSettings {
  readonly maxConcurrentOrchestrators: number;
  readonly maxConcurrentEntities: number;
  readonly maxConcurrentActivities: number;
  readonly maxEntityBatch: number;
}

/** What the parts of the engine share. */
export interface EngineContext {
  readonly store: HubStore;
  readonly worker: Worker;
  readonly settings: EngineSettings;
  readonly now: () => number;
  readonly log: DurableLog;
  /** Commits, and tries again for as long as the disk refuses and the engine is not told to stop. */
  readonly persist: (change: () => void) => Promise<void>;
}
