import { createEvent, EventType } from '../history-event.ts';
import { deleteEntity, findEntity, saveEntity } from '../store/entities.ts';
import type { EngineContext } from './context.ts';
import { type EntityMessage, parseEntityId } from './entity-message.ts';
import type { TurnEnd } from './turn-queue.ts';
import type { EntityAnswer } from './worker.ts';

/** Runs the operations that wait for an entity, one batch, and commits its state with the answers and the signals. */
export const runEntityTurn = async (context: EngineContext, id: string): Promise<TurnEnd> => {
  const { store, worker, settings } = context;
  const messages = store.readInbox(id, 'other', settings.maxEntityBatch);
  if (messages.length === 0) {
    return { isMore: false, restMs: 0 };
  }
  const requests = messages.map(({ message }) => JSON.parse(message) as EntityMessage);
  const entity = findEntity(store, id);
  const { name: wanted } = parseEntityId(id);
  const name = worker.find('entity', wanted);
  const answer =
    name === undefined
      ? refuseAll(requests, entity, `The entity function '${wanted}' doesn't exist or is disabled`)
      : await worker.runEntity({
          name,
          entityId: id,
          state: entity?.state,
          exists: entity !== undefined,
          operations: requests.map(({ op, input, signal }) => ({ name: op, input, isSignal: signal })),
        });
  await context.persist(() => {
    store.deleteMessages(messages);
    saveState(context, id, wanted, answer);
    for (const [index, request] of requests.entries()) {
      answerCaller(context, request, answer.results[index]);
    }
    for (const { entityId, operation, input } of answer.signals) {
      sendSignal(context, entityId, operation, input);
    }
  });
  return { isMore: messages.length === settings.maxEntityBatch, restMs: 0 };
};

export const sendSignal = (
  { store }: Pick<EngineContext, 'store'>,
  entityId: string,
  operation: string,
  input: string | undefined,
): void => {
  const message: EntityMessage = { op: operation, input, signal: true, id: crypto.randomUUID() };
  store.send(entityId, JSON.stringify(message));
};

const refuseAll = (
  requests: readonly EntityMessage[],
  entity: { readonly state: string | undefined } | undefined,
  reason: string,
): EntityAnswer => ({
  exists: entity !== undefined,
  state: entity?.state,
  results: requests.map(() => ({ isError: true, result: JSON.stringify(reason) })),
  signals: [],
});

const saveState = ({ store, now }: EngineContext, id: string, name: string, { exists, state }: EntityAnswer): void => {
  if (exists) {
    saveEntity(store, id, name, state, now());
  } else {
    deleteEntity(store, id);
  }
};

/** The answer reaches an orchestration as an event with the request's id for a name. */
const answerCaller = (
  { store, now }: EngineContext,
  request: EntityMessage,
  result: EntityAnswer['results'][number] | undefined,
): void => {
  if (request.signal || request.parent === undefined) {
    return;
  }
  const response = {
    result: result?.result,
    ...(result?.isError === true ? { exceptionType: 'Error' } : {}),
  };
  const event = createEvent(EventType.EventRaised, now(), { Name: request.id, Input: JSON.stringify(response) });
  store.send(request.parent, JSON.stringify(event), request.parentExecution);
};
