const LONGEST_ID = 100;

/** Why an orchestration cannot have this id; undefined when it can. */
export const findIdFault = (id: string): string | undefined =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  id.length === 0 || id.length > LONGEST_ID || id.startsWith('@') || /[/\\#?\u0000-\u001f\u007f-\u009f]/.test(id)
    ? `The instance ID "${id}" is not valid: 1 to ${LONGEST_ID} characters, none of / \\ # ? or control characters, not beginning with @`
    : undefined;
