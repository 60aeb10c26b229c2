import { isFieldName } from '@clusterlog/shared';
import type { NamedItem } from './fields-format.ts';

/**
 * Whether systemd's own formats show an item among the fields. `_BOOT_ID` stands in the address already. A name that
 * journald would not store, or one of the address' own, is left out: in a damaged or forged file it could end the line or
 * pass for the address.
 */
export function isExported({ text }: NamedItem): boolean {
  return text !== '_BOOT_ID' && !text.startsWith('__') && isFieldName(text);
}
