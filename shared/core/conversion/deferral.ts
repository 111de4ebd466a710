import type { Json } from '../json.ts';

/** What somebody wrote: JSONata, or a JavaScript expression. */
export interface Program {
  readonly language: 'template' | 'script';
  readonly source: string;
}

/** Which shard has this key: the external id of a record of `object`, or the value of one of its fields? */
export interface LookupQuestion {
  readonly kind: 'lookup';
  readonly shardTypeId: string;
  readonly object: string | undefined;
  readonly field: string | undefined;
  readonly key: string | number | boolean;
  /** A record that is not here yet is given the id that its shard will have. */
  readonly reserves: boolean;
}

/** What a conversion can't work out by itself; a page's are answered together. */
export type Question = ProgramQuestion | LookupQuestion;

/** What does a program make of a record, or of an item of a list in it? */
export interface ProgramQuestion {
  readonly kind: 'program';
  readonly program: Program;
  readonly record: Json;
  /** The item of the list that the rule belongs to. */
  readonly item: Json | undefined;
}

export type Answer =
  | { readonly ok: true; readonly value: Json | undefined }
  /** `message` goes on from the field's name: "took too long". */
  | { readonly ok: false; readonly message: string };

/** Answers a page's questions, in their order, set-wise: never a round trip for each. */
export type AnswerQuestions = (questions: readonly Question[]) => Promise<readonly Answer[]>;

/**
 * How a conversion without I/O gets its answers: it runs twice, first to ask, then with the answers. It asks the same questions in the same order
 * both times, because what it asks depends on the record alone.
 */
export class Deferral {
  readonly questions: Question[] = [];
  readonly #answers: readonly Answer[] | undefined;
  #next = 0;

  /** @param answers absent while asking */
  constructor(answers?: readonly Answer[]) {
    this.#answers = answers;
  }

  /** Whether what is converted now is thrown away, but for the questions. */
  get isAsking(): boolean {
    return this.#answers === undefined;
  }

  ask(question: Question): Answer {
    if (this.#answers === undefined) {
      this.questions.push(question);
      return { ok: true, value: undefined };
    }
    const answer = this.#answers[this.#next];
    if (answer === undefined) throw new Error('A conversion asked more the second time than the first');
    this.#next += 1;
    return answer;
  }
}
