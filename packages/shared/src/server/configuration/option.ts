import { type TSchema, type TStringOptions, Type } from 'typebox';

/** What an option means beyond its JSON schema; stands in the schema itself, so that there is one definition of it. */
export interface OptionMeaning<Default> {
  /** One sentence for `--help` and the documentation. */
  description: string;
  /** What stands behind the flag in `--help`, as `HOST:PORT`. Flags without one are switches. */
  placeholder?: string;
  default?: Default;
  /** Further documentation that `--help` has no room for. */
  details?: string;
  /** Says what a right value is, in the error for a wrong one. Default: derived from the placeholder. */
  expected?: string;
}

type Meaning<Default> = OptionMeaning<Default> & Record<string, unknown>;

/** An option that takes one text. */
export function text(meaning: Meaning<string> & { pattern?: string }) {
  return meaning.default === undefined
    ? Type.Optional(Type.String(meaning as TStringOptions))
    : Type.String(meaning as TStringOptions);
}

/** An option that must be given. */
export function neededText(meaning: Meaning<string> & { pattern?: string }) {
  return Type.String(meaning as TStringOptions);
}

/** An option that may be given several times; a list in the configuration file, separated by blanks in the environment. */
export function texts(meaning: Meaning<string[]> & { pattern?: string }) {
  const { pattern, ...rest } = meaning;
  return Type.Array(Type.String(pattern === undefined ? {} : { pattern }), { ...rest, default: rest.default ?? [] });
}

/** A switch, off unless given. */
export function toggle(meaning: Meaning<boolean>) {
  return Type.Boolean({ ...meaning, default: meaning.default ?? false });
}

/** A whole number. */
export function whole(meaning: Meaning<number> & { minimum: number; maximum: number; default: number }) {
  return Type.Integer({ expected: `a whole number from ${meaning.minimum} to ${meaning.maximum}`, ...meaning });
}

/** One of a few words. */
export function choice<const Word extends string>(words: readonly Word[], meaning: Meaning<Word> & { default: Word }) {
  return Type.Union(
    words.map((word) => Type.Literal(word)),
    { expected: `one of ${words.join(', ')}`, placeholder: words.join('|'), ...meaning },
  ) as unknown as ReturnType<typeof Type.Unsafe<Word>>;
}

/** A stretch of time, kept as text such as `90s`; {@link seconds} reads it. */
export function duration(meaning: Meaning<string> & { default: string }) {
  return Type.String({
    pattern: '^[1-9][0-9]{0,8}(ms|s|m|h|d)$',
    placeholder: 'DURATION',
    expected: 'a number with a unit (ms, s, m, h or d), such as 90s',
    ...meaning,
  });
}

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** A {@link duration} in seconds. */
export function seconds(stretch: string): number {
  const unit = stretch.replace(/^\d+/, '');
  return Number.parseInt(stretch, 10) * (unitSeconds[unit] ?? 1);
}

/** The meaning that an option's schema carries. */
export function meaningOf(
  schema: TSchema,
): OptionMeaning<unknown> & { pattern?: string; items?: { pattern?: string }; type?: string } {
  return schema as unknown as OptionMeaning<unknown> & { pattern?: string; type?: string };
}

/** `agentCa` → `agent-ca`: the name of an option as a flag (after `--`) and in the configuration file. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `agentCa` → `CLUSTERLOG_AGENT_CA`. */
export function environmentName(key: string): string {
  return `CLUSTERLOG_${flagName(key).replaceAll('-', '_').toUpperCase()}`;
}
