import type { IncomingMessage } from 'node:http';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { expect, onTestFinished } from 'vitest';
import { sign } from '../auth/keys.ts';
import { open } from '../gateway.ts';

/** The events of a merged follow as they come. */
export class FollowEvents {
  readonly all: EventSourceMessage[] = [];
  ended = false;
  readonly answer: IncomingMessage;

  private constructor(answer: IncomingMessage) {
    this.answer = answer;
    const parser = createParser({ onEvent: (event) => this.all.push(event) });
    answer.setEncoding('utf8').on('data', (text: string) => parser.feed(text));
    answer.once('end', () => {
      this.ended = true;
    });
    answer.on('error', () => undefined);
    onTestFinished(() => void answer.destroy());
  }

  static async open(
    port: number,
    query = '',
    headers: Record<string, string> = {},
    claims: Record<string, unknown> = { uid: 'alice' },
  ) {
    const authorization = `token=${await sign(claims)}`;
    return new FollowEvents(
      await open(port, `/system/v1/logs/v3/follow?${query}`, {
        headers: { authorization, accept: 'text/event-stream', ...headers },
      }),
    );
  }

  get messages(): string[] {
    return this.all.filter(({ event }) => event === undefined).map(({ data }) => JSON.parse(data).fields.MESSAGE);
  }

  get late(): string[] {
    const entries = this.all.filter(({ event }) => event === undefined).map(({ data }) => JSON.parse(data));
    return entries.filter(({ late }) => late === true).map(({ fields }) => fields.MESSAGE);
  }

  /** Of the last entry, to go on behind it. */
  get lastId(): string {
    return this.all.findLast(({ event }) => event === undefined)?.id ?? '';
  }

  named(name: string): Record<string, unknown>[] {
    return this.all.filter(({ event }) => event === name).map(({ data }) => JSON.parse(data));
  }

  has(messages: readonly string[]): Promise<void> {
    return expect.poll(() => this.messages, { timeout: 5_000 }).toEqual(messages);
  }
}
