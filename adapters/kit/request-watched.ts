import type { Dispatcher } from 'undici';

/** The request never went out: what failed was a name, a connection, TLS, or a place in line. The reason is the cause. */
export class NotSent extends Error {
  constructor(cause: unknown) {
    super('The request was not sent.', { cause });
    this.name = 'NotSent';
  }
}

interface Request {
  readonly origin: string;
  readonly path: string;
  readonly method: Dispatcher.HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/** Makes a request. An error is a `NotSent` where it came before the first byte went to an open connection. */
export async function requestWatched(dispatcher: Dispatcher, request: Request): Promise<Dispatcher.ResponseData> {
  let isStarted = false;
  const watched = dispatcher.compose((dispatch) => (options, handler) => {
    const noteStart = () => {
      isStarted = true;
    };
    return dispatch(options, watchHandler(handler, noteStart));
  });
  try {
    return await watched.request({ ...request, headers: { ...request.headers } });
  } catch (error) {
    throw isStarted ? error : new NotSent(error);
  }
}

function watchHandler(handler: Dispatcher.DispatchHandler, noteStart: () => void): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller, context) => {
      handler.onRequestStart?.(controller, context);
      // A request that ran out of time while it waited for a connection is given up here, before its first byte.
      if (!controller.aborted) noteStart();
    },
    onRequestUpgrade: (...upgrade) => handler.onRequestUpgrade?.(...upgrade),
    onResponseStart: (...start) => handler.onResponseStart?.(...start),
    onResponseData: (...data) => handler.onResponseData?.(...data),
    onResponseEnd: (...end) => handler.onResponseEnd?.(...end),
    onResponseError: (...error) => handler.onResponseError?.(...error),
  };
}
