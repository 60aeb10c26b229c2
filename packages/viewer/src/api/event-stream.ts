import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** How long this page's thread is kept in one go, in ms: what the reader types comes first. */
const slice = 8;
/** Characters of one event beyond which an answer is given up: the API sends none nearly as long. */
const longestEvent = 64 * 1024 * 1024;

export interface EventStreamOptions {
  /** Called for every chunk, comments that keep the connection alive included. */
  readonly onBytes?: () => void;
  /** The server's word on when to come again, in ms. */
  readonly onRetry?: (milliseconds: number) => void;
}

/**
 * Reads an answer of server-sent events as it comes: all messages of a chunk at once.
 *
 * @throws Error when an event does not end
 */
export async function* readEventStream(
  response: Response,
  { onBytes, onRetry }: EventStreamOptions = {},
): AsyncGenerator<readonly EventSourceMessage[]> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  let messages: EventSourceMessage[] = [];
  let failure: Error | undefined;
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: (message) => messages.push(message),
    onRetry,
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') failure = error;
    },
  });
  const decoder = new TextDecoder();
  let since = performance.now();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes?.();
      parser.feed(decoder.decode(value, { stream: true }));
      if (failure !== undefined) throw failure;
      if (messages.length > 0) yield messages;
      messages = [];
      if (performance.now() - since < slice) continue;
      await inputHandled();
      since = performance.now();
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Gives way to what the browser has to do. */
function inputHandled(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
