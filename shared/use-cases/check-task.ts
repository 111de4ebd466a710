import type { FieldError } from '../contracts/problem.ts';
import type { ObjectDescription } from '../core/adapter.ts';
import { AppError } from '../core/app-error.ts';
import { inlineTargets } from '../core/conversion/inline-targets.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { TaskDocument } from '../core/documents/task.ts';
import type { Deps } from '../core/ports.ts';
import { checkSchedule } from '../core/schedule.ts';
import type { Scope } from '../core/scope.ts';
import { findMappingErrors } from './check-mapping.ts';
import { findAdapter } from './find-adapter.ts';
import { visitTasks } from './visit-tasks.ts';

type Needs = Pick<Deps, 'adapters' | 'conversionSchemas' | 'shardTypes' | 'expressions'>;

/**
 * Checks what a task's own schema cannot: that the integration's provider has its objects, that their mappings can work, and that its schedule
 * comes.
 *
 * @throws AppError `invalid-request` naming `/objects/…` or `/schedule/…`
 */
export async function checkTask(
  deps: Needs,
  scope: Scope,
  integration: IntegrationDocument,
  task: Partial<Pick<TaskDocument, 'objects' | 'schedule' | 'direction'>>,
  now: Date,
): Promise<void> {
  const errors: FieldError[] = task.schedule === undefined ? [] : checkSchedule(task.schedule, now);
  for (const [index, object] of (task.objects ?? []).entries()) {
    const message = refuseObject(deps, integration, object.object);
    if (message !== undefined) errors.push({ in: 'body', field: `/objects/${index}/object`, message });
    errors.push(...(await findObjectErrors(deps, scope, integration, object, index)));
    if (task.direction !== undefined && task.direction !== 'pull') {
      const refusal = refuseWrites(deps, integration, object.object);
      if (refusal !== undefined) errors.push({ in: 'body', field: `/objects/${index}/object`, message: refusal });
    }
  }
  if (errors.length > 0) throw new AppError('invalid-request', { errors });
}

async function findObjectErrors(
  deps: Needs,
  scope: Scope,
  integration: IntegrationDocument,
  object: TaskDocument['objects'][number],
  index: number,
): Promise<FieldError[]> {
  if ('fields' in object) {
    const errors = await findMappingErrors(deps, scope, inlineTargets(object), ['objects', index]);
    // The task's fields are the only target, which has no place of its own.
    return errors.map((error) => ({
      ...error,
      field: error.field.replace(`/objects/${index}/0/`, `/objects/${index}/`),
    }));
  }
  const refuse = (field: string, message: string): FieldError[] => [
    { in: 'body', field: `/objects/${index}/${field}`, message },
  ];
  const schema = await deps.conversionSchemas.get(scope, { id: object.conversionSchemaId });
  if (schema?.document.integrationId !== integration.id) {
    return refuse('conversionSchemaId', 'is not a conversion schema of the integration');
  }
  if (schema.document.published === undefined) return refuse('conversionSchemaId', 'has no published version');
  if (schema.document.object === object.object) return [];
  return refuse('object', `must be the object of the conversion schema, "${schema.document.object}"`);
}

/** Checks that the integration's provider has an object. Throws AppError `invalid-request` naming `/object`. */
export function requireObject(deps: Pick<Deps, 'adapters'>, integration: IntegrationDocument, object: string): void {
  const message = refuseObject(deps, integration, object);
  if (message !== undefined) {
    throw new AppError('invalid-request', { errors: [{ in: 'body', field: '/object', message }] });
  }
}

function refuseWrites(
  deps: Pick<Deps, 'adapters'>,
  { provider, settings }: IntegrationDocument,
  object: string,
): string | undefined {
  const known = findAdapter(deps, provider)
    .objects(settings)
    .find(({ name }) => name === object);
  return known !== undefined && known.writes === undefined
    ? 'cannot be written, as far as the provider and the settings say: the task can only pull it'
    : undefined;
}

function refuseObject(
  deps: Pick<Deps, 'adapters'>,
  { provider, settings }: IntegrationDocument,
  object: string,
): string | undefined {
  const known = findAdapter(deps, provider)
    .objects(settings)
    .map((each) => each.name);
  if (known.includes(object)) return undefined;
  return known.length === 0 ? 'is not an object of the settings' : `must be one of: ${known.join(', ')}`;
}

/**
 * Checks that new settings of an integration still have every object that its tasks read.
 *
 * @throws AppError `invalid-request` naming `/settings` and the objects that would be lost
 */
export async function requireObjectsOfTasks(
  deps: Pick<Deps, 'tasks'>,
  scope: Scope,
  integrationId: string,
  objects: readonly ObjectDescription[],
): Promise<void> {
  const kept = new Set(objects.map((object) => object.name));
  const lost = new Set<string>();
  for await (const task of visitTasks(deps, scope, integrationId)) {
    for (const { object } of task.objects) if (!kept.has(object)) lost.add(object);
  }
  if (lost.size === 0) return;
  const message = `must keep the objects that tasks read: ${[...lost].sort().join(', ')}`;
  throw new AppError('invalid-request', { errors: [{ in: 'body', field: '/settings', message }] });
}
