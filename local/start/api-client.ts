import { z } from 'zod';

export interface ApiClient {
  /** Calls the API and checks the answer. @throws ApiProblem for every answer that is not 2xx */
  call<T extends z.ZodType>(
    method: string,
    path: string,
    answer: T,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<z.infer<T>>;
}

/** What the API answered instead of success. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = code;
  }
}

const problem = z.object({ code: z.string(), title: z.string(), detail: z.string().optional() });

/** @param api base of the API, asked anew for each call because it moves when the app restarts */
export function createApiClient(api: () => string, authorisation: Record<string, string>): ApiClient {
  return {
    call: async (method, path, answer, body, headers) => {
      const response = await fetch(`${api()}/${path}`, {
        method,
        headers: {
          ...authorisation,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.ok) return answer.parse(text === '' ? undefined : JSON.parse(text));
      const parsed = problem.safeParse(parseJson(text));
      if (!parsed.success)
        throw new ApiProblem(response.status, 'unknown', `${method} ${path}: ${response.status} ${text}`);
      const { code, title, detail } = parsed.data;
      throw new ApiProblem(response.status, code, `${method} ${path}: ${title}. ${detail ?? text}`);
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
