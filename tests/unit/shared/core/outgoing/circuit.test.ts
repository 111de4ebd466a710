import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  closedCircuit,
  hasFailedLastingly,
  passageThrough,
  withFailure,
  withProbe,
  withSuccess,
} from '../../../../../shared/core/outgoing/circuit.ts';
import { defaultOutgoingSettings } from '../../../../../shared/core/outgoing/settings.ts';

const settings = { ...defaultOutgoingSettings, circuitFailures: 3, circuitOpenMs: 1000, circuitMaxOpenMs: 5000 };
const at = (ms: number) => new Date(Date.parse('2030-01-01T00:00:00.000Z') + ms);
const failedAt = (circuit: ReturnType<typeof closedCircuit>, ms: number) =>
  withFailure(circuit, at(ms).toISOString(), settings);
const fresh = closedCircuit('acme', 'sub_1');

/** What happens to a receiver, one after the other. */
const history = fc
  .array(fc.record({ kind: fc.constantFrom('failure', 'success', 'try'), pauseMs: fc.integer({ min: 0, max: 3000 }) }))
  .map((steps) => {
    let ms = 0;
    return steps.map(({ kind, pauseMs }) => {
      ms += pauseMs;
      return { kind, ms };
    });
  });

describe('a circuit', () => {
  test('stays closed until so many failures in a row, then opens for a while', () => {
    const twice = failedAt(failedAt(fresh, 0), 10);
    expect(twice).toMatchObject({ circuit: 'closed', consecutiveFailures: 2, failingSince: at(0).toISOString() });
    expect(passageThrough(twice, at(20))).toEqual({ kind: 'go' });
    const open = failedAt(twice, 20);
    expect(open).toMatchObject({ circuit: 'open', until: at(1020).toISOString() });
    expect(passageThrough(open, at(1019))).toEqual({ kind: 'wait', until: at(1020).toISOString() });
    expect(passageThrough(open, at(1020))).toEqual({ kind: 'probe' });
  });

  test('lets one probe through, and another when that one is not heard of', () => {
    const open = failedAt(failedAt(failedAt(fresh, 0), 0), 0);
    const probing = withProbe(open, at(1000), 500);
    expect(passageThrough(probing, at(1499)).kind).toBe('wait');
    expect(passageThrough(probing, at(1500))).toEqual({ kind: 'probe' });
  });

  test('opens for twice as long whenever a probe fails, up to a limit, and forgets that with a success', () => {
    let circuit = failedAt(failedAt(failedAt(fresh, 0), 0), 0);
    const pauses: number[] = [];
    for (let probe = 0; probe < 4; probe += 1) {
      circuit = failedAt(withProbe(circuit, at(0), 500), 0);
      pauses.push(Date.parse(circuit.until ?? '') - at(0).getTime());
    }
    expect(pauses).toEqual([2000, 4000, 5000, 5000]);
    const closed = withSuccess(circuit, at(9).toISOString());
    expect(closed).toEqual({
      ...fresh,
      lastFailureAt: at(0).toISOString(),
      lastSuccessAt: at(9).toISOString(),
    });
  });

  test('an attempt that began before it opened does not make the pause longer', () => {
    const open = failedAt(failedAt(failedAt(fresh, 0), 0), 0);
    expect(failedAt(open, 900)).toMatchObject({ circuit: 'open', until: open.until, openings: open.openings });
  });

  test('whatever comes, failures are counted since the last success', () => {
    fc.assert(
      fc.property(history, (steps) => {
        let circuit = fresh;
        let failures = 0;
        for (const { kind, ms } of steps) {
          if (kind === 'try') continue;
          failures = kind === 'failure' ? failures + 1 : 0;
          circuit = kind === 'failure' ? failedAt(circuit, ms) : withSuccess(circuit, at(ms).toISOString());
          expect(circuit.consecutiveFailures).toBe(failures);
          expect(circuit.failingSince === undefined).toBe(failures === 0);
          if (failures < settings.circuitFailures) expect(circuit.circuit).toBe('closed');
        }
      }),
    );
  });

  test('whatever comes, only a probe passes what is not closed, and nobody waits for longer than the longest pause', () => {
    fc.assert(
      fc.property(history, (steps) => {
        let circuit = fresh;
        for (const { kind, ms } of steps) {
          if (kind === 'failure') circuit = failedAt(circuit, ms);
          if (kind === 'success') circuit = withSuccess(circuit, at(ms).toISOString());
          const passage = passageThrough(circuit, at(ms));
          expect(passage.kind === 'go').toBe(circuit.circuit === 'closed');
          const until = passage.kind === 'wait' ? Date.parse(passage.until) : 0;
          expect(until).toBeLessThanOrEqual(at(ms + settings.circuitMaxOpenMs).getTime());
          if (kind === 'try' && passage.kind === 'probe') circuit = withProbe(circuit, at(ms), 500);
        }
      }),
    );
  });
});

test('a failure lasts when it is old enough and was seen often enough', () => {
  const threeAt = (ms: number) => failedAt(failedAt(failedAt(fresh, 0), ms), ms);
  const { disableAfterMs } = settings;
  const judge = (circuit: typeof fresh, ms: number) => hasFailedLastingly(circuit, at(ms).toISOString(), settings);
  expect(judge(threeAt(disableAfterMs), disableAfterMs)).toBe(true);
  expect(judge(threeAt(disableAfterMs - 1), disableAfterMs - 1)).toBe(false);
  expect(judge(failedAt(failedAt(fresh, 0), disableAfterMs), disableAfterMs)).toBe(false);
  expect(judge(withSuccess(threeAt(disableAfterMs), at(0).toISOString()), disableAfterMs)).toBe(false);
});
