import { createEvent, EventType } from '../history-event.ts';
import type { HubStore, NewInstance } from '../store/hub-store.ts';
import { isFinal } from '../store/instance.ts';
import type { Engine } from './engine.ts';

/** The instance is not in a state for what was asked. */
export class InstanceConflict extends Error {
  override readonly name = 'InstanceConflict';
}

/**
 * Starts an instance, in place of an ended one with that id.
 * @throws InstanceConflict when one with that id has not ended
 */
export const startInstance = (engine: Engine, store: HubStore, start: NewInstance): Promise<void> =>
  engine.commit(() => {
    const existing = store.findInstance(start.id);
    if (existing !== undefined && !isFinal(existing.status)) {
      throw new InstanceConflict(
        `An Orchestration instance with the status ${existing.status} already exists: "${start.id}"`,
      );
    }
    store.createInstance(start, Date.now());
  });

export type Presence = 'sent' | 'ended' | 'missing';

const sendTo = (engine: Engine, store: HubStore, id: string, message: object, isControl: boolean): Promise<Presence> =>
  engine.commit(() => {
    const instance = store.findInstance(id);
    if (instance === undefined) {
      return 'missing';
    }
    if (isFinal(instance.status)) {
      return 'ended';
    }
    store.send(id, JSON.stringify(message), undefined, isControl);
    return 'sent';
  });

/** @param data JSON text */
export const raiseEvent = (
  engine: Engine,
  store: HubStore,
  id: string,
  name: string,
  data: string,
): Promise<Presence> =>
  sendTo(engine, store, id, createEvent(EventType.EventRaised, Date.now(), { Name: name, Input: data }), false);

const CONTROL = {
  terminate: EventType.ExecutionTerminated,
  suspend: EventType.ExecutionSuspended,
  resume: EventType.ExecutionResumed,
};

export type Control = keyof typeof CONTROL;

export const controlInstance = (
  engine: Engine,
  store: HubStore,
  id: string,
  control: Control,
  reason: string | undefined,
): Promise<Presence> => {
  const input = reason === undefined ? 'null' : JSON.stringify(reason);
  return sendTo(engine, store, id, createEvent(CONTROL[control], Date.now(), { Input: input }), true);
};
