import type { Authorisation } from '../../shared/core/adapter.ts';

interface Parameters {
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly incremental?: { readonly param: string } | undefined;
  readonly partition?: { readonly fromParam: string; readonly toParam: string } | undefined;
  readonly paging: Readonly<Record<string, unknown>>;
  readonly writes?: { readonly lookup?: { readonly param: string } | undefined } | undefined;
}

/** The first query parameter that two parts of an object's settings would both set; undefined when there is none. */
export function findParameterClash(object: Parameters, auth: Authorisation): string | undefined {
  const names = [
    ...new URL(object.path, 'https://base.invalid/').searchParams.keys(),
    ...Object.keys(object.query ?? {}),
    ...(object.incremental === undefined ? [] : [object.incremental.param]),
    ...(object.partition === undefined ? [] : [object.partition.fromParam, object.partition.toParam]),
    ...(object.writes?.lookup === undefined ? [] : [object.writes.lookup.param]),
    ...(auth.kind === 'query' ? [auth.name] : []),
    ...Object.entries(object.paging).flatMap(([field, name]) =>
      field.endsWith('Param') && typeof name === 'string' ? [name] : [],
    ),
  ];
  return names.find((name, index) => names.indexOf(name) !== index);
}
