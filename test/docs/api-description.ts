import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** As far as the tests look into an OpenAPI document. */
export interface ApiDescription {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly get?: Operation; readonly post?: Operation }>>;
}

export interface Operation {
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: object;
  }[];
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
}

interface DocumentedAnswer {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: DocumentedSchema }>>;
}

interface DocumentedSchema {
  readonly 'x-sequence'?: 'lines' | 'events';
  readonly contentMediaType?: string;
}

export interface Answer {
  readonly status: number;
  /** Without parameters; empty where there is none. */
  readonly type: string;
  /** Of an answer without an end what was read of it, as far as it is whole. */
  readonly body: Buffer;
}

const ajv = new Ajv2020({ strict: false, validateFormats: false });
const compiled = new WeakMap<object, ValidateFunction>();

/** What an answer has that its description does not; undefined when it is as described. */
export function differenceFrom({ responses }: Operation, { status, type, body }: Answer): string | undefined {
  const documented = responses[status];
  if (documented === undefined) return `status ${status} is not documented`;
  if (documented.content === undefined) return body.length === 0 ? undefined : `status ${status} has a body`;
  const schema = documented.content[type]?.schema;
  if (schema === undefined) return `status ${status} as ${type || 'nothing'} is not documented`;
  for (const value of valuesOf(body, type, schema)) {
    const validate = compiled.get(schema) ?? ajv.compile(schema);
    compiled.set(schema, validate);
    if (!validate(value)) return `status ${status} as ${type}: ${ajv.errorsText(validate.errors)}`;
  }
  return undefined;
}

/** What of a body is described by its schema: all of it, or each item. */
function valuesOf(body: Buffer, type: string, schema: DocumentedSchema): unknown[] {
  if (schema.contentMediaType === 'application/gzip') {
    if (body.readUInt16BE(0) !== 0x1f8b) throw new Error('expected a gzip file');
    return [body.toString('latin1')];
  }
  const text = body.toString('utf8');
  if (schema['x-sequence'] === 'lines') {
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line));
  }
  if (schema['x-sequence'] === 'events') {
    return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
  }
  if (type === 'application/x-protobuf') return [text];
  if (schema.contentMediaType === 'application/json') JSON.parse(text);
  return [/^application\/(problem\+)?json$/.test(type) ? JSON.parse(text) : text];
}
