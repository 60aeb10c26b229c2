import { and, equals, type Match, not, nothing, or, type ValueTest, value } from '../journal/match.ts';
import { type Redaction, withheldMark } from './redaction.ts';

/**
 * The same question asked of what is shown: an entry matches when it would with its values as `redaction` leaves them.
 * Whether an entry matches tells nothing then that the entry itself does not show.
 */
export function redactedMatch(match: Match, redaction: Redaction): Match {
  switch (match.kind) {
    case 'equals':
      return redaction.concerns(match.field) ? redactedEquals(match.field, match.values, redaction) : match;
    case 'value':
      return redaction.concerns(match.field)
        ? value(match.field, shownTest(match.field, match.test, redaction))
        : match;
    case 'not':
      return not(redactedMatch(match.term, redaction));
    case 'and':
      return and(...match.terms.map((term) => redactedMatch(term, redaction)));
    case 'or':
      return or(...match.terms.map((term) => redactedMatch(term, redaction)));
    default:
      return match;
  }
}

/** What is shown without a mark is as it was written, and so the index finds it. */
function redactedEquals(field: string, values: readonly Buffer[], redaction: Redaction): Match {
  const plain = values.filter((wanted) => !wanted.includes(withheldMark));
  const marked = values.filter((wanted) => wanted.includes(withheldMark));
  const shown = plain.filter((wanted) => redaction.shownValue(field, wanted).equals(wanted));
  return or(
    shown.length === 0 ? nothing : equals(field, ...shown),
    marked.length === 0 ? nothing : value(field, shownTest(field, isOneOf(marked), redaction)),
  );
}

function shownTest(field: string, test: ValueTest, redaction: Redaction): ValueTest {
  const number = redaction.fieldNumber(Buffer.from(field), 0, field.length);
  return {
    name: `${test.name} of ${field} without ${redaction.name}`,
    passes(bytes, start, end) {
      const shown = redaction.shown(number, bytes, start, end);
      return shown === undefined ? test.passes(bytes, start, end) : test.passes(shown, 0, shown.length);
    },
  };
}

function isOneOf(values: readonly Buffer[]): ValueTest {
  return {
    name: `one of ${values.map((wanted) => wanted.toString('base64')).join(' ')}`,
    passes: (bytes, start, end) => values.some((wanted) => wanted.equals(bytes.subarray(start, end))),
  };
}
