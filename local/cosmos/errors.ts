/** The names the service puts into the `code` field of an error body, by HTTP status. */
const CODE_NAMES: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  408: 'RequestTimeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'PreconditionFailed',
  413: 'RequestEntityTooLarge',
  424: 'FailedDependency',
  429: 'TooManyRequests',
  449: 'RetryWith',
  500: 'InternalServerError',
  503: 'ServiceUnavailable',
};

/** The name that goes with an HTTP status in an error body. */
export function codeNameOf(status: number): string {
  return CODE_NAMES[status] ?? 'InternalServerError';
}

/** A refusal that the client sees as an HTTP error with the service's status and substatus. */
export class CosmosError extends Error {
  readonly status: number;
  /** `x-ms-substatus`; 0 when the service gives none. */
  readonly substatus: number;
  /** JSON for `additionalErrorInfo`: the query plan, when only a client-side pipeline can answer the query. */
  readonly additionalErrorInfo: string | undefined;

  constructor(status: number, message: string, substatus = 0, additionalErrorInfo?: string) {
    super(message);
    this.status = status;
    this.substatus = substatus;
    this.additionalErrorInfo = additionalErrorInfo;
  }
}

/** A refusal that says when to try again: `x-ms-retry-after-ms`. */
export class RetryLaterError extends CosmosError {
  readonly retryAfterMs: number;

  constructor(status: number, message: string, substatus: number, retryAfterMs: number) {
    super(status, message, substatus);
    this.retryAfterMs = retryAfterMs;
  }
}

/** 400: the request itself is wrong, or names something this server does not support. */
export function badRequest(message: string, substatus = 0): CosmosError {
  return new CosmosError(400, message, substatus);
}

/** 400 for a construct of the service that this server does not have; the message names it. */
export function unsupported(construct: string): CosmosError {
  return new CosmosError(400, `${construct} is not supported by the local Cosmos DB server.`);
}

/** 400 with substatus 1001: the partition key header and the document (or the definition) disagree. */
export function partitionKeyMismatch(): CosmosError {
  return new CosmosError(
    400,
    'PartitionKey extracted from document does not match the one specified in the header.',
    1001,
  );
}

/** 404 for an item, container or database that is not there. */
export function notFound(what: string): CosmosError {
  return new CosmosError(404, `Entity with the specified id does not exist in the system. ${what}`);
}

/** 404 with substatus 1003: the container or database that should own the resource is not there. */
export function ownerNotFound(): CosmosError {
  return new CosmosError(404, 'Owner resource does not exist.', 1003);
}

/** 409: the id or a unique key is already taken in this logical partition. */
export function conflict(): CosmosError {
  return new CosmosError(409, 'Entity with the specified id already exists in the system.');
}

/** 409: a unique index constraint of the container is violated. */
export function uniqueKeyConflict(): CosmosError {
  return new CosmosError(409, 'Unique index constraint violation.');
}

/** 412: `If-Match`, `If-None-Match` or a patch condition does not hold. */
export function preconditionFailed(): CosmosError {
  return new CosmosError(412, 'Operation cannot be performed because one of the specified precondition is not met.');
}

/** 413: the document or the request is larger than 2 MB. */
export function tooLarge(): CosmosError {
  return new CosmosError(413, 'Request size is too large.');
}
