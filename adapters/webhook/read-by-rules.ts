import type { ExternalChange, RejectedRecord } from '../../shared/core/adapter.ts';
import type { DeliveryReading, ReadableDelivery, WebhookHint } from '../../shared/core/adapter-webhooks.ts';
import { canonicalText } from '../../shared/core/canonical.ts';
import { isJsonObject, type Json, type JsonObject } from '../../shared/core/json.ts';
import { compileValidator, type ValidateShard } from '../../shared/core/shard-types/compile-validator.ts';
import { readRecord } from '../custom-rest/read-record.ts';
import { readPath } from '../kit/read-path.ts';
import type { WebhookRule } from './webhook-rule.ts';

type Item =
  | { readonly kind: 'hint'; readonly hint: WebhookHint }
  | { readonly kind: 'rejected'; readonly rejected: RejectedRecord };

/** What a delivery of a megabyte may come to, by all rules together: all of it is applied as one. */
const mostItems = 10_000;

/** Reads a delivery by every rule that it fits, in the order of the rules. An item that does not fit is rejected with its reason; the others count. */
export async function readByRules(rules: readonly WebhookRule[], delivery: ReadableDelivery): Promise<DeliveryReading> {
  const fitting = rules.filter((rule) => fits(rule, delivery));
  if (fitting.length === 0) return { kind: 'ignored', reason: 'No rule of the settings is meant for it.' };
  const hints: WebhookHint[] = [];
  const rejected: RejectedRecord[] = [];
  const count = fitting.reduce((sum, rule) => sum + (itemsOf(rule, delivery.payload)?.length ?? 0), 0);
  if (count > mostItems) {
    return { kind: 'hints', hints, rejected: [{ reason: `The payload holds more than ${mostItems} items.` }] };
  }
  for (const rule of fitting) {
    if (rule.carries === 'nothing') {
      hints.push({ kind: 'object', object: rule.object });
      continue;
    }
    const items = itemsOf(rule, delivery.payload);
    if (items === undefined) {
      rejected.push({ reason: `The payload has nothing at "${rule.itemsPath}", where ${rule.object} should be.` });
      continue;
    }
    const validate = rule.schema === undefined ? undefined : await validatorOf(rule.schema);
    for (const [place, item] of items.entries()) {
      const read = readItem(rule, validate, delivery.payload, item, items.length > 1 ? place : undefined);
      if (read.kind === 'hint') hints.push(read.hint);
      else rejected.push(read.rejected);
    }
  }
  return { kind: 'hints', hints, rejected };
}

function fits({ when = [] }: WebhookRule, { payload, headers }: ReadableDelivery): boolean {
  return when.every(({ field, header, oneOf }) => {
    const value = field === undefined ? headers[header?.toLowerCase() ?? ''] : readPath(payload, field);
    return isOneOf(value, oneOf);
  });
}

function isOneOf(value: unknown, oneOf: readonly (string | number | boolean)[]): boolean {
  if (value === undefined || (typeof value === 'object' && value !== null)) return false;
  return oneOf.some((each) => String(each) === String(value));
}

function itemsOf({ itemsPath }: WebhookRule, payload: Json): readonly unknown[] | undefined {
  const found = itemsPath === undefined ? payload : readPath(payload, itemsPath);
  if (found === undefined || found === null) return undefined;
  return Array.isArray(found) ? found : [found];
}

/** @param place in a list; absent where there is one item alone */
function readItem(
  rule: WebhookRule,
  validate: ValidateShard | undefined,
  payload: Json,
  given: unknown,
  place: number | undefined,
): Item {
  const what = place === undefined ? 'The item' : `Item ${place + 1}`;
  const isBareId = rule.carries === 'id' && (typeof given === 'string' || typeof given === 'number');
  const item = isBareId ? bareId(rule.idField, given) : given;
  const { idField, modifiedField } = rule;
  const read = readRecord(item, place ?? 0, { idField, modifiedField, deleted: undefined });
  if (read.kind === 'rejected') {
    return {
      kind: 'rejected',
      rejected: { ...read.rejected, reason: read.rejected.reason.replace(/^Item \d+ of the page/, what) },
    };
  }
  const { change } = read;
  const { externalId } = change;
  const reject = (reason: string): Item => ({
    kind: 'rejected',
    rejected: { externalId, reason: `${what}: ${reason}` },
  });
  const [problem, ...problems] = validate?.(change.record, false) ?? [];
  if (problem !== undefined) {
    return reject([problem, ...problems].map(({ message }) => message).join(' '));
  }
  if (isDeleted(rule, payload, change.record))
    return { kind: 'hint', hint: hintOf(rule, { ...change, ...versionOf(rule, change), deleted: true }) };
  if (rule.carries === 'id') return { kind: 'hint', hint: { kind: 'record', object: rule.object, externalId } };
  const record = rule.recordPath === undefined ? change.record : readPath(change.record, rule.recordPath);
  if (!isJsonObject(record)) return reject(`there is no object at "${rule.recordPath}".`);
  return { kind: 'hint', hint: hintOf(rule, { ...change, ...versionOf(rule, change), record }) };
}

function hintOf({ object }: WebhookRule, change: ExternalChange): WebhookHint {
  return { kind: 'change', object, change };
}

function bareId(idField: string, id: string | number): JsonObject {
  return { [idField]: id };
}

/** A number that cannot be relied on is no version: the order of arrival decides then. */
function versionOf({ versionField }: WebhookRule, { record }: ExternalChange): { version?: number } {
  if (versionField === undefined) return {};
  const value = readPath(record, versionField);
  const version = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof version === 'number' && Number.isSafeInteger(version) ? { version } : {};
}

function isDeleted({ deleted }: WebhookRule, payload: Json, item: JsonObject): boolean {
  if (deleted === undefined) return false;
  const value = readPath(deleted.in === 'payload' ? payload : item, deleted.field);
  if (deleted.oneOf !== undefined) return isOneOf(value, deleted.oneOf);
  return value !== undefined && value !== null && value !== false && value !== 0 && value !== '' && value !== 'false';
}

/** Compiled by what they say; the oldest go first. */
const compiled = new Map<string, Promise<ValidateShard>>();
const mostCompiled = 100;

async function validatorOf(schema: JsonObject): Promise<ValidateShard> {
  const key = canonicalText(schema);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = compileValidator(schema);
  compiled.set(key, made);
  made.catch(() => compiled.delete(key));
  const [oldest] = compiled.keys();
  if (compiled.size > mostCompiled && oldest !== undefined) compiled.delete(oldest);
  return made;
}
