import type { FieldsFormat, NamedItem } from './fields-format.ts';

/** Fields that are shown; undefined for all of them. */
export type ShownFields = ReadonlySet<string> | undefined;

/** Keeps apart the templates of different choices. */
export function shownVariant(shown: ShownFields): string {
  return shown === undefined ? '*' : Array.from(shown).sort().join(' ');
}

export function onlyShown(items: readonly NamedItem[], shown: ShownFields): readonly NamedItem[] {
  return shown === undefined ? items : items.filter(({ text }) => shown.has(text));
}

/** The same format of some fields only. */
export function shownFields(format: FieldsFormat, shown: ShownFields): FieldsFormat {
  if (shown === undefined) return format;
  return {
    number: format.number,
    variant: `${format.variant ?? ''} ${shownVariant(shown)}`,
    arrange: (items, arrangement) => format.arrange(onlyShown(items, shown), arrangement),
    appendValue: (output, view) => format.appendValue(output, view),
  };
}
