import type { Source } from '../api/entry.ts';

/** What tells entries of a merged view apart: the instance, or the node. */
export function sourceKey({ task, container, agent }: Source): string {
  return task ?? container ?? agent;
}

/** Marathon's ids of an app's or a pod's task; of the instance four digits tell enough. */
const marathonTask = /^(?<app>.+?)\.(?:instance-)?(?<instance>[0-9a-f]{4})[0-9a-f]{4}-[0-9a-f-]{27}(?<rest>.*)$/;

/** A short name for {@link sourceKey}: `frontend·3fa2`, `cart·91c0 web`, `node-1`. */
export function sourceName({ task, service, container, host }: Source): string {
  if (task === undefined) return container === undefined ? host : `${host}·${container.slice(0, 4)}`;
  const match = marathonTask.exec(task)?.groups;
  if (match?.app === undefined || match.instance === undefined) return task;
  const app = service?.split('/').at(-1) ?? match.app;
  const pod = /^\.(?!_app)(.+)$/.exec(match.rest ?? '')?.[1];
  const incarnation = /\._app\.(\d+)$/.exec(match.rest ?? '')?.[1];
  const again = incarnation === undefined || incarnation === '1' ? '' : `.${incarnation}`;
  return `${app}·${match.instance}${again}${pod === undefined ? '' : ` ${pod}`}`;
}

/** A hue, 0 to 359, that is the same for the same key everywhere and always, and far from those of similar keys. */
export function sourceHue(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  // Steps of the golden angle lie apart from each other, however few there are.
  return Math.round(((hash >>> 8) % 1_000) * 137.508) % 360;
}
