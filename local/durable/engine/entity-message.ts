/** An operation on its way to an entity: the message of the extension, of which the library reads the `id`. */
export interface EntityMessage {
  readonly op: string;
  /** JSON text. */
  readonly input?: string | undefined;
  readonly signal: boolean;
  readonly id: string;
  /** Who waits for the answer. */
  readonly parent?: string | undefined;
  readonly parentExecution?: number | undefined;
}

/** `@name@key`; names are in lower case. */
export const toEntityId = (name: string, key: string): string => `@${name.toLowerCase()}@${key}`;

export const parseEntityId = (id: string): { readonly name: string; readonly key: string } => {
  const at = id.indexOf('@', 1);
  return { name: id.slice(1, at), key: id.slice(at + 1) };
};

/** True for what can be the id of an entity; an orchestration's id does not begin so. */
export const isEntityId = (id: string): boolean => id.startsWith('@');
