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

/** What stands between entries. */
export type LogEvent =
  | { readonly event: 'checkpoint'; readonly cursor: string }
  | {
      readonly event: 'gap';
      readonly agent?: string;
      readonly reason: string;
      readonly from?: number;
      readonly to?: number;
    }
  | { readonly event: 'lifecycle'; readonly state: string; readonly agent?: string; readonly task?: string }
  | { readonly event: 'end'; readonly reason?: string }
  | ({ readonly event: 'error' } & Problem);

/** RFC 9457, as every error of the API is told. */
export interface Problem {
  readonly code: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly hint?: string;
}
