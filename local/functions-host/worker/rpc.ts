/**
 * The invocation contract between the host and a language worker: the shapes of the worker protocol's
 * RpcInvocationRequest and RpcInvocationResponse, reduced to what JavaScript workers send and read. An app behind
 * `Invoker` may run in this process or in a worker over gRPC; the host does not see the difference.
 */
export interface TypedData {
  readonly string?: string | null;
  readonly json?: string | null;
  readonly bytes?: Uint8Array | null;
  readonly int?: number | null;
  readonly double?: number | null;
  readonly http?: HttpData | null;
}

export interface NullableString {
  readonly value: string;
}

/** An HTTP request on its way in, an HTTP response on its way out. */
export interface HttpData {
  readonly method?: string;
  readonly url?: string;
  readonly nullableHeaders?: Readonly<Record<string, NullableString>>;
  readonly nullableParams?: Readonly<Record<string, NullableString>>;
  readonly nullableQuery?: Readonly<Record<string, NullableString>>;
  readonly body?: TypedData | null;
  readonly statusCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly HttpCookie[];
}

interface Nullable<Value> {
  readonly value?: Value;
}

export interface HttpCookie {
  readonly name: string;
  readonly value: string;
  readonly domain?: Nullable<string>;
  readonly path?: Nullable<string>;
  /** Seconds since 1970. */
  readonly expires?: Nullable<{ readonly seconds: number }>;
  readonly secure?: Nullable<boolean>;
  readonly httpOnly?: Nullable<boolean>;
  readonly sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone';
  /** Seconds. */
  readonly maxAge?: Nullable<number>;
}

export interface TraceContext {
  readonly traceParent: string;
  readonly traceState: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface RpcException {
  readonly message: string;
  readonly stackTrace: string;
  readonly source: string;
}

export interface RetryContext {
  readonly retryCount: number;
  readonly maxRetryCount: number;
  readonly exception?: RpcException;
}

export interface NamedData {
  readonly name: string;
  readonly data: TypedData;
}

export interface InvocationRequest {
  readonly invocationId: string;
  readonly functionId: string;
  readonly inputData: readonly NamedData[];
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  readonly traceContext: TraceContext;
  readonly retryContext?: RetryContext;
}

export interface InvocationResponse {
  readonly invocationId: string;
  /** Absent when the invocation succeeded. */
  readonly exception?: RpcException;
  readonly outputData: readonly NamedData[];
  readonly returnValue?: TypedData | null;
}

/** What a binding says of itself: its type, its direction and the settings of that type. */
export interface BindingInfo {
  readonly type?: string;
  readonly direction?: string;
  readonly [setting: string]: unknown;
}

export interface RetryOptions {
  readonly maxRetryCount?: number;
  readonly retryStrategy?: string;
  readonly delayInterval?: { readonly seconds: number };
  readonly minimumInterval?: { readonly seconds: number };
  readonly maximumInterval?: { readonly seconds: number };
}

export interface FunctionMetadata {
  readonly functionId: string;
  readonly name: string;
  readonly bindings: Readonly<Record<string, BindingInfo>>;
  readonly retryOptions?: RetryOptions;
}

export interface Invoker {
  /** In the order in which the app registered them. */
  readonly functions: readonly FunctionMetadata[];
  /** Of the worker protocol; `HttpUri` is where requests go when the app streams HTTP. */
  readonly capabilities: Readonly<Record<string, string>>;
  /** Runs a function once. A failure of the function is an answer with `exception`, not a rejection. */
  invoke(request: InvocationRequest): Promise<InvocationResponse>;
  /** Runs what the app wants to be run before it ends. Rejects when that fails. */
  terminate(): Promise<void>;
}
