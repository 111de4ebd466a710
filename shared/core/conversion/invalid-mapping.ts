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
