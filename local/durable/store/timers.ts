import { createEvent, EventType } from '../history-event.ts';
import type { HubStore } from './hub-store.ts';

export const addTimer = (
  store: HubStore,
  { id, execution }: { readonly id: string; readonly execution: number },
  task: number,
  dueMs: number,
): void => {
  store
    .prepare('INSERT INTO timers (instance, execution, task, due_ms) VALUES (?, ?, ?, ?)')
    .run(id, execution, task, dueMs);
  store.touched.hasTimers = true;
};

export const deleteTimer = (store: HubStore, execution: number, task: number): void => {
  store.prepare('DELETE FROM timers WHERE execution = ? AND task = ?').run(execution, task);
};

/** When the next one is due; undefined when there is none. */
export const nextDueMs = (store: HubStore): number | undefined => {
  const due = store.prepare('SELECT min(due_ms) AS due FROM timers').get()?.['due'];
  return typeof due === 'number' ? due : undefined;
};

/** Moves timers that are due to the inboxes of those who wait. */
export const fireTimers = (store: HubStore, nowMs: number, limit: number): void => {
  const rows = store.prepare('SELECT * FROM timers WHERE due_ms <= ? ORDER BY due_ms LIMIT ?').all(nowMs, limit);
  for (const row of rows) {
    const task = Number(row['task']);
    const execution = Number(row['execution']);
    const fired = createEvent(EventType.TimerFired, nowMs, {
      TimerId: task,
      FireAt: new Date(Number(row['due_ms'])).toISOString(),
    });
    deleteTimer(store, execution, task);
    store.send(String(row['instance']), JSON.stringify(fired), execution);
  }
};
