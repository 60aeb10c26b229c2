/** The start is refused because of its configuration. The message is the one line an operator reads. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
