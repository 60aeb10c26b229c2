import { RE2JS } from 're2js';
import { type Match, type ValueTest, value } from './match.ts';
import { patternSize } from './pattern-size.ts';

/** Longest pattern, in characters. */
const longestPattern = 1000;
/** Instructions a pattern may compile to: what a character of a value costs at worst grows with them. */
const mostInstructions = 1000;
/** What {@link patternSize} may say of one before it is compiled to be counted. */
const mostGuessed = 4 * mostInstructions;

/** A pattern that cannot be searched for; the message says why. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

export interface GrepOptions {
  /** Default: smart, which is insensitive unless the pattern has an upper-case letter, as `journalctl --grep` does. */
  readonly case?: 'smart' | 'sensitive' | 'insensitive';
}

/**
 * Entries in which a value of `field` has a part that matches `pattern`. The syntax is RE2's, so that the time taken grows
 * only with the length of the value. Values are read as UTF-8.
 *
 * @throws PatternError
 */
export function grep(field: string, pattern: string, options: GrepOptions = {}): Match {
  return value(field, patternTest(pattern, options));
}

function patternTest(pattern: string, options: GrepOptions): ValueTest {
  if (pattern.length > longestPattern) {
    throw new PatternError(`a pattern has at most ${longestPattern} characters, this one ${pattern.length}`);
  }
  const smart = options.case ?? 'smart';
  const insensitive = smart === 'smart' ? !/\p{Lu}/u.test(pattern) : smart === 'insensitive';
  const expression = compile(pattern, insensitive ? RE2JS.CASE_INSENSITIVE : 0);
  return {
    name: `${insensitive ? 'insensitive' : 'sensitive'} pattern ${pattern}`,
    passes: (bytes, start, end) => expression.test(bytes.toString('utf8', start, end)),
  };
}

function compile(pattern: string, flags: number): RE2JS {
  if (patternSize(pattern) > mostGuessed) throw tooLarge();
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(pattern, flags);
  } catch (error) {
    throw new PatternError(`no regular expression of RE2: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (expression.programSize() > mostInstructions) throw tooLarge();
  return expression;
}

function tooLarge(): PatternError {
  return new PatternError('the pattern is too large: repeat fewer things fewer times');
}
