import type { ExternalChange } from '../../core/adapter.ts';
import type { PushIntent } from '../../core/documents/push-lane.ts';
import { readPath } from '../../core/field-path.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { sameMeaning } from '../../core/two-way/same-meaning.ts';
import { answerQuestions } from '../answer-questions.ts';
import type { LoadedRoute } from '../load-push-routes.ts';
import { type LaneWork, toolsOf } from './lane-work.ts';

/** Whether a record has what was written, but for how the provider writes it. */
export async function shows(
  work: LaneWork,
  route: LoadedRoute,
  change: ExternalChange,
  { data, fields }: Pick<PushIntent, 'data' | 'fields'>,
): Promise<boolean> {
  const { deps, scope, integration } = work;
  const { converter } = await toolsOf(work, route);
  const [converted = []] = await converter.convert(
    [change],
    answerQuestions(deps, scope, integration.id, work.suppressions),
  );
  const shown = converted.find(({ feed }) => feed.object === route.object && feed.shardTypeId === route.shardTypeId);
  if (shown?.ok !== true) return false;
  return fields.every((field) => {
    const path = field.split('.');
    return sameMeaning(
      readPath(data as JsonObject, path) as Json | undefined,
      readPath(shown.data, path) as Json | undefined,
    );
  });
}
