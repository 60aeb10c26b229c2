import { go, view } from '../address/view.ts';
import { announce } from '../people/announce.ts';
import { only, toggled } from './choice.ts';
import { closeDrawer } from './drawer.ts';
import { type Remembered, rememberShown } from './remembered.ts';
import type { Source } from './source.ts';

/** Shows the log of a source, and of nothing else. */
export function choose(source: Remembered): void {
  rememberShown(source);
  show(only(source.kind, [source.value]), source.name);
}

/** Shows the logs of services as one. */
export function chooseServices(paths: readonly string[], name: string): void {
  show(only('service', paths), name);
}

/** Shows everything that may be read. */
export function chooseEverything(): void {
  show({}, 'everything');
}

/** Takes a source into what is shown, or out of it. */
export function toggle(source: Pick<Source, 'kind' | 'value'>): void {
  const scope = toggled(view.value.scope, source);
  go({ scope, at: undefined });
  const count = Object.values(scope).reduce((sum, values) => sum + (values?.length ?? 0), 0);
  announce(count === 0 ? 'Showing everything' : `${count} ${count === 1 ? 'source' : 'sources'} chosen`);
}

function show(scope: Parameters<typeof go>[0]['scope'], name: string): void {
  go({ ...(scope === undefined ? {} : { scope }), at: undefined });
  announce(`Showing ${name}`);
  closeDrawer();
}
