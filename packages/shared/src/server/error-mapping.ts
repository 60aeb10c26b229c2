import { CodedError, errorTable } from '@clusterlog/shared';

/** Longest path parameter, in characters. Container ids three levels deep are 110, and Mesos' own ids have no limit. */
export const maximumParameterLength = 1024;

/** Largest body of a request, in bytes: as much as a request's headers may have. */
export const maximumBodyBytes = 64 * 1024;

interface FrameworkError extends Error {
  readonly statusCode?: number;
  readonly code?: string;
  readonly validation?: readonly {
    readonly instancePath: string;
    readonly message?: string;
    readonly params?: { readonly additionalProperty?: unknown };
  }[];
  readonly validationContext?: string;
}

/**
 * The coded error for whatever a route threw. Errors of the framework about the request become coded ones with the same
 * meaning; everything else is `internal`: its own message may name files and addresses, so it goes to the log only.
 */
export function codedErrorOf(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  const { statusCode = 500, code, validation, validationContext, message } = error as FrameworkError;
  if (validation !== undefined) {
    const [first] = validation;
    const unknown = first?.params?.additionalProperty;
    if (unknown !== undefined) {
      const problem = `Parameter ${unknown}: this route has no such parameter.`;
      return new CodedError('bad-parameter', { problem }, { cause: error });
    }
    const parameter = first?.instancePath.replace(/^\//, '').replace(/\/.*/, '') || (validationContext ?? 'request');
    const problem = first?.message ?? 'not valid';
    return new CodedError('bad-parameter', { problem: `Parameter ${parameter}: ${problem}.` }, { cause: error });
  }
  if (code === 'FST_ERR_BAD_URL') return new CodedError('bad-request-target', {}, { cause: error });
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new CodedError('body-too-large', { limit: maximumBodyBytes }, { cause: error });
  if (code === 'FST_ERR_MAX_PARAM_LENGTH')
    return new CodedError('parameter-too-long', { limit: maximumParameterLength }, { cause: error });
  if (statusCode >= 400 && statusCode < 500)
    return new CodedError('bad-request', { problem: message }, { cause: error });
  return new CodedError('internal', {}, { cause: error });
}

/** Whether an operator has to know: everything that is not the caller's doing. */
export function isServerFault(error: CodedError): boolean {
  return errorTable[error.code].status >= 500;
}
