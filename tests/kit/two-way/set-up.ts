import { defaultHoldThresholds } from '../../../shared/contracts/tasks.ts';
import { matchRulesId } from '../../../shared/core/documents/match-rules.ts';
import type { TaskDocument } from '../../../shared/core/documents/task.ts';
import type { Scope } from '../../../shared/core/scope.ts';
import type { MemoryDeps } from '../memory-ports.ts';
import { fields as allFields, type Program, pathOf, wholePart } from './program.ts';

export function nameOf(index: number): string {
  return 'abc'[index] ?? `s${index}`;
}

export function integrationOf(index: number): string {
  return `int_${nameOf(index)}`;
}

export function taskOf(index: number): string {
  return `task_${nameOf(index)}`;
}

/** An integration with its task, as the program has it take part. */
export function setUpSystem(deps: MemoryDeps, scope: Scope, program: Program, index: number): void {
  const { policy, fields, systems, onDeadline } = program;
  const { direction, creates, deletions } = systems[index]?.part ?? wholePart;
  const at = deps.now().toISOString();
  const own = { tenantId: 'acme', schemaVersion: 1 as const, createdAt: at, updatedAt: at };
  deps.integrations.put(scope, {
    kind: 'create',
    document: {
      ...own,
      id: integrationOf(index),
      kind: 'integration',
      provider: nameOf(index),
      name: nameOf(index),
      settings: {},
      enabled: true,
      connection: { state: 'connected', kind: 'none', fence: 1, connectedAt: at },
    },
  });
  const direct = (from: string) => ({ to: pathOf(from), from, transforms: [], required: false });
  const byField: TaskDocument['conflicts']['fields'] = Object.fromEntries(
    Object.entries(fields).map(([field, each]) => [pathOf(field), each]),
  );
  deps.tasks.put(scope, {
    kind: 'create',
    document: {
      ...own,
      id: taskOf(index),
      kind: 'task',
      integrationId: integrationOf(index),
      name: 'People',
      direction,
      creates,
      conflicts: {
        policy,
        fields: byField,
        remindAfterMinutes: 1440,
        ...(onDeadline === undefined ? { onDeadline: 'internal_wins' } : { onDeadline, deadlineHours: 1 }),
      },
      mode: 'incremental',
      objects: [
        {
          object: 'people',
          shardTypeId: 'contact',
          fields: allFields.map(direct),
        },
      ],
      schedule: { kind: 'manual' },
      enabled: true,
      pageSize: 3,
      lookBackSeconds: 60,
      bulk: 'never',
      deletions,
      holds: defaultHoldThresholds,
      watermarks: {},
    },
  });
}

/** The rule by which people with the same address are one. */
export function setUpMatching(deps: MemoryDeps, scope: Scope): void {
  const at = deps.now().toISOString();
  const rule = {
    kind: 'exact' as const,
    name: 'E-mail',
    key: [{ fields: ['email'], as: 'email' as const, part: 'whole' as const }],
  };
  deps.matchRules.put(scope, {
    kind: 'create',
    document: {
      id: matchRulesId('contact'),
      tenantId: 'acme',
      kind: 'match-rules',
      schemaVersion: 1,
      shardTypeId: 'contact',
      version: 1,
      rules: [rule],
      strategy: 'newest',
      fieldStrategies: {},
      createdAt: at,
      updatedAt: at,
    },
  });
}
