import type { MesosTask } from './model.ts';

/** A task's id as Marathon makes it: the path of its app or pod, then `.instance-<uuid>…` or `.<uuid>`. */
const marathonTaskId =
  /^(?<path>[^/]+?)\.(?:(?:instance|marathon)-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:\.|$)/;

/** The parts of a task that tell its service. */
export type ServiceMember = Pick<MesosTask, 'id' | 'frameworkName'>;

/**
 * The path of the service that a task belongs to, as in `/team-a/web`: of Marathon's tasks the app's or pod's, which Marathon
 * writes into the id with `_` for `/`; of every other framework's its name. Undefined where the master has not told the
 * framework's name, and for ids of Marathon's that are not as it makes them.
 */
export function servicePath({ id, frameworkName }: ServiceMember): string | undefined {
  if (frameworkName === undefined || frameworkName === '') return undefined;
  if (!isMarathon(frameworkName)) return `/${frameworkName.replace(/^\/+/, '')}`;
  const path = marathonTaskId.exec(id)?.groups?.path;
  return path === undefined ? undefined : `/${path.replaceAll('_', '/')}`;
}

/** DC/OS' own Marathon is called `marathon`, Marathons that run on it by a path of their own that ends so. */
function isMarathon(frameworkName: string): boolean {
  return /^(?:.*\/)?marathon(?:-[\w-]+)?$/.test(frameworkName);
}
