/** A value that a rule cannot read. The message goes on from the field's name: "is not a number". */
export class Unreadable extends Error {}
