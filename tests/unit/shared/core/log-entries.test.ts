import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executionState } from '../../../../shared/contracts/executions.ts';
import { logDocument } from '../../../../shared/core/documents/execution-details.ts';
import { logDocumentOf, noteTransition } from '../../../../shared/core/log-entries.ts';

const at = '2030-01-01T00:00:00.000Z';

describe('the note of a change of state', () => {
  it('says from, to, why and until when', () => {
    const waiting = { state: 'waiting', problem: 'Too many requests.', waitingUntil: at } as const;
    expect(noteTransition('running', waiting, undefined)).toEqual({
      level: 'warning',
      event: 'state-changed',
      message: 'The run is waiting: Too many requests.',
      data: { from: 'running', to: 'waiting', cause: 'Too many requests.', until: at },
    });
    expect(noteTransition(undefined, { state: 'queued' }, 'started by manual')).toMatchObject({
      level: 'info',
      message: 'The run is queued: started by manual',
      data: { to: 'queued', cause: 'started by manual' },
    });
    expect(noteTransition('running', { state: 'succeeded' }, undefined)).toEqual({
      level: 'info',
      event: 'state-changed',
      message: 'The run is succeeded.',
      data: { from: 'running', to: 'succeeded' },
    });
  });

  it('gives the cause that is named, not an older problem', () => {
    const paused = { state: 'paused', problem: 'Too many requests.', waitingUntil: at } as const;
    expect(noteTransition('waiting', paused, 'asked for by user ana')?.data).toEqual({
      from: 'waiting',
      to: 'paused',
      cause: 'asked for by user ana',
    });
  });

  it('is none when the state is the same, and its level is that of the state', () => {
    for (const state of executionState.options) {
      expect(noteTransition(state, { state, problem: 'x' }, 'x')).toBeUndefined();
      const level = { waiting: 'warning', partial: 'warning', failed: 'error' }[state as string] ?? 'info';
      expect(noteTransition(undefined, { state }, undefined)?.level).toBe(level);
    }
  });

  it('is text of a bearable length, whatever the problem', () => {
    const problem = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 50 }),
      fc.integer({ min: 1890, max: 2010 }).map((length) => `${'x'.repeat(length)}🙂🙂`),
    );
    fc.assert(
      fc.property(fc.constantFrom(...executionState.options), problem, (state, text) => {
        const note = noteTransition(undefined, { state, problem: text }, undefined);
        if (note === undefined) throw new Error('no note');
        const document = logDocumentOf(
          note,
          { id: 'exe_1', executionId: 'exe_1', tenantId: 'acme' },
          { id: 'log_1', at, actor: { kind: 'system', id: 'clock', role: 'admin' } },
        );
        const { message, data } = logDocument.parse(JSON.parse(JSON.stringify(document)));
        for (const each of [message, String(data?.['cause'])]) {
          expect(each.length).toBeLessThanOrEqual(2000);
          expect(each.isWellFormed()).toBe(true);
        }
      }),
    );
  });
});
