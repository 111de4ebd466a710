/** What an object has under a name itself. A field may be called `valueOf`, and every object inherits something of that name. */
export function ownValue<T>(object: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
}
