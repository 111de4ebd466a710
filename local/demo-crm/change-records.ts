import { applyQuirks } from './apply-quirks.ts';
import type { BehaviourSwitch } from './behaviour.ts';
import type { Row } from './collection.ts';
import { findCountry } from './countries.ts';
import type { FaultSwitches } from './fault-switches.ts';
import { drawPhone } from './generate-company.ts';
import { DEAL_STAGES } from './generate-deal.ts';
import { generateFields } from './generate-record.ts';
import { type Draw, drawFrom, STREAMS } from './random.ts';
import { mergeFields } from './record-body.ts';
import { type Fields, idOf, RECORD_TYPES, type RecordType } from './record-types.ts';
import type { Change, Store } from './store.ts';

type ChangeKind = Change['kind'];

interface ChangeOrder {
  readonly type: RecordType;
  readonly kind: ChangeKind;
  /** How many records; of fewer live ones, all. */
  readonly count: number;
}

interface ChangeResult {
  readonly ids: readonly string[];
  /** The `updatedAt` of the changed records. */
  readonly updatedAt: string;
  /** When they can be seen; later than `updatedAt` under the fault `late-rows`. */
  readonly visibleAt: string;
}

/** Changes records as people at work would. */
export interface Changer {
  change(order: ChangeOrder, nowMs: number): ChangeResult;
  /** Changes one live record, with the patch where there is one. */
  changeOne(type: RecordType, index: number, patch: Fields | undefined, nowMs: number): void;
  /** Changes one to three records of any type: mostly updates, some new ones, few deletions. */
  tick(nowMs: number): void;
  /** Lets everything be seen that is still held back; for the end of the process. */
  flush(): void;
}

export const createChanger = (store: Store, faults: FaultSwitches, behaviour: BehaviourSwitch): Changer => {
  let drawn = 0;
  const heldBack = new Map<NodeJS.Timeout, () => void>();

  const nextDraw = (): Draw => {
    drawn += 1;
    return drawFrom(store.dataset.seed, STREAMS.changes, drawn);
  };

  const update = (type: RecordType, fields: Fields, draw: Draw): Fields => ({
    ...fields,
    ...applyQuirks(behaviour.current.quirks, UPDATES[type](fields, draw)),
  });

  const change = (order: ChangeOrder, nowMs: number): ChangeResult => {
    const { type } = order;
    const changes = planChanges(store, order, nextDraw, update);
    const lateMs = faults.strikeChange(type);
    const commit = (): readonly Row[] => store.commit(changes, nowMs);
    if (lateMs === 0) {
      commit();
    } else {
      const timer = setTimeout(() => {
        heldBack.delete(timer);
        commit();
      }, lateMs);
      heldBack.set(timer, commit);
    }
    return {
      ids: changes.map(({ index }) => idOf(type, index)),
      updatedAt: new Date(nowMs).toISOString(),
      visibleAt: new Date(nowMs + lateMs).toISOString(),
    };
  };

  return {
    change,
    changeOne: (type, index, patch, nowMs) => {
      const draw = nextDraw();
      const { quirks } = behaviour.current;
      const changed = (fields: Fields): Fields =>
        patch === undefined ? update(type, fields, draw) : mergeFields(fields, applyQuirks(quirks, patch));
      store.commit([{ kind: 'update', type, index, change: changed }], nowMs);
    },
    tick: (nowMs) => {
      const draw = nextDraw();
      const luck = draw.fraction();
      const kind: ChangeKind = luck < 0.7 ? 'update' : luck < 0.92 ? 'create' : 'delete';
      change({ type: draw.pick(RECORD_TYPES), kind, count: 1 + draw.integer(3) }, nowMs);
    },
    flush: () => {
      for (const [timer, commit] of heldBack) {
        clearTimeout(timer);
        commit();
      }
      heldBack.clear();
    },
  };
};

const planChanges = (
  store: Store,
  order: ChangeOrder,
  nextDraw: () => Draw,
  update: (type: RecordType, fields: Fields, draw: Draw) => Fields,
): readonly Change[] => {
  const { type, kind } = order;
  if (kind === 'create') {
    const indexes = store.reserve(type, order.count);
    return indexes.map((index) => ({ kind, type, index, fields: generateFields(store.dataset, type, index) }));
  }
  return pickLive(store, type, order.count, nextDraw()).map((index) => {
    const draw = nextDraw();
    return kind === 'delete'
      ? { kind, type, index }
      : { kind, type, index, change: (fields) => update(type, fields, draw) };
  });
};

/** Different live records, all equally likely: the first places of a shuffle. */
const pickLive = (store: Store, type: RecordType, count: number, draw: Draw): readonly number[] => {
  const collection = store.collection(type);
  const live: number[] = [];
  for (let index = 0; index < collection.size; index += 1) {
    if (collection.get(index)?.state === 'live') {
      live.push(index);
    }
  }
  const wanted = Math.min(count, live.length);
  for (let place = 0; place < wanted; place += 1) {
    const other = place + draw.integer(live.length - place);
    const [here, there] = [live[place], live[other]];
    if (here !== undefined && there !== undefined) {
      live[place] = there;
      live[other] = here;
    }
  }
  return live.slice(0, wanted);
};

const STAGES: readonly unknown[] = DEAL_STAGES;
const UNITED_STATES = findCountry('US');

const newPhone = (draw: Draw): Fields => (UNITED_STATES === undefined ? {} : { phone: drawPhone(draw, UNITED_STATES) });

/** Every update changes at least one value, so that a changed record never looks unchanged. */
const UPDATES: Record<RecordType, (fields: Fields, draw: Draw) => Fields> = {
  companies: (fields, draw) => ({ ...newPhone(draw), employees: otherNumber(fields['employees'], draw) }),
  contacts: (fields, draw) => ({
    ...newPhone(draw),
    jobTitle: fields['jobTitle'] === 'Director' ? 'Head of Department' : 'Director',
  }),
  deals: (fields, draw) => ({
    stage: STAGES[(STAGES.indexOf(fields['stage']) + 1) % STAGES.length],
    amount: otherNumber(fields['amount'], draw),
  }),
};

const otherNumber = (before: unknown, draw: Draw): number => {
  const value = 1 + draw.integer(100_000);
  return value === before ? value + 1 : value;
};
