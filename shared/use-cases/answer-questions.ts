import type {
  Answer,
  AnswerQuestions,
  LookupQuestion,
  ProgramQuestion,
  Question,
} from '../core/conversion/deferral.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import type { Suppressions } from '../core/suppressions.ts';
import { findLinkedShards } from './find-linked-shards.ts';
import { findShardsByField } from './find-shards-by-field.ts';

type Needs = Pick<Deps, 'expressions' | 'links' | 'shards' | 'newId'>;

/**
 * Answers what a page's conversion can't work out by itself: programs by the sandbox, lookups by links and shards, a few round trips for all.
 *
 * @param reserving whom nothing may be reserved for; absent: nothing is reserved, so that nothing is written
 */
export function answerQuestions(
  deps: Needs,
  scope: Scope,
  integrationId: string,
  reserving?: Suppressions,
): AnswerQuestions {
  return async (questions) => {
    const answers: Answer[] = [];
    const place = async <Q extends Question>(
      isMeant: (question: Question) => question is Q,
      answer: (asked: readonly Q[]) => Promise<readonly Answer[]>,
    ): Promise<void> => {
      const places = questions.flatMap((question, index) => (isMeant(question) ? [{ question, index }] : []));
      if (places.length === 0) return;
      const given = await answer(places.map(({ question }) => question));
      for (const [order, { index }] of places.entries()) {
        const one = given[order];
        if (one === undefined) throw new Error('A question was not answered');
        answers[index] = one;
      }
    };
    await Promise.all([
      place(isProgram, (asked) => deps.expressions.evaluate(scope, asked)),
      place(isByObject, (asked) => findLinkedShards(deps, scope, integrationId, asked, reserving)),
      place(isByField, (asked) => findShardsByField(deps, scope, asked)),
    ]);
    return answers;
  };
}

function isProgram(question: Question): question is ProgramQuestion {
  return question.kind === 'program';
}

function isByObject(question: Question): question is LookupQuestion {
  return question.kind === 'lookup' && question.object !== undefined;
}

function isByField(question: Question): question is LookupQuestion {
  return question.kind === 'lookup' && question.object === undefined;
}
