/** An entry of API v3. Times are µs. */
export interface Entry {
  readonly cursor: string;
  readonly source: Source;
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly realtime_timestamp: number;
  readonly monotonic_timestamp: number;
  readonly boot_id: string;
  readonly seqnum?: number;
  /** It stands outside the order: it came after newer ones. */
  readonly late?: boolean;
}

/** Where an entry comes from. */
export interface Source {
  readonly agent: string;
  readonly host: string;
  readonly task?: string;
  readonly service?: string;
  readonly framework?: string;
  readonly executor?: string;
  readonly container?: string;
  readonly stream?: string;
}

/** What is not UTF-8 comes as base64. */
export type FieldText = string | { readonly base64: string };
/** A field that occurs more than once is an array. */
export type FieldValue = FieldText | readonly FieldText[];

export interface GapEvent {
  readonly event: 'gap';
  readonly agent?: string;
  readonly reason: string;
  /** µs. */
  readonly from?: number;
  readonly to?: number;
  readonly possible?: boolean;
}

export interface LifecycleEvent {
  readonly event: 'lifecycle';
  readonly state: string;
  readonly agent?: string;
  readonly task?: string;
  readonly service?: string;
  /** µs. */
  readonly realtime?: number;
}

export interface EndEvent {
  readonly event: 'end';
  /** `end`: there is nothing more; `limit`: there may be; `shutdown`: the gateway stops. */
  readonly reason?: string;
  readonly cursor?: string;
}

/** What stands between entries. */
export type LogEvent =
  /** `realtime`: how far in time a search has got, µs. */
  | { readonly event: 'checkpoint'; readonly cursor: string; readonly realtime?: number }
  | GapEvent
  | LifecycleEvent
  | EndEvent
  | ({ readonly event: 'error' } & Problem);

/** RFC 9457, as every error of the API is told. */
export interface Problem {
  readonly code: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly hint?: string;
}

/** The first value of a field as text; what is not UTF-8 with replacement characters. Undefined where it does not occur. */
export function fieldText(entry: Entry, field: string): string | undefined {
  const value = entry.fields[field];
  if (value === undefined || typeof value === 'string') return value;
  const [first] = valuesOf(value);
  return first === undefined ? undefined : textOf(first);
}

/** All values of a field. */
export function valuesOf(value: FieldValue): readonly FieldText[] {
  return isList(value) ? value : [value];
}

/** A value as text, with replacement characters for what is not UTF-8. */
export function textOf(value: FieldText): string {
  return typeof value === 'string' ? value : decoder.decode(bytesOf(value.base64));
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

const decoder = new TextDecoder();

function isList(value: FieldValue): value is readonly FieldText[] {
  return Array.isArray(value);
}
