import { RE2JS } from 're2js';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { PolicyDocument, Target, targetKinds } from './policy-document.ts';

/** Patterns are searched for in every value shown, and travel in every token: as with grep, so long and so large at most. */
const longestPattern = 1000;
const mostInstructions = 1000;

/** The text is not a policy; the message names the line. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/**
 * Reads a policy file's text.
 *
 * @throws PolicyError for the first thing that is wrong, with its line
 */
export function parsePolicy(text: string): PolicyDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true });
  const [problem] = document.errors;
  if (problem !== undefined)
    throw new PolicyError(`line ${problem.linePos?.[0].line ?? 1}: ${firstLine(problem.message)}`);
  const value = contentOf(document);
  if (!Value.Check(PolicyDocument, value)) throw new PolicyError(firstError(document, lines, value));
  value.rules.forEach((rule, at) => {
    rule.withhold?.forEach(({ pattern }, which) => {
      const wrong = pattern === undefined ? undefined : whyNoPattern(pattern);
      if (wrong !== undefined) {
        throw new PolicyError(`line ${lineOf(document, lines, ['rules', at, 'withhold', which, 'pattern'])}: ${wrong}`);
      }
    });
  });
  return value;
}

function contentOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    if (error instanceof ReferenceError) throw new PolicyError('line 1: aliases (*name) are not understood');
    throw error;
  }
}

function whyNoPattern(pattern: string): string | undefined {
  if (pattern.length > longestPattern) {
    return `a pattern has at most ${longestPattern} characters, this one ${pattern.length}`;
  }
  try {
    const isLarge = RE2JS.compile(pattern).programSize() > mostInstructions;
    return isLarge ? 'the pattern is too large: repeat fewer things fewer times' : undefined;
  } catch (error) {
    return `not a pattern of RE2: ${(error as Error).message}`;
  }
}

function firstError(document: Document, lines: LineCounter, value: unknown): string {
  const { path, problem } = firstProblem(value);
  const where = path.length === 0 ? 'the file' : path.join('.');
  return `line ${lineOf(document, lines, path)}: ${where} ${problem}`;
}

interface Problem {
  readonly path: readonly string[];
  readonly problem: string;
}

/** What is wrong with a target says the kind that its key tells; the errors of all kinds together say little. */
function firstProblem(value: unknown): Problem {
  const { rules } = (value ?? {}) as { rules?: unknown };
  for (const [at, rule] of (Array.isArray(rules) ? rules : []).entries()) {
    for (const list of ['allow', 'deny']) {
      const targets: unknown = rule?.[list];
      for (const [which, target] of (Array.isArray(targets) ? targets : []).entries()) {
        if (!Value.Check(Target, target)) {
          return problemOfTarget(target, ['rules', String(at), list, String(which)]);
        }
      }
    }
  }
  return problemOf(PolicyDocument, value, []);
}

function problemOfTarget(target: unknown, path: string[]): Problem {
  const kind = Object.keys(targetKinds).find((key) => typeof target === 'object' && target !== null && key in target);
  if (kind !== undefined) return problemOf(targetKinds[kind as keyof typeof targetKinds], target, path);
  const kinds = Object.keys(targetKinds).join(', ');
  return { path, problem: `must be everything, or have one of ${kinds}` };
}

function problemOf(schema: TSchema, value: unknown, above: readonly string[]): Problem {
  const [error] = Value.Errors(schema, value);
  if (error === undefined) return { path: above, problem: 'is not as it must be' };
  const below = error.instancePath.split('/').slice(1);
  const path = [...above, ...below.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))];
  if (error.keyword === 'boolean') return { path, problem: 'is not known' };
  return { path, problem: path.at(-1) === 'version' ? 'must be 1' : error.message };
}

function lineOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length).map(index), true);
    if (isNode(node) && node.range != null) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function index(part: string | number): string | number {
  return typeof part === 'string' && /^\d+$/.test(part) ? Number(part) : part;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
