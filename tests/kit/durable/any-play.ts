import { type Arbitrary, array, boolean, constant, integer, nat, oneof, record } from 'fast-check';
import { anyProgram } from './any-program.ts';
import type { Program } from './program.ts';

/** A program, and what happens to its instance from outside meanwhile. */
export interface Play {
  readonly program: Program;
  /** Whether it is started by the app's client binding, or else by the management API. */
  readonly isStartedByApp: boolean;
  /** When the events that it waits for come, in ms after the start. */
  readonly eventsAfterMs: number;
  /** Whether each of these events comes twice. */
  readonly areEventsRepeated: boolean;
  /** It is suspended so many ms after the start, and resumed so many ms later. */
  readonly suspensions: readonly { readonly afterMs: number; readonly forMs: number }[];
}

export const anyPlay: Arbitrary<Play> = record({
  program: anyProgram,
  isStartedByApp: boolean(),
  eventsAfterMs: nat(200),
  areEventsRepeated: boolean(),
  suspensions: oneof(
    { weight: 5, arbitrary: constant([]) },
    {
      weight: 1,
      arbitrary: array(record({ afterMs: nat(150), forMs: integer({ min: 1, max: 150 }) }), {
        minLength: 1,
        maxLength: 2,
      }),
    },
  ),
});
