/** The configuration of the app or of the host is wrong or not supported; the message names the setting. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
