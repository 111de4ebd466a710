import type { Adapter } from '../../core/adapter.ts';
import { AppError, type CorruptDocument } from '../../core/app-error.ts';
import type { PlannedObject } from '../../core/documents/conversion.ts';
import type { IntegrationDocument } from '../../core/documents/integration.ts';
import type { TaskDocument } from '../../core/documents/task.ts';
import type { FrozenRules } from '../../core/identity/frozen-rules.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { PageTools } from '../commit-page.ts';
import { freezeMappings } from '../freeze-mappings.ts';
import { freezeMatchRules } from '../freeze-match-rules.ts';
import { loadConverter } from '../load-converter.ts';
import { loadPushRoutes } from '../load-push-routes.ts';
import { loadSuppressions } from '../suppressions/load-suppressions.ts';
import { visitTasks } from '../visit-tasks.ts';
import { requestPull } from './request-pull.ts';

/** One way in which records of an object are taken: by an object of a task. */
export interface Intake {
  readonly task: TaskDocument;
  readonly planned: PlannedObject;
  readonly tools: PageTools;
  readonly matchRules: FrozenRules;
}

/** What the deliveries of one integration need, read once for many of them. */
export interface DeliverySource {
  readonly integration: IntegrationDocument | undefined;
  readonly adapter: Adapter | undefined;
  /** Parsed, as they are now; absent where the adapter no longer takes them. */
  readonly settings: unknown;
  /** Why nothing can be known of them: a document that the deliveries need does not parse. */
  readonly failure?: CorruptDocument;
  /** All tasks of the integration that read anything, also those that are not enabled. */
  readonly tasks: readonly TaskDocument[];
  /** The enabled tasks that read an object. */
  tasksOf(object: string): readonly TaskDocument[];
  /** Asks for an incremental run of a task, once for all: the deliveries were there before the first of them asked, and the run begins after that. */
  requestPull(taskId: string): Promise<void>;
  /** How records of an object are taken. Throws AppError `not-published`, `not-found`. */
  intakesOf(object: string): Promise<readonly Intake[]>;
}

/** Each delivery fails with it: so it is tried again, and in the end dead with the reason, instead of being given back without end. */
export function brokenSource(failure: CorruptDocument): DeliverySource {
  const refuse = () => Promise.reject(failure);
  const nothing = { integration: undefined, adapter: undefined, settings: undefined, tasks: [] };
  return { ...nothing, failure, tasksOf: () => [], requestPull: refuse, intakesOf: refuse };
}

export async function openSource(deps: Deps, scope: Scope, integrationId: string): Promise<DeliverySource> {
  const integration = (await deps.integrations.get(scope, { id: integrationId }))?.document;
  const adapter = deps.adapters.find(({ id }) => id === integration?.provider);
  const settings = adapter?.settings.safeParse(integration?.settings);
  const tasks: TaskDocument[] = [];
  for await (const task of visitTasks(deps, scope, integrationId)) if (task.direction !== 'push') tasks.push(task);
  const tasksOf = (object: string) =>
    tasks.filter((task) => task.enabled && task.objects.some((each) => each.object === object));
  const opened = new Map<string, Promise<readonly Intake[]>>();
  const pulls = new Map<string, Promise<void>>();
  return {
    integration,
    adapter,
    settings: settings?.success === true ? settings.data : undefined,
    tasks,
    tasksOf,
    requestPull: (taskId) => {
      const asked = pulls.get(taskId) ?? requestPull(deps, scope, { integrationId, taskId });
      pulls.set(taskId, asked);
      // Who comes after a failure asks again.
      asked.catch(() => pulls.delete(taskId));
      return asked;
    },
    intakesOf: (object) => {
      const known = opened.get(object);
      if (known !== undefined) return known;
      const opening = openIntakes(deps, scope, tasksOf(object), object);
      opened.set(object, opening);
      return opening;
    },
  };
}

async function openIntakes(
  deps: Deps,
  scope: Scope,
  tasks: readonly TaskDocument[],
  object: string,
): Promise<readonly Intake[]> {
  const [routes, suppressions] = await Promise.all([loadPushRoutes(deps, scope), loadSuppressions(deps, scope)]);
  const intakes: Intake[] = [];
  for (const task of tasks) {
    const objects = task.objects.filter((each) => each.object === object);
    for (const planned of await freezeMappings(deps, scope, task.integrationId, objects)) {
      const matchRules = await freezeMatchRules(deps, scope, Object.keys(planned.shardTypes));
      const converter = await loadConverter(deps, scope, planned);
      intakes.push({ task, planned, matchRules, tools: { planned, converter, routes, suppressions } });
    }
  }
  return intakes;
}

/** The adapter and its settings. Throws AppError `not-connected` when they no longer fit. */
export function adapterOf({ adapter, settings, integration }: DeliverySource): { adapter: Adapter; settings: unknown } {
  if (adapter === undefined) {
    throw new AppError('not-connected', { detail: `The provider "${integration?.provider}" is not available.` });
  }
  if (settings === undefined) {
    throw new AppError('not-connected', { detail: 'The settings of the integration are no longer valid.' });
  }
  return { adapter, settings };
}
