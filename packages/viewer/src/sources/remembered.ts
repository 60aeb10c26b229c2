import { kept } from '../people/kept.ts';
import { keyOf, type Source, sourceKinds } from './source.ts';

/** Enough of a source to find it again. */
export type Remembered = Pick<Source, 'kind' | 'value' | 'name'>;

const mostRecent = 6;
const mostPinned = 50;
const longest = 1_024;

/** Sources that are to be at hand. */
export const pinned = kept<readonly Remembered[]>('pinned', [], (value) => rememberedOf(value, mostPinned));
/** Those that were shown last, the newest first. */
export const recent = kept<readonly Remembered[]>('recent', [], (value) => rememberedOf(value, mostRecent));

export function isPinned(source: Pick<Source, 'kind' | 'value'>): boolean {
  return pinned.value.some((one) => keyOf(one) === keyOf(source));
}

export function togglePin({ kind, value, name }: Remembered): void {
  const key = keyOf({ kind, value });
  const left = pinned.value.filter((one) => keyOf(one) !== key);
  pinned.value = left.length < pinned.value.length ? left : [...left, { kind, value, name }].slice(-mostPinned);
}

export function rememberShown({ kind, value, name }: Remembered): void {
  const key = keyOf({ kind, value });
  recent.value = [{ kind, value, name }, ...recent.value.filter((one) => keyOf(one) !== key)].slice(0, mostRecent);
}

/** What was remembered as it can be used: anything may stand in a browser's storage. */
export function rememberedOf(value: unknown, most: number): readonly Remembered[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = (one: Partial<Remembered> | null): one is Remembered =>
    sourceKinds.some((kind) => kind === one?.kind) &&
    [one?.value, one?.name].every((text) => typeof text === 'string' && text.length <= longest);
  return value
    .filter(texts)
    .map(({ kind, value, name }) => ({ kind, value, name }))
    .slice(0, most);
}
