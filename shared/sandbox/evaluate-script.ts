import variant from '@jitl/quickjs-singlefile-cjs-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import type { Json } from '../core/json.ts';
import { limits, tooDeep, tookTooLong, tooMuchMemory } from './limits.ts';
import { Refused } from './refused.ts';
import { preludeSource, wrapScript } from './sandbox-prelude.ts';

/** A realm that has been prepared, with the scripts compiled in it. */
interface Realm {
  readonly runtime: QuickJSRuntime;
  readonly context: QuickJSContext;
  readonly scripts: Map<string, QuickJSHandle>;
}

/** JavaScript expressions in QuickJS, a JavaScript engine of its own in WebAssembly: there is nothing of this process in it to reach. */
export class Scripts {
  readonly #module: QuickJSWASMModule;
  #realm: Realm | undefined;
  #turns = 0;

  constructor(module: QuickJSWASMModule) {
    this.#module = module;
  }

  /** @throws Refused when it is not an expression */
  check(source: string): void {
    this.#compile(this.#open(), source);
  }

  /** The result as JSON text; `undefined` for none. Throws `Refused`. */
  evaluate(source: string, record: Json, item: Json | undefined): string | undefined {
    const realm = this.#open();
    const script = this.#compile(realm, source);
    const { context } = realm;
    this.#turns = 0;
    const given = [record, ...(item === undefined ? [] : [item])].map((each) =>
      context.newString(JSON.stringify(each)),
    );
    const result = context.callFunction(script, context.undefined, ...given);
    for (const handle of given) handle.dispose();
    if (result.error) throw this.#refusalOf(context, result.error);
    const text = context.typeof(result.value) === 'string' ? context.getString(result.value) : undefined;
    result.value.dispose();
    return text;
  }

  /** A realm that ran into a limit may be damaged: the next program gets a new one. */
  #refusalOf(context: QuickJSContext, error: QuickJSHandle): Refused {
    const described = describeError(context, error);
    const limit = findLimit(described);
    if (limit === undefined) return new Refused(`failed: ${described.slice(0, 200)}`);
    this.#close();
    return new Refused(limit);
  }

  #compile({ context, scripts }: Realm, source: string): QuickJSHandle {
    const known = scripts.get(source);
    if (known !== undefined) return known;
    this.#turns = 0;
    const result = context.evalCode(wrapScript(source), 'script', { strict: true, strip: true });
    if (result.error) throw this.#refusalOf(context, result.error);
    scripts.set(source, result.value);
    return result.value;
  }

  #open(): Realm {
    if (this.#realm !== undefined) return this.#realm;
    const runtime = this.#module.newRuntime();
    runtime.setMemoryLimit(limits.scriptMemoryBytes);
    runtime.setMaxStackSize(limits.scriptStackBytes);
    runtime.setInterruptHandler(() => {
      this.#turns += 1;
      return this.#turns > limits.scriptTurns;
    });
    const context = runtime.newContext();
    this.#turns = 0;
    context.unwrapResult(context.evalCode(preludeSource, 'prelude')).dispose();
    this.#realm = { runtime, context, scripts: new Map() };
    return this.#realm;
  }

  #close(): void {
    const realm = this.#realm;
    this.#realm = undefined;
    if (realm === undefined) return;
    for (const script of realm.scripts.values()) script.dispose();
    realm.context.dispose();
    realm.runtime.dispose();
  }
}

export async function openScripts(): Promise<Scripts> {
  return new Scripts(await newQuickJSWASMModuleFromVariant(variantOf(variant)));
}

/** The package is CommonJS: its default export is wrapped once more where it is loaded as such. */
function variantOf(loaded: unknown): QuickJSSyncVariant {
  const inner = (loaded as { readonly default?: unknown }).default ?? loaded;
  return inner as QuickJSSyncVariant;
}

function describeError(context: QuickJSContext, error: QuickJSHandle): string {
  const dumped: unknown = context.dump(error);
  error.dispose();
  if (typeof dumped === 'object' && dumped !== null && 'message' in dumped) {
    const name = 'name' in dumped ? `${String(dumped.name)}: ` : '';
    return `${name}${String(dumped.message)}`;
  }
  return String(dumped);
}

function findLimit(described: string): string | undefined {
  if (described === 'InternalError: interrupted') return tookTooLong;
  if (/^InternalError: (stack overflow|too much recursion)$/.test(described)) return tooDeep;
  return described === 'InternalError: out of memory' || described === 'null' ? tooMuchMemory : undefined;
}
