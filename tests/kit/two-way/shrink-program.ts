import type { Program, Step } from './program.ts';

type Fails = (smaller: Program) => Promise<boolean>;

/** The smallest program to be found that still fails: without steps that it does not take, and without delays and circumstances. */
export async function shrink(program: Program, fails: Fails): Promise<Program> {
  let best = await dropSteps(program, fails);
  for (const simplify of simplifications) {
    const simpler = simplify(best);
    if (simpler.people <= best.people && (await fails(simpler))) best = simpler;
  }
  for (const index of best.steps.keys()) {
    for (const simplify of [atOnce, soon]) {
      const steps = best.steps.map((step, each) => (each === index ? simplify(step) : step));
      if (await fails({ ...best, steps })) best = { ...best, steps };
    }
  }
  return dropSteps(best, fails);
}

async function dropSteps(program: Program, fails: Fails): Promise<Program> {
  let best = program;
  for (let size = Math.ceil(best.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < best.steps.length; ) {
      const smaller = { ...best, steps: best.steps.filter((_, index) => index < start || index >= start + size) };
      if (await fails(smaller)) best = smaller;
      else start += size;
    }
  }
  return best;
}

const simplifications: readonly ((program: Program) => Program)[] = [
  (program) => ({ ...program, people: 0 }),
  (program) => ({ ...program, people: 1 }),
  (program) => ({ ...program, fields: {} }),
  (program) => ({ ...program, matched: false }),
  ({ hostsAheadMs: _ahead, ...program }) => program,
  ({ onDeadline: _deadline, ...program }) => program,
  ({ wavers: _wavers, ...program }) => program,
  (program) => ({ ...program, systems: program.systems.slice(0, 2) }),
  (program) => ({ ...program, systems: program.systems.toSpliced(1, program.systems.length - 2) }),
  ({ systems, ...program }) => ({
    ...program,
    systems: systems.map((system) => ({ ...system, traits: { ...system.traits, clockAheadMs: 0 } })),
  }),
];

const atOnce = ({ event }: Step): Step => ({ after: 1, event });
const soon = (step: Step): Step => ({ ...step, after: 1 });
