import { hostname } from 'node:os';
import { textSeparator } from '@clusterlog/shared';
import type { Arrangement, FieldsFormat, NamedItem, ValueFormat } from './fields-format.ts';
import { arrangeOrigin } from './v3-origin.ts';
import { v3IndentedText, v3MarkedText, v3OneLineText, v3RawText } from './v3-text-value.ts';

/** How text is laid out. */
export interface V3TextLayout {
  /** `line`: a line for people. `parts`: the payload of a line stream, with its separators and its mark for line breaks. */
  readonly as: 'line' | 'parts';
  /** `cat` shows the message alone. */
  readonly output?: 'cat' | undefined;
  /** The message's bytes as they are. */
  readonly raw: boolean;
}

const labelNames = ['EXECUTOR_ID', 'SYSLOG_IDENTIFIER', '_COMM'];
const pidNames = ['_PID', 'SYSLOG_PID'];
const blank = Buffer.from(' ');
const separator = Buffer.from(textSeparator);
const colon = Buffer.from(': ');
const pidStart = Buffer.from('[');
const pidEnd = Buffer.from(']');
const unknown = Buffer.from('unknown');
const ownHost = Buffer.from(hostname());

/**
 * What follows the time in a line of text: ` host label[pid]: message`, or its parts as the line stream has them. Nothing
 * at all for an entry without a message. The label is the executor, or the identifier, or the command.
 */
export function v3TextFields({ as, output, raw }: V3TextLayout): FieldsFormat {
  const message: ValueFormat = raw ? v3RawText : as === 'line' ? v3IndentedText : v3MarkedText;
  return {
    number: message.number,
    variant: `text ${as} ${output ?? ''}`,
    arrange(items: readonly NamedItem[], arrangement: Arrangement): void {
      const first = (names: readonly string[]): NamedItem | undefined =>
        names.map((name) => items.findLast(({ text }) => text === name)).find((item) => item !== undefined);
      const value = (item: NamedItem | undefined, otherwise: Buffer): void => {
        if (item === undefined) arrangement.bytes(otherwise);
        else arrangement.value(item, v3OneLineText);
      };
      const shown = first(['MESSAGE']);
      if (shown === undefined) return;
      if (as === 'parts') {
        arrangement.bytes(separator);
        value(first(labelNames), unknown);
        arrangement.bytes(separator);
      } else if (output !== 'cat') {
        arrangement.bytes(blank);
        value(first(['_HOSTNAME']), ownHost);
        arrangement.bytes(blank);
        value(first(labelNames), unknown);
      }
      if (output !== 'cat') {
        const pid = first(pidNames);
        if (pid !== undefined) {
          arrangement.bytes(pidStart);
          arrangement.value(pid, v3OneLineText);
          arrangement.bytes(pidEnd);
        }
        arrangement.bytes(colon);
      }
      arrangement.value(shown, message);
      arrangement.bytes(lineEnd);
    },
    appendValue: message.appendValue,
  };
}

const lineEnd = Buffer.from('\n');

/** The origin alone, for payloads that are made apart from it. */
export const v3OriginFields: FieldsFormat = {
  number: 12,
  arrange: arrangeOrigin,
  appendValue: v3OneLineText.appendValue,
};
