import { eventTypes, schemasOf } from '../../contracts/event-schemas.ts';
import type { getEventSchema, listEventSchemas as route } from '../../contracts/events.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';

/** Every type of event with the schemas of its versions. */
export async function listEventSchemas(): Promise<OutputOf<typeof route>> {
  return { body: { items: eventTypes.flatMap(schemasOf) } };
}

/** The schemas of one type. */
export async function getEventSchemas(
  _deps: Pick<Deps, never>,
  _scope: Scope,
  { params }: InputOf<typeof getEventSchema>,
): Promise<OutputOf<typeof getEventSchema>> {
  return { body: { items: schemasOf(params.type) } };
}
