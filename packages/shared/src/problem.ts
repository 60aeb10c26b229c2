import { type Static, Type } from 'typebox';
import type { CodedError } from './error-table.ts';

/** The body of an error answer, RFC 9457 `application/problem+json`. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'urn:clusterlog:error:<code>' }),
    title: Type.String({ description: 'The code in words; the same for every error of the code.' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'What was expected and what was found.' }),
    code: Type.String(),
    hint: Type.String({ description: 'What can be done about it.' }),
    instance: Type.String({ description: 'urn:clusterlog:request:<request id>, to be found in the logs.' }),
  },
  { description: 'RFC 9457 problem details.' },
);
export type Problem = Static<typeof Problem>;

/** The problem details of an error, as answered to request `requestId`. */
export function problemOf(error: CodedError, requestId: string): Problem {
  return {
    type: `urn:clusterlog:error:${error.code}`,
    title: error.code.replaceAll('-', ' '),
    status: error.statusCode,
    detail: error.message,
    code: error.code,
    hint: error.hint,
    instance: `urn:clusterlog:request:${requestId}`,
  };
}
