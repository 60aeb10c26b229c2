import { untracked } from '@preact/signals';
import { parametersOf, view } from '../address/view.ts';
import { placeInAddress } from './address-of-place.ts';
import { open, showAt, showEnd } from './reader.ts';

let opened: string | undefined;

/** Shows what the page's address says: another log when it is about another one, else another place in the same. */
export function openWhenViewChanges(): void {
  const shown = view.value;
  const question = parametersOf(shown).toString();
  if (question !== opened) {
    opened = question;
    placeInAddress.current = shown.at;
    untracked(() => void open(shown));
    return;
  }
  if (shown.at === placeInAddress.current) return;
  placeInAddress.current = shown.at;
  const { at } = shown;
  untracked(() => void (at === undefined ? showEnd() : showAt(at)));
}
