import { signal } from '@preact/signals';
import { parametersOf, view } from '../address/view.ts';
import { ApiError, request } from '../api/request.ts';
import { announce } from '../people/announce.ts';
import { absoluteBounds } from '../search/time-range.ts';
import { type DownloadFormat, fileName, formats } from './file-name.ts';

/** How a download goes. Bytes are those that have come, before they are compressed. */
export type Download =
  | { readonly state: 'none' }
  | { readonly state: 'running'; readonly bytes: number; readonly name: string }
  | { readonly state: 'failed'; readonly why: string };

export const download = signal<Download>({ state: 'none' });
let abort = new AbortController();

/** Told no more often than this, in ms. */
const tellPeriod = 200;

/** Saves what is shown, the whole of it, as a file: asked for as everything else, so that no address has a token. */
export async function startDownload(format: DownloadFormat, compressed: boolean): Promise<void> {
  abort.abort();
  abort = new AbortController();
  const { signal } = abort;
  const now = Date.now();
  const shown = view.peek();
  // What comes while it is read is not waited for.
  const { since, until } = absoluteBounds({ since: shown.since, until: shown.until ?? 'now' }, now);
  const parameters = parametersOf({ ...shown, since, until });
  parameters.set('limit', 'all');
  const name = fileName(shown.scope, format, compressed, now);
  download.value = { state: 'running', bytes: 0, name };
  try {
    const response = await request('entries', parameters, { accept: formats[format].accept, signal });
    const counted = response.body?.pipeThrough(counter(name, signal));
    if (counted === undefined) throw new Error('an answer without a body');
    const whole = compressed ? counted.pipeThrough(new CompressionStream('gzip')) : counted;
    const blob = await new Response(whole).blob();
    if (signal.aborted) return;
    save(new Blob([blob], { type: compressed ? 'application/gzip' : formats[format].accept }), name);
    download.value = { state: 'none' };
    announce(`${name} saved`);
  } catch (error) {
    if (signal.aborted) return;
    const why = error instanceof ApiError ? error.message : 'The answer was cut before its end.';
    download.value = { state: 'failed', why };
  }
}

export function cancelDownload(): void {
  abort.abort();
  download.value = { state: 'none' };
}

function counter(name: string, signal: AbortSignal): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let bytes = 0;
  let toldAt = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.length;
      const now = performance.now();
      if (now - toldAt > tellPeriod && !signal.aborted) {
        toldAt = now;
        download.value = { state: 'running', bytes, name };
      }
      controller.enqueue(chunk);
    },
  });
}

function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser takes its own hold of it within that turn or the next ones.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
