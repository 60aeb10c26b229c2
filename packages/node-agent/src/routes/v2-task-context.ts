import { CodedError, showsFiles } from '@clusterlog/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type GrantedSandbox, grantedSandbox, isPathSegment, type SandboxPath } from '../files/sandbox-path.ts';
import type { Sandboxes, SandboxRequest } from '../files/sandboxes.ts';
import { withheldFields } from '../read/scope-match.ts';
import { clientGone } from './client-gone.ts';
import type { RouteContext } from './v1-context.ts';

/** What the routes of tasks' files read from. */
export interface TaskFileContext extends RouteContext {
  readonly sandboxes: Sandboxes;
  /** Every sandbox is everyone's. */
  readonly open: boolean;
  /** The Mesos agent id; undefined while it is not known. */
  readonly agentId: () => string | undefined;
}

/** A request for something in a sandbox, which it may read. */
export interface GrantedRequest extends SandboxRequest {
  readonly signal: AbortSignal;
  /** Whether it may see files. Of what is withheld from it entries can be cleared, but no file. */
  readonly showsFiles: boolean;
}

/**
 * The sandbox that a request's path names.
 *
 * @param file which of its files is asked for
 * @throws CodedError `not-found` for a path that dcos-log has no route for, `forbidden` when the scope does not list it
 */
export function grantedRequest(
  { open }: TaskFileContext,
  request: FastifyRequest,
  reply: FastifyReply,
  path: SandboxPath,
  file?: string,
): GrantedRequest {
  const named = [path.framework, path.executor, path.container, ...optional(path.task), ...optional(file)];
  if (!named.every(isPathSegment)) {
    throw new CodedError('not-found', { method: request.method, path: request.url.replace(/\?.*/s, '') });
  }
  const { scope, mesosAuthorization } = request;
  const sandbox = grantedSandbox(open ? 'open' : scope, path);
  const isHidden = file === undefined ? !showsFiles(scope) : withheldFields(scope).has('MESSAGE');
  if (sandbox === undefined || isHidden) throw noFilesOf(path);
  return { sandbox, callerAuthorization: mesosAuthorization, signal: clientGone(reply), showsFiles: showsFiles(scope) };
}

export function noFilesOf({ container }: SandboxPath): CodedError {
  return new CodedError('forbidden', { target: `the files of container ${container}` });
}

/** The fields of a file's events that say where it is. */
export function fileFields(agentId: string | undefined, { path }: GrantedSandbox, file: string) {
  return {
    ...(agentId === undefined ? {} : { AGENT_ID: agentId }),
    CONTAINER_ID: path.container,
    EXECUTOR_ID: path.executor,
    FILE: file,
    FRAMEWORK_ID: path.framework,
  };
}

function optional(text: string | undefined): string[] {
  return text === undefined ? [] : [text];
}
