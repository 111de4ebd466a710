/**
 * Reads a value by a dotted path (`paging.next.after`, `results.0.id`) through own members only, never through a prototype.
 * A member whose own name holds the dots (`@odata.nextLink`) is found before the path is taken apart. Gives undefined where the
 * path leads nowhere.
 */
export function readPath(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (isMember(value, path)) return Reflect.get(value, path);
  const dot = path.indexOf('.');
  if (dot < 0) return undefined;
  const name = path.slice(0, dot);
  return isMember(value, name) ? readPath(Reflect.get(value, name), path.slice(dot + 1)) : undefined;
}

/** An array's own `length` is not a member of the data. */
function isMember(value: object, name: string): boolean {
  return Object.hasOwn(value, name) && (!Array.isArray(value) || /^\d+$/.test(name));
}
