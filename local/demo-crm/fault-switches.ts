import type { Fault, FaultKind, FaultOf } from './fault.ts';
import { drawFrom, STREAMS } from './random.ts';
import type { RecordType } from './record-types.ts';

/** What a fault's conditions are compared with. */
interface FaultSubject {
  readonly type: RecordType | undefined;
  readonly method: string;
  /** Whether the request reads a list. */
  readonly isList: boolean;
  readonly hasCursor: boolean;
  /** Whether the request writes, and whether it writes several records. */
  readonly isWrite: boolean;
  readonly isBatch: boolean;
}

/** The faults that strike one request. */
export interface StruckBy {
  find<Kind extends FaultKind>(kind: Kind): FaultOf<Kind> | undefined;
}

interface FaultState {
  readonly fault: Fault;
  /** Matching requests so far, and how many of them the fault struck. */
  readonly seen: number;
  readonly struck: number;
}

export interface FaultSwitches {
  set(faults: readonly Fault[]): void;
  states(): readonly FaultState[];
  /** Which faults strike this request; counts it. */
  strike(subject: FaultSubject): StruckBy;
  /** By how many milliseconds a change is to be seen late, 0 for not at all; counts it. */
  strikeChange(type: RecordType): number;
}

const LIST_KINDS: ReadonlySet<FaultKind> = new Set<FaultKind>(['equal-timestamps', 'empty-page', 'empty-list']);
const CURSOR_KINDS: ReadonlySet<FaultKind> = new Set<FaultKind>(['expired-cursor', 'repeated-cursor']);
const BATCH_KINDS: ReadonlySet<FaultKind> = new Set<FaultKind>(['partial-batch', 'fails-items']);
const WRITE_KINDS: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'hang-after-commit',
  'disconnect-after-commit',
  'error-after-commit',
  'moves-on',
  'rejects-field',
]);

export const createFaultSwitches = (seed: number): FaultSwitches => {
  let states: { fault: Fault; seen: number; struck: number }[] = [];

  /** Counts a request that the fault could strike and tells whether it does. */
  const strikes = (position: number): boolean => {
    const state = states[position];
    if (state === undefined) {
      return false;
    }
    const { times, probability, match } = state.fault;
    state.seen += 1;
    const isDrawn =
      probability === undefined ||
      drawFrom(seed, STREAMS.faults, position * 1_000_003 + state.seen).chance(probability);
    const isStruck = state.seen > (match?.afterRequests ?? 0) && state.struck < (times ?? Infinity) && isDrawn;
    state.struck += Number(isStruck);
    return isStruck;
  };

  return {
    set: (faults) => {
      states = faults.map((fault) => ({ fault, seen: 0, struck: 0 }));
    },
    states: () => states,
    strike: (subject) => {
      const struck = states.filter(({ fault }, position) => canStrike(fault, subject) && strikes(position));
      return {
        find: <Kind extends FaultKind>(kind: Kind) =>
          struck.map(({ fault }) => fault).find((fault): fault is FaultOf<Kind> => fault.kind === kind),
      };
    },
    strikeChange: (type) => {
      for (const [position, { fault }] of states.entries()) {
        if (fault.kind === 'late-rows' && (fault.match?.type ?? type) === type && strikes(position)) {
          return fault.delayMs;
        }
      }
      return 0;
    },
  };
};

const canStrike = (fault: Fault, subject: FaultSubject): boolean => {
  if (fault.kind === 'late-rows') {
    return false;
  }
  if (CURSOR_KINDS.has(fault.kind) && !(subject.isList && subject.hasCursor)) {
    return false;
  }
  if (LIST_KINDS.has(fault.kind) && !subject.isList) {
    return false;
  }
  if ((WRITE_KINDS.has(fault.kind) && !subject.isWrite) || (BATCH_KINDS.has(fault.kind) && !subject.isBatch)) {
    return false;
  }
  const { match } = fault;
  return (match?.type ?? subject.type) === subject.type && (match?.method ?? subject.method) === subject.method;
};
