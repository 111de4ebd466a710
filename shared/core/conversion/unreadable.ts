/** A value that a rule cannot read. The message goes on from the field's name: "is not a number". */
export class Unreadable extends Error {}

/** Something in a mapping that can never work; `path` leads to it from the list of targets. */
export interface MappingProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A mapping that does not compile, with everything that is wrong with it. */
export class InvalidMapping extends Error {
  readonly problems: readonly MappingProblem[];

  constructor(problems: readonly MappingProblem[]) {
    super(problems.map(({ path, message }) => `${path.join('/')} ${message}`).join('; '));
    this.name = 'InvalidMapping';
    this.problems = problems;
  }
}
