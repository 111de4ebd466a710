import type { Answer, Program, ProgramQuestion } from '../core/conversion/deferral.ts';
import type { Json } from '../core/json.ts';
import type { Expressions } from '../core/ports.ts';
import { ExpressionThread } from './expression-thread.ts';
import { limits } from './limits.ts';
import type { Evaluation, Outcome, Work } from './protocol.ts';

/** A program that has had a worker ended this often in one piece of work is not tried again in it. */
const mostEndings = 3;

type Tenant = { readonly tenantId: string };

/** One thread a tenant, begun when it is first asked: what a tenant wrote shares no memory with another's. */
export class ExpressionWorkers implements Expressions {
  readonly #file: URL;
  readonly #standstillMs: number;
  readonly #threads = new Map<string, ExpressionThread>();

  /**
   * @param file what a worker runs: `expression-worker.ts`, or the bundle of it
   * @param standstillMs after how long without a step a worker is ended
   */
  constructor(file: URL, standstillMs: number = limits.standstillMs) {
    this.#file = file;
    this.#standstillMs = standstillMs;
  }

  async check({ tenantId }: Tenant, programs: readonly Program[]): Promise<(string | undefined)[]> {
    if (programs.length === 0) return [];
    const outcomes = await this.#work(tenantId, programs.length, (places) => ({
      kind: 'check',
      programs: places.flatMap((place) => programs[place] ?? []),
    }));
    return outcomes.map((outcome) => ('refusal' in outcome ? outcome.refusal : undefined));
  }

  async evaluate({ tenantId }: Tenant, questions: readonly ProgramQuestion[]): Promise<Answer[]> {
    if (questions.length === 0) return [];
    const programs = new Map<string, number>();
    const programList: Program[] = [];
    const records = new Map<Json, number>();
    const evaluations = questions.map(({ program, record, item }): Evaluation => {
      const name = `${program.language} ${program.source}`;
      if (!programs.has(name)) {
        programs.set(name, programs.size);
        programList.push(program);
      }
      if (!records.has(record)) records.set(record, records.size);
      return {
        program: programs.get(name) ?? 0,
        record: records.get(record) ?? 0,
        ...(item === undefined ? {} : { item }),
      };
    });
    const outcomes = await this.#work(
      tenantId,
      questions.length,
      (places) => ({
        kind: 'evaluate',
        programs: programList,
        records: [...records.keys()],
        evaluations: places.flatMap((place) => evaluations[place] ?? []),
      }),
      (place) => evaluations[place]?.program ?? 0,
    );
    return outcomes.map(toAnswer);
  }

  /** Ends all threads; what is asked later begins new ones. */
  close(): void {
    for (const thread of [...this.#threads.values()]) thread.end();
  }

  /** Does all places; where a worker had to be ended, the place it was at is refused and a new worker does the rest. */
  async #work(
    tenantId: string,
    count: number,
    workOn: (places: readonly number[]) => Work,
    programOf: (place: number) => number = (place) => place,
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const endings = new Map<number, number>();
    let open = Array.from({ length: count }, (_each, index) => index);
    while (open.length > 0) {
      const places = open;
      const done = await this.#thread(tenantId).run(workOn(places), places.length);
      if (done === undefined) continue;
      for (const [order, outcome] of done.outcomes.entries()) outcomes[places[order] ?? 0] = outcome;
      if (done.ended === undefined) break;
      const { at, refusal } = done.ended;
      const place = places[at] ?? places[0] ?? 0;
      outcomes[place] = { refusal };
      const program = programOf(place);
      const times = (endings.get(program) ?? 0) + 1;
      endings.set(program, times);
      open = places.filter((each, order) => each !== place && order >= done.outcomes.length);
      if (times < mostEndings) continue;
      for (const each of open) if (programOf(each) === program) outcomes[each] = { refusal };
      open = open.filter((each) => programOf(each) !== program);
    }
    return outcomes;
  }

  #thread(tenantId: string): ExpressionThread {
    const known = this.#threads.get(tenantId);
    if (known?.isUsable === true) return known;
    const thread = new ExpressionThread(this.#file, this.#standstillMs, () => {
      if (this.#threads.get(tenantId) === thread) this.#threads.delete(tenantId);
    });
    this.#threads.set(tenantId, thread);
    return thread;
  }
}

function toAnswer(outcome: Outcome): Answer {
  if ('refusal' in outcome) return { ok: false, message: outcome.refusal };
  return {
    ok: true,
    value: outcome.text === undefined ? undefined : (JSON.parse(outcome.text, leaveOutProto) as Json),
  };
}

function leaveOutProto(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}
