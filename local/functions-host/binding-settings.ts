import { ConfigurationError } from './config/errors.ts';
import type { BindingInfo } from './worker/rpc.ts';

/** @throws ConfigurationError naming function and setting when it is missing or empty */
export const requiredText = (name: string, binding: BindingInfo, setting: string): string => {
  const text = optionalText(name, binding, setting);
  if (text === undefined || text === '') {
    throw new ConfigurationError(`The function "${name}": its ${binding.type} has no "${setting}"`);
  }
  return text;
};

/** @throws ConfigurationError naming function and setting when it is there and no text */
export const optionalText = (name: string, binding: BindingInfo, setting: string): string | undefined => {
  const value = binding[setting];
  if (value === undefined || value === null || typeof value === 'string') {
    return value ?? undefined;
  }
  throw new ConfigurationError(`The function "${name}": "${setting}" of its ${binding.type} is not a text`);
};

export const notSupported = (name: string, what: string): ConfigurationError =>
  new ConfigurationError(`The function "${name}" uses ${what}, which this host does not support yet`);

/** @throws ConfigurationError naming function and setting when it is there and neither true nor false */
export const optionalFlag = (name: string, binding: BindingInfo, setting: string): boolean => {
  const value = binding[setting] ?? false;
  if (typeof value === 'boolean') {
    return value;
  }
  throw new ConfigurationError(`The function "${name}": "${setting}" of its ${binding.type} is neither true nor false`);
};

/**
 * A whole number from 1.
 * @throws ConfigurationError naming function and setting when it is something else
 */
export const optionalCount = (name: string, binding: BindingInfo, setting: string): number | undefined => {
  const value = binding[setting] ?? undefined;
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value) && value > 0)) {
    return value;
  }
  throw new ConfigurationError(`The function "${name}": "${setting}" of its ${binding.type} is not a number from 1`);
};
