import { readFileSync } from 'node:fs';
import type { Static, TObject, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { ConfigurationError } from './configuration-error.ts';
import { environmentName, flagName, meaningOf } from './option.ts';

/** Values as they came, with the words that say from where. */
interface Given {
  readonly value: unknown;
  readonly origin: string;
}

/** What the command line gave, by option key. */
export type Flags = Readonly<Record<string, string | string[] | boolean | undefined>>;

/**
 * Merges and checks a service's options: flag before environment before file before default.
 *
 * @throws ConfigurationError naming the first wrong option, where it was given, what was expected and what was found; also
 *   for an unknown key in the file and for a file that cannot be read.
 */
export function loadConfiguration<Schema extends TObject>(
  schema: Schema,
  flags: Flags,
  environment: Readonly<Record<string, string | undefined>>,
): Static<Schema> {
  const options = Object.entries(schema.properties as Record<string, TSchema>);
  const fileName = flags.config ?? environment[environmentName('config')];
  const file =
    typeof fileName === 'string'
      ? readConfigurationFile(
          fileName,
          options.map(([key]) => key),
        )
      : new Map<string, Given>();

  const configuration: Record<string, unknown> = {};
  for (const [key, option] of options) {
    const given = fromFlag(key, flags) ?? fromEnvironment(key, option, environment) ?? file.get(key);
    const value = given === undefined ? Value.Default(option, undefined) : converted(option, given.value);
    if (given === undefined && value === undefined) {
      if (schema.required?.includes(key))
        throw new ConfigurationError(`--${flagName(key)} is needed: ${meaningOf(option).description}`);
      continue;
    }
    if (!Value.Check(option, value)) {
      throw new ConfigurationError(
        `${given?.origin ?? `--${flagName(key)}`}: expected ${expectation(option)}, found ${JSON.stringify(given?.value ?? value)}`,
      );
    }
    configuration[key] = value;
  }
  return configuration as Static<Schema>;
}

function fromFlag(key: string, flags: Flags): Given | undefined {
  const value = flags[key];
  return value === undefined ? undefined : { value, origin: `--${flagName(key)}` };
}

function fromEnvironment(
  key: string,
  option: TSchema,
  environment: Readonly<Record<string, string | undefined>>,
): Given | undefined {
  const name = environmentName(key);
  const value = environment[name];
  if (value === undefined || value === '') return undefined;
  return { value: meaningOf(option).type === 'array' ? value.split(/\s+/).filter(Boolean) : value, origin: name };
}

/** Flags and the environment give text; the schema says what it stands for. */
function converted(option: TSchema, value: unknown): unknown {
  const { type } = meaningOf(option);
  if (type === 'array' && typeof value === 'string') return [value];
  if (typeof value !== 'string') return value;
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (type === 'boolean' && /^(true|1)$/.test(value)) return true;
  if (type === 'boolean' && /^(false|0)$/.test(value)) return false;
  return value;
}

function expectation(option: TSchema): string {
  const { expected, placeholder, type } = meaningOf(option);
  return expected ?? (type === 'boolean' ? 'true or false' : (placeholder ?? type ?? 'another value'));
}

function readConfigurationFile(path: string, keys: readonly string[]): Map<string, Given> {
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(
      `--config: ${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown error'})`,
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const [problem] = document.errors;
  if (problem) throw new ConfigurationError(`${path}: ${problem.message.split('\n')[0] ?? 'not YAML'}`);
  const given = new Map<string, Given>();
  if (document.contents === null) return given;
  if (!isMap(document.contents)) throw new ConfigurationError(`${path}: expected options, one "name: value" a line`);
  for (const { key: name, value } of document.contents.items) {
    const line = isScalar(name) && name.range ? lines.linePos(name.range[0]).line : 1;
    const word = isScalar(name) ? String(name.value) : '?';
    const key = keys.find((candidate) => flagName(candidate) === word);
    if (key === undefined || key === 'config')
      throw new ConfigurationError(`${path}:${line}: unknown option ${JSON.stringify(word)}`);
    const plain = value === null ? null : (value as { toJSON(): unknown }).toJSON();
    given.set(key, { value: plain, origin: `${path}:${line}: ${word}` });
  }
  return given;
}
