import type { Scope, WithholdRule } from '@clusterlog/shared';
import { RE2JS } from 're2js';
import type { ItemDomain } from '../journal/entry.ts';

/** Stands where something was withheld. */
export const withheldMark = '[withheld]';
const mark = Buffer.from(withheldMark);
/** Stands where a boot id is withheld: cursors and formats want one. No boot has it. */
export const noBootId = '0'.repeat(32);

/** Longer values are withheld as a whole, in bytes: journald's own limit for a line of output is 48 KiB. */
export const longestSearched = 64 * 1024;
/**
 * Bytes gone over in one value, at most. To find each match can take going to the value's end, so that so many matches of
 * a long value are looked for; what lies behind the last of them is withheld.
 */
const mostSearched = 2 * 1024 * 1024;
/** Redactions remembered: as many as there are kinds of callers. */
const mostRedactions = 64;

const redactions = new Map<string, Redaction>();

/**
 * What a scope withholds from the values of fields; undefined when it withholds nothing. Scopes that withhold the same
 * have the same redaction, so that what was encoded for one request serves the next.
 */
export function redactionOf({ withhold }: Scope): Redaction | undefined {
  if (withhold.length === 0) return undefined;
  const key = JSON.stringify(withhold);
  const known = redactions.get(key);
  const redaction = known ?? new Redaction(key, withhold);
  if (known !== undefined) redactions.delete(key);
  else if (redactions.size >= mostRedactions) redactions.delete(redactions.keys().next().value ?? '');
  redactions.set(key, redaction);
  return redaction;
}

/** A field of which a part is withheld. */
interface RedactedField {
  readonly name: Buffer;
  readonly text: string;
  readonly expressions: readonly RE2JS[];
}

/** Fields that are not shown at all, and patterns of what is withheld of others. */
export class Redaction {
  /** Says what is withheld. Redactions of one name show the same. */
  readonly name: string;
  /** Fields that are not shown at all. */
  readonly hidden: ReadonlySet<string>;
  readonly hidesBoots: boolean;
  readonly #fields: readonly RedactedField[];
  readonly #domains = new WeakMap<ItemDomain, ItemDomain>();

  constructor(name: string, rules: readonly WithholdRule[]) {
    this.name = name;
    const hidden = new Set<string>();
    const expressions = new Map<string, RE2JS[]>();
    for (const { field, pattern } of rules) {
      const expression = pattern === undefined ? undefined : compiled(pattern);
      // Boots are told by their ids: there is nothing between all of one and nothing.
      if (expression === undefined || field === '_BOOT_ID') hidden.add(field);
      else expressions.set(field, [...(expressions.get(field) ?? []), expression]);
    }
    this.hidden = hidden;
    this.hidesBoots = hidden.has('_BOOT_ID');
    this.#fields = [...expressions]
      .filter(([field]) => !hidden.has(field))
      .map(([field, all]) => ({ name: Buffer.from(field), text: field, expressions: all }));
  }

  /** What is shown of a boot id in cursors, and wherever formats have it beside the fields. */
  bootShown(bootId: string): string {
    return this.hidesBoots ? noBootId : bootId;
  }

  /** Whether values of the field may be shown in part. */
  concerns(field: string): boolean {
    return this.#fields.some(({ text }) => text === field);
  }

  /** The number of the field whose name is `bytes[start..end)`, or -1 when nothing is withheld of its values. */
  fieldNumber(bytes: Buffer, start: number, end: number): number {
    for (let index = 0; index < this.#fields.length; index++) {
      const { name } = this.#fields[index] as RedactedField;
      if (name.length === end - start && bytes.compare(name, 0, name.length, start, end) === 0) return index;
    }
    return -1;
  }

  /**
   * What is shown instead of the value `bytes[start..end)` of a field: each run of bytes that patterns find becomes
   * {@link withheldMark}. All patterns are held against the value as it was written. Patterns read UTF-8, a byte that is
   * none as U+FFFD.
   *
   * @returns undefined when the value is shown as it is
   */
  shown(fieldNumber: number, bytes: Buffer, start: number, end: number): Buffer | undefined {
    const expressions = this.#fields[fieldNumber]?.expressions ?? [];
    if (end - start > longestSearched) return mark;
    const value = bytes.subarray(start, end);
    const found = expressions.flatMap((expression) => matchesOf(expression, value));
    return found.length === 0 ? undefined : without(value, found);
  }

  /** The same, by the field's name; the value itself when it is shown as it is. */
  shownValue(field: string, value: Buffer): Buffer {
    const number = this.#fields.findIndex(({ text }) => text === field);
    return (number === -1 ? undefined : this.shown(number, value, 0, value.length)) ?? value;
  }

  /** The world in which the items of `domain` are what is shown of them. */
  domain(domain: ItemDomain): ItemDomain {
    const known = this.#domains.get(domain);
    if (known !== undefined) return known;
    const redacted = {};
    this.#domains.set(domain, redacted);
    return redacted;
  }
}

/** Undefined for what is no pattern: the gateway refuses it, and from another one nothing of the field is shown. */
function compiled(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

function matchesOf(expression: RE2JS, value: Buffer): Stretch[] {
  if (!expression.test(value)) return [];
  const found: Stretch[] = [];
  const matcher = expression.matcher(value);
  for (let searches = mostSearched / Math.max(1, value.length); matcher.find(); searches--) {
    if (searches <= 0) return [...found, { start: matcher.start(), end: value.length }];
    if (matcher.end() > matcher.start()) found.push({ start: matcher.start(), end: matcher.end() });
  }
  return found;
}

/** Stretches that touch have one mark, so that it does not tell how many there were. */
function without(value: Buffer, found: Stretch[]): Buffer {
  const pieces: Buffer[] = [];
  let end = 0;
  found.sort((one, other) => one.start - other.start);
  for (const [index, stretch] of found.entries()) {
    if (index === 0 || stretch.start > end) pieces.push(value.subarray(end, stretch.start), mark);
    end = Math.max(end, stretch.end);
  }
  return Buffer.concat([...pieces, value.subarray(end)]);
}
