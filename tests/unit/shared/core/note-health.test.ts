import { expect, it } from 'vitest';
import type { Judgement } from '../../../../shared/core/judge-health.ts';
import { noteHealth } from '../../../../shared/core/note-health.ts';

const of = { tenantId: 'acme', integrationId: 'int_1' };
const at = (minute: number) => new Date(Date.UTC(2030, 0, 1, 0, minute));
const healthy: Judgement = { health: 'healthy', reasons: [] };
const delayed = (minute: number): Judgement => ({
  health: 'degraded',
  reasons: [{ code: 'work-delayed', health: 'degraded', message: 'Slow.', since: at(minute).toISOString() }],
});
const failing: Judgement = {
  health: 'failing',
  reasons: [{ code: 'run-failed', health: 'failing', message: 'It fails.', since: at(0).toISOString() }],
};

it('keeps the document while nothing changed and the check is young, and writes an old check anew', () => {
  const first = noteHealth(of, undefined, healthy, at(0));
  expect(noteHealth(of, first, healthy, at(9))).toBe(first);
  expect(noteHealth(of, first, healthy, at(10))).toEqual({ ...first, checkedAt: at(10).toISOString() });
});

it('tells since when the health is as it is, whatever its reasons do', () => {
  const first = noteHealth(of, undefined, failing, at(0));
  const other = noteHealth(of, first, { health: 'failing', reasons: [] }, at(3));
  expect(other).toMatchObject({ since: at(0).toISOString(), checkedAt: at(3).toISOString(), reasons: [] });
  expect(noteHealth(of, other, healthy, at(5)).since).toBe(at(5).toISOString());
});

it('owes an event for every change, and for a first look only when it is failing', () => {
  expect(noteHealth(of, undefined, healthy, at(0)).toldSince).toBe(at(0).toISOString());
  expect(noteHealth(of, undefined, delayed(0), at(0)).toldSince).toBe(at(0).toISOString());
  expect(noteHealth(of, undefined, failing, at(0)).toldSince).toBeUndefined();
  const told = noteHealth(of, undefined, healthy, at(0));
  const changed = noteHealth(of, told, failing, at(1));
  expect([changed.since, changed.toldSince]).toEqual([at(1).toISOString(), at(0).toISOString()]);
});

it('remembers when the queue was first slow', () => {
  const first = noteHealth(of, undefined, delayed(1), at(5));
  expect(noteHealth(of, first, delayed(3), at(6))).toBe(first);
});
