import { kindNames, type Source, type SourceState } from './source.ts';

const signs: Readonly<Record<SourceState, string>> = { running: '●', ended: '○', failed: '✕', silent: '?' };

interface SourceNameProps {
  readonly source: Source;
  /** Say what it is, too. */
  readonly kind?: boolean;
}

/** A source in a row: how it does, what it is called, what tells it from others. */
export function SourceName({
  source: { kind, value, name, short = name, detail, state },
  kind: withKind = false,
}: SourceNameProps) {
  const details = [withKind ? kindNames[kind] : '', detail].filter((text) => text !== '').join(', ');
  return (
    <span class="source-name" title={value === name ? value : `${name} (${value})`}>
      {state === undefined ? null : (
        <span class={`source-sign ${state}`} aria-hidden="true">
          {signs[state]}
        </span>
      )}
      <bdi>{short}</bdi>
      {details === '' ? null : (
        <span class="source-detail">
          <span class="unseen">, </span>
          {details}
        </span>
      )}
    </span>
  );
}
