import { highlighter } from './actions.ts';
import { styledTexts } from './ansi.ts';
import { plainPieces } from './plain-text.ts';

/** Text of a log: in its own colours, nothing of it hidden, nothing of it but text. */
export function MessageText({ text }: { readonly text: string }) {
  const styled = styledTexts(text);
  const [only] = styled;
  if (styled.length === 1 && only !== undefined && only.classes.length === 0 && !only.foreground && !only.background) {
    return <PlainText text={only.text} />;
  }
  return styled.map(({ text, classes, foreground, background }, at) => {
    // On a ground of its own text is black or white, whichever can be read.
    const ofColour = background !== undefined ? ['ansi-bg'] : foreground !== undefined ? ['ansi-fg'] : [];
    const style = { '--ansi-fg': `rgb(${foreground})`, '--ansi-bg': `rgb(${background})` };
    return (
      <span key={at} class={[...classes, ...ofColour].join(' ')} style={style}>
        <PlainText text={text} />
      </span>
    );
  });
}

function PlainText({ text }: { readonly text: string }) {
  return plainPieces(text).map((piece, at) =>
    piece.mark === undefined ? (
      <Highlighted key={at} text={piece.text} />
    ) : (
      <span key={at} class="mark" title={piece.mark}>
        {piece.text}
      </span>
    ),
  );
}

function Highlighted({ text }: { readonly text: string }) {
  const hits = highlighter.value?.(text) ?? [];
  if (hits.length === 0) return <>{text}</>;
  const parts = [];
  let at = 0;
  for (const [start, end] of hits) {
    parts.push(text.slice(at, start), <mark key={start}>{text.slice(start, end)}</mark>);
    at = end;
  }
  parts.push(text.slice(at));
  return <>{parts}</>;
}
